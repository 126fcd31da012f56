"""What is run: stacks in their environments, each through the proofs that hold for it."""

import functools

from kit import page
from kit.engine import ROOT
from kit.stack import Environment, Project, working_copy
from proofs import bound, claim, closed, connected, gone, probe, routed, steady

ROUTES = {
    "experimento-uno": {
        "/api/inventory/health": "inventory-service",
        "/api/orders/health": "orders-service",
        "/api/monitor/health": "monitor-service",
    },
}

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


def stack(name, environment, gateway_port, report):
    """Brings an environment up from nothing, holds it against every promise, and takes it down."""
    title = f"{name}, {environment}"
    folder = working_copy(name)
    with Environment(folder, environment) as project:
        if not report.prove(f"{title}: comes up from nothing", project.up):
            return
        report.prove(f"{title}: nothing restarts", steady.prove, project)
        report.prove(f"{title}: every reference connects", connected.prove, project)
        report.prove(f"{title}: bound is what is published", bound.prove, project)
        report.prove(f"{title}: the gateway routes", routed.prove, project, gateway_port, ROUTES[name])
        report.prove(f"{title}: networks are closed", closed.prove, project)
        report.prove(f"{title}: down -v leaves nothing", gone.prove, project)


def probes(packages, report):
    """Tries each probe; the page is written when all have been."""
    table = []
    with Environment(working_copy("probes"), "dev-fast", services=packages.keys()) as project:
        for service, package in packages.items():
            report.prove(f"probe of {service}", probe.prove, project, service, package, table)
    if table and len(table) == len(PROBES):
        page.write(table, probe.INIT_SECONDS)


def claims(rules, report):
    """What the linter says of a bad example comes true, and the good one works."""
    for rule in rules:
        for verdict, proof in (("bad", claim.fails), ("good", claim.works)):
            with Project(ROOT / "e2e/claims" / rule / f"{verdict}.yaml") as project:
                report.prove(f"{rule}: the {verdict} example", proof, project, rule)


def quick_stack(name, environment, gateway_port):
    return f"{name} {environment}", {"quick", "all"}, functools.partial(stack, name, environment, gateway_port)


# (name, for which runs it belongs to the quick run, what is run)
ALL = [
    quick_stack("experimento-uno", "dev-fast", 80),
    quick_stack("experimento-uno", "production", 80),
    ("probes", {"quick"}, functools.partial(probes, QUICK_PROBES)),
    ("claims", {"quick"}, functools.partial(claims, QUICK_CLAIMS)),
    ("every probe", {"all"}, functools.partial(probes, PROBES)),
    ("every claim", {"all"}, functools.partial(claims, claim.SEEN)),
]
