"""`down -v` leaves nothing."""

from kit.engine import Failure, listed, listeners
from proofs.bound import promised


def prove(project):
    project.down()
    label = f"label=com.docker.compose.project={project.name}"
    for kind, command in (("container", ["ps", "--all"]), ("volume", ["volume", "ls"]), ("network", ["network", "ls"])):
        left = listed(*command, "--quiet", "--filter", label)
        if left:
            raise Failure(f"a {kind} is left: {', '.join(left)}")
    left = listeners().keys() & promised(project)
    if left:
        raise Failure(f"still bound: {sorted(left)}")
