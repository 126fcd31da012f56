"""What is run: stacks in their environments, each through the proofs that hold for it."""

import functools

from kit.stack import Project, working_copy
from proofs import bound, closed, connected, gone, routed, steady

ROUTES = {
    "experimento-uno": {
        "/api/inventory/health": "inventory-service",
        "/api/orders/health": "orders-service",
        "/api/monitor/health": "monitor-service",
    },
}


def stack(name, environment, gateway_port, report):
    """Brings an environment up from nothing, holds it against every promise, and takes it down."""
    title = f"{name}, {environment}"
    folder = working_copy(name)
    with Project(folder, environment) as project:
        if not report.prove(f"{title}: comes up from nothing", project.up):
            return
        report.prove(f"{title}: nothing restarts", steady.prove, project)
        report.prove(f"{title}: every reference connects", connected.prove, project)
        report.prove(f"{title}: bound is what is published", bound.prove, project)
        report.prove(f"{title}: the gateway routes", routed.prove, project, gateway_port, ROUTES[name])
        report.prove(f"{title}: networks are closed", closed.prove, project)
        report.prove(f"{title}: down -v leaves nothing", gone.prove, project)


def quick_stack(name, environment, gateway_port):
    return f"{name} {environment}", True, functools.partial(stack, name, environment, gateway_port)


# (name, whether it belongs to the quick run, what is run)
ALL = [
    quick_stack("experimento-uno", "dev-fast", 80),
    quick_stack("experimento-uno", "production", 80),
]
