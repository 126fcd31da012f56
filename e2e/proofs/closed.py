"""Services without a common network cannot reach each other, neither by name nor by address."""

import json

from kit.engine import Failure
from kit.stack import inside

PROGRAM = """
import concurrent.futures, json, socket, sys
def reached(target):
    name, address, port = target
    try:
        socket.getaddrinfo(name, port)
        return f"{name} resolves"
    except OSError:
        pass
    try:
        socket.create_connection((address, port), 2).close()
        return f"{address}:{port} ({name}) answers"
    except OSError:
        return None
with concurrent.futures.ThreadPoolExecutor(32) as pool:
    print(json.dumps([message for message in pool.map(reached, json.loads(sys.argv[1])) if message]))
"""


def networks(container):
    return container["NetworkSettings"]["Networks"]


def prove(project, strangers):
    """Tries every pair without a common network; `strangers` have to be among them."""
    running = {service: containers[0] for service, containers in project.running().items()}
    tried = set()
    for service, container in running.items():
        targets = []
        for other, target in running.items():
            if not networks(container).keys() & networks(target).keys():
                address = next(iter(networks(target).values()))["IPAddress"]
                ports = {int(port.partition("/")[0]) for port in target["Config"].get("ExposedPorts") or {}}
                targets += [(other, address, port) for port in sorted(ports)]
        if targets:
            reached = json.loads(inside(container, "python", "-c", PROGRAM, json.dumps(targets)))
            if reached:
                raise Failure(f"{service} reaches what it has no network for: {'; '.join(reached)}")
        tried |= {(service, other) for other, _, _ in targets}
    if missing := set(strangers) - tried:
        raise Failure(f"on a network with what it does not need, or without a port to try: {sorted(missing)}")
