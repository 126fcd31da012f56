"""Every volume has a name, or was asked for without one: a stop leaves no other behind."""

import re

from kit.engine import Failure

NAMELESS = re.compile(r"[0-9a-f]{64}")


def prove(project):
    for name, containers in project.containers().items():
        asked = {volume["target"] for volume in project.config["services"][name].get("volumes", [])}
        for mount in (mount for container in containers for mount in container["Mounts"]):
            if mount["Type"] == "volume" and NAMELESS.fullmatch(mount["Name"]) and mount["Destination"] not in asked:
                raise Failure(f"{name} has a volume without a name for {mount['Destination']}")
