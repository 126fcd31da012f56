"""What is run: stacks in their environments, each through the proofs that hold for it."""

import dataclasses
import functools

from kit import page
from kit.engine import ROOT
from kit.stack import Environment, Project, working_copy
from proofs import again, bound, claim, closed, cold, connected, gone, hardened, named, pool, probe, restored, routed, scraped
from proofs import second, secret, slow, smoke, steady


@dataclasses.dataclass
class Stack:
    """What is to be seen of a shipped stack."""

    name: str
    # The gateway's port by environment, and which service answers what path.
    gateway: dict = dataclasses.field(default_factory=dict)
    routes: dict = dataclasses.field(default_factory=dict)
    # The database that is made slow.
    database: str = "postgres"
    # Who may not reach whom, by environment.
    strangers: dict = dataclasses.field(default_factory=dict)
    # Prometheus' jobs, where there is an observability file.
    jobs: list = dataclasses.field(default_factory=list)


STACKS = [
    Stack(
        "experimento-uno",
        gateway={"dev-fast": 80, "production": 80},
        routes={
            "/api/inventory/health": "inventory-service",
            "/api/orders/health": "orders-service",
            "/api/monitor/health": "monitor-service",
            "/inventory/health": "inventory-service",
            "/orders/health": "orders-service",
            "/monitor/health": "monitor-service",
        },
        strangers={
            "dev-fast": [("nginx", "postgres"), ("nginx", "redis"), ("nginx", "kafka"), ("kafka-ui", "nginx")],
            "production": [("nginx", "postgres"), ("nginx", "redis"), ("nginx", "kafka"), ("postgres", "nginx")],
            "observability": [("grafana", "postgres"), ("prometheus", "postgres"), ("nginx", "grafana"), ("redis", "prometheus")],
        },
        jobs=[
            "prometheus", "grafana", "nginx-exporter", "postgres-exporter", "redis-exporter", "kafka-exporter",
        ],
    ),
    Stack(
        "inventario-retail",
        gateway={"dev-fast": 8000, "production": 80},
        routes={
            "/api/deposito/health": "agente-deposito",
            "/api/negocio/health": "agente-negocio",
            "/api/ml/health": "ml-service",
            "/": "dashboard",
        },
        strangers={
            "dev-fast": [("nginx", "postgres"), ("nginx", "redis")],
            "production": [("nginx", "postgres"), ("nginx", "redis")],
            "observability": [("grafana", "postgres"), ("prometheus", "postgres"), ("nginx", "loki"), ("redis", "docker-proxy")],
        },
        jobs=[
            "dashboard", "agente-deposito", "agente-negocio", "ml-service", "prometheus", "grafana", "loki", "alloy",
            "alertmanager", "node-exporter", "cadvisor", "postgres-exporter", "redis-exporter", "nginx-exporter",
        ],
    ),
    Stack(
        "microservicios",
        gateway={"dev-fast": 8080, "production": 80},
        routes={
            "/consulta/health/": "ms-consulta",
            "/reportes/health": "ms-reportes",
            "/notificaciones/health": "ms-notificaciones",
            "/auditoria/health": "ms-auditoria",
        },
        strangers={
            "dev-fast": [("mailpit", "mysql"), ("mailpit", "mongo"), ("mailpit", "redis"), ("nginx", "mysql")],
            "production": [("nginx", "mysql"), ("nginx", "mongo"), ("nginx", "redis")],
        },
        database="mysql",
    ),
]

# The templates of e2e/stacks/probes, and the packages of their programs.
QUICK_PROBES = {"postgres": "postgresql-15", "redis": "redis-server", "nginx": "nginx"}
PROBES = QUICK_PROBES | {
    "mariadb": "mariadb-server",
    "memcached": "memcached",
    "rabbitmq": "rabbitmq-server",
    "nats": "nats-server",
    "prometheus": "prometheus",
    "alertmanager": "prometheus-alertmanager",
    "node-exporter": "prometheus-node-exporter",
    "postgres-exporter": "prometheus-postgres-exporter",
    "redis-exporter": "prometheus-redis-exporter",
    "python": "python3",
    "mysql-exporter": "prometheus-mysqld-exporter",
    "valkey": "valkey-server",
    "zookeeper": "zookeeper",
    "node": "nodejs",
    "php": "php8.2-cli",
    "celery-worker": "celery",
    "go": "busybox",
    "java": "bash",
    "rust": "curl",
}

QUICK_CLAIMS = ["gate-without-probe", "port-collision", "localhost-reference"]


