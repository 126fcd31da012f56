"""What is run: stacks in their environments, each through the proofs that hold for it."""

import dataclasses
import functools

from kit import page
from kit.engine import ROOT
from kit.stack import Environment, Project, working_copy
from proofs import again, bound, claim, closed, cold, connected, gone, pool, probe, routed, scraped, secret, slow, steady


@dataclasses.dataclass
class Stack:
    """What is to be seen of a shipped stack."""

    name: str
    # The gateway's port by environment, and which service answers what path.
    gateway: dict = dataclasses.field(default_factory=dict)
    routes: dict = dataclasses.field(default_factory=dict)
    # The database that is made slow, and a service that has PostgreSQL's password.
    database: str = "postgres"
    client: str | None = None
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
        },
        strangers={
            "dev-fast": [("nginx", "postgres"), ("nginx", "redis"), ("nginx", "kafka"), ("kafka-ui", "nginx")],
            "production": [("nginx", "postgres"), ("nginx", "redis"), ("nginx", "kafka"), ("postgres", "nginx")],
        },
        client="inventory-service",
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
        },
        client="agente-deposito",
        jobs=[
            "dashboard", "agente-deposito", "agente-negocio", "ml-service", "prometheus", "grafana", "loki", "alloy",
            "alertmanager", "node-exporter", "cadvisor", "postgres-exporter", "redis-exporter", "nginx-exporter",
        ],
    ),
    Stack("microservicios", strangers={"dev-fast": [("mailpit", "mysql"), ("mailpit", "mongo"), ("mailpit", "redis")]}, database="mysql"),
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
        if stack.routes:
            prove("the gateway routes", routed.prove, stack.gateway[environment], stack.routes)
        if environment in stack.strangers:
            prove("networks are closed", closed.prove, stack.strangers[environment])
        if environment == "production":
            prove("secrets can be read", secret.readable)
        if stack.client:
            prove("the password is the database's", secret.accepted, stack.client)
        if thorough:
            prove("starts again on its volumes", again.prove)
            prove("comes up from nothing twice more", cold.prove)
        if thorough and environment == "production":
            prove(f"waits for a slow {stack.database}", slow.patient, stack.database)
            prove(f"starts nothing without {stack.database}", slow.broken, stack.database)
        prove("down -v leaves nothing", gone.prove)


def observed(stack, report):
    """Starts observability beside a production that runs."""
    folder = working_copy(stack.name)
    title = f"{stack.name}, observability"
    with Environment(folder, "production") as production:
        production.up()
        with Environment(folder, "observability", attach=production) as project:
            if not report.prove(f"{title}: comes up beside production", project.up):
                return
            report.prove(f"{title}: nothing restarts", steady.prove, project)
            report.prove(f"{title}: every reference connects", connected.prove, project)
            report.prove(f"{title}: bound is what is published", bound.prove, project)
            report.prove(f"{title}: secrets can be read", secret.readable, project)
            report.prove(f"{title}: Prometheus has every target up", scraped.prove, project, stack.jobs)
            report.prove(f"{title}: starts again on its volumes", again.prove, project)
            report.prove(f"{title}: down -v leaves nothing", gone.prove, project)


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
        page.write(table, probe.INIT_SECONDS)


def claims(rules, report):
    """What the linter says of a bad example comes true, and the good one works."""
    for rule in rules:
        for verdict, proof in (("bad", claim.fails), ("good", claim.works)):
            with Project(ROOT / "e2e/claims" / rule / f"{verdict}.yaml") as project:
                report.prove(f"{rule}: the {verdict} example", proof, project, rule)


ENVIRONMENTS = ("dev-fast", "production")

QUICK = {f"{STACKS[0].name} {environment}": functools.partial(runs, STACKS[0], environment, False) for environment in ENVIRONMENTS}
QUICK["probes"] = functools.partial(probes, QUICK_PROBES)
QUICK["claims"] = functools.partial(claims, QUICK_CLAIMS)

ALL = {
    f"{stack.name} {environment}": functools.partial(runs, stack, environment, True)
    for stack in STACKS
    for environment in ENVIRONMENTS
}
ALL |= {f"{stack.name} observability": functools.partial(observed, stack) for stack in STACKS if stack.jobs}
ALL["pool"] = pools
ALL["probes"] = functools.partial(probes, PROBES)
ALL["claims"] = functools.partial(claims, claim.SEEN)
