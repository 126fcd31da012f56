"""Three replicas take the three ports of a pool, a fourth is refused; a second instance meets nobody."""

from kit.engine import STACKGEN, Failure, run
from kit.stack import Project
from proofs import bound, steady


def ports(project):
    found = set()
    for container in project.running().get("worker", []):
        for bindings in container["NetworkSettings"]["Ports"].values():
            found |= {int(binding["HostPort"]) for binding in bindings or []}
    return found


def three(project):
    project.compose("up", "--detach", "--wait", "--scale", "worker=3")
    if ports(project) != {21000, 21001, 21002}:
        raise Failure(f"the replicas have the ports {sorted(ports(project))}")
    bound.prove(project)


def fourth(project):
    code, output = project.compose("up", "--detach", "--wait", "--scale", "worker=4", check=False)
    if code == 0 or "all ports are allocated" not in output:
        raise Failure(f"a fourth replica is not refused (exit code {code}):\n{output}")


def second(project):
    """The second instance starts while the first runs, on ports, networks and volumes of its own."""
    folder = project.file.parent / "second"
    run(STACKGEN, "render", "dev-fast", "--stack", project.file.parent, "--instance", "2", "--out", folder)
    with Project(folder / "docker-compose.dev-fast-2.yml") as other:
        if other.name == project.name:
            raise Failure(f"both are called {other.name}")
        other.compose("up", "--detach", "--wait", "--scale", "worker=3")
        if ports(other) != {21100, 21101, 21102}:
            raise Failure(f"the second instance has the ports {sorted(ports(other))}")
        bound.prove(other)
        steady.prove(other)
        steady.prove(project)
