"""A second instance starts beside the first, on ports, networks and volumes of its own."""

import re

from kit.engine import STACKGEN, Failure, run
from kit.stack import RENDERED, Project, working_copy
from proofs import bound, connected, steady

STRIDE = 10_000


def several(definition):
    """Two instances are allowed, whose ports all are such as do not need root."""
    return re.sub(r": 80\b", ": 8008", definition) + f"\ninstances: {{ stride: {STRIDE}, max: 2 }}\n"


def prove(project, stack):
    folder = working_copy(stack, f"{stack}-second", several)
    run(STACKGEN, "render", project.environment, "--instance", "2", "--stack", folder)
    with Project(folder / RENDERED.format(f"{project.environment}-2")) as other:
        if other.name == project.name:
            raise Failure(f"both are called {other.name}")
        if any(port < STRIDE for _, port in bound.promised(other)):
            raise Failure(f"a port of the second instance is not its own: {sorted(bound.promised(other))}")
        other.compose("up", "--detach", "--wait", "--build")
        steady.prove(other)
        bound.prove(other)
        connected.prove(other)
        steady.prove(project)