def runs(stack, environment, thorough, report):
    """Brings an environment up from nothing, holds it against every promise, and takes it down."""

    def prove(what, proof, *arguments):
        return report.prove(f"{stack.name}, {environment}: {what}", proof, project, *arguments)

    with Environment(working_copy(stack.name), environment) as project:
        if not prove("comes up from nothing", Environment.up):
            return
        prove("nothing restarts", steady.prove)
        prove("every reference connects", connected.prove)
        prove("bound is what is published", bound.prove)
        prove("every volume has a name", named.prove)
        if stack.routes:
            prove("the gateway routes", routed.prove, stack.gateway[environment], stack.routes)
        if environment in stack.strangers:
            prove("networks are closed", closed.prove, stack.strangers[environment])
        if environment == "production":
            prove("secrets can be read", secret.readable)
            prove("what production takes away is gone", hardened.prove)
        prove("passwords are those of the databases", secret.accepted)
        if thorough:
            prove("smoke finds that all of it works", smoke.prove)
            prove("a second instance runs beside it", second.prove, stack.name)
        if thorough and environment == "production":
            prove("a backup is restored", restored.prove)
        if thorough:
            prove("starts again on its volumes", again.prove)
            prove("comes up from nothing twice more", cold.prove)
            prove(f"waits for a slow {stack.database}", slow.patient, stack.database)
            prove(f"starts nothing without {stack.database}", slow.broken, stack.database)
        prove("down -v leaves nothing", gone.prove)


def observed(stack, report):
    """Starts observability beside a production that runs."""
    folder = working_copy(stack.name)

    def prove(what, proof, *arguments):
        return report.prove(f"{stack.name}, observability: {what}", proof, project, *arguments)

    with Environment(folder, "production") as production:
        production.up()
        with Environment(folder, "observability", attach=production) as project:
            if not prove("comes up beside production", Environment.up):
                return
            prove("nothing restarts", steady.prove)
            prove("every reference connects", connected.prove)
            prove("bound is what is published", bound.prove)
            prove("every volume has a name", named.prove)
            prove("networks are closed", closed.prove, stack.strangers["observability"])
            prove("secrets can be read", secret.readable)
            prove("what production takes away is gone", hardened.prove)
            prove("Prometheus has every target up", scraped.prove, stack.jobs)
            prove("smoke finds that all of it works", smoke.prove)
            prove("starts again on its volumes", again.prove)
            prove("comes up from nothing twice more", cold.prove)
            prove("down -v leaves nothing", gone.prove)


def pools(report):
    """Replicas on the ports of a pool, and two instances on one machine."""
    with Environment(working_copy("pool"), "dev-fast") as project:
        report.prove("pool: three replicas take its three ports", pool.three, project)
        report.prove("pool: a fourth replica is refused", pool.fourth, project)
        project.compose("up", "--detach", "--wait", "--scale", "worker=3")
        report.prove("pool: a second instance runs beside the first", pool.second, project)


def probes(packages, report):
    """Tries each probe; the page is written when all have been."""
    table = []
    with Environment(working_copy("probes"), "dev-fast", services=packages.keys()) as project:
        for service, package in packages.items():
            report.prove(f"probe of {service}", probe.prove, project, service, package, table)
    if len(table) == len(PROBES):
        page.write(table)


def claims(rules, report):
    """What the linter says of a bad example comes true, and the good one works."""
    for rule in rules:
        for verdict, proof in (("bad", claim.fails), ("good", claim.works)):
            with Project(ROOT / "e2e/claims" / rule / f"{verdict}.yaml") as project:
                report.prove(f"{rule}: the {verdict} example", proof, project, rule)


ENVIRONMENTS = ("dev-fast", "production")


def of_stacks(stacks, thorough):
    return {
        f"{stack.name} {environment}": functools.partial(runs, stack, environment, thorough)
        for stack in stacks
        for environment in ENVIRONMENTS
    }


# Two lanes each, which share no port of the host and run side by side.
QUICK = [
    of_stacks(STACKS[:1], thorough=False),
    {"probes": functools.partial(probes, QUICK_PROBES), "claims": functools.partial(claims, QUICK_CLAIMS)},
]
ALL = [
    of_stacks(STACKS, thorough=True)
    | {f"{stack.name} observability": functools.partial(observed, stack) for stack in STACKS if stack.jobs},
    {"probes": functools.partial(probes, PROBES), "claims": functools.partial(claims, claim.SEEN), "pool": pools},
]
