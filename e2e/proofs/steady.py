"""Nothing restarts: what a service needs was there when it started."""

from kit.engine import Failure


def prove(project):
    for service, containers in project.containers().items():
        for container in containers:
            state = container["State"]
            if container["RestartCount"]:
                raise Failure(f"{service} was restarted {container['RestartCount']} times")
            health = state.get("Health", {}).get("Status", "healthy")
            if state["Running"] and health != "healthy":
                raise Failure(f"{service} is {health}")
            if not state["Running"] and state["ExitCode"] != 0:
                raise Failure(f"{service} ended with {state['ExitCode']}")
    missing = project.config["services"].keys() - project.containers().keys()
    if missing:
        raise Failure(f"no container of {', '.join(sorted(missing))}")
