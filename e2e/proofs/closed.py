"""Services without a common network cannot reach each other, neither by name nor by address."""

import concurrent.futures
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


def unrelated(container, running):
    """(name, address, port) of everything that has no network in common with a container."""
    found = []
    for name, other in running.items():
        if not networks(container).keys() & networks(other).keys():
            address = next(iter(networks(other).values()))["IPAddress"]
            ports = {int(port.partition("/")[0]) for port in other["Config"].get("ExposedPorts") or {}}
            found += [(name, address, port) for port in sorted(ports)]
    return found


def reached(container, targets):
    return json.loads(inside(container, "python", "-c", PROGRAM, json.dumps(targets))) if targets else []


def prove(project, strangers):
    """Tries every pair without a common network, also with what it runs beside; `strangers` have to be among them."""
    beside = project.attach.running() if project.attach else {}
    running = {service: containers[0] for service, containers in (beside | project.running()).items()}
    targets = {service: unrelated(container, running) for service, container in running.items()}
    tried = {(service, name) for service in targets for name, _, _ in targets[service]}
    if missing := set(strangers) - tried:
        raise Failure(f"on a network with what it does not need, or without a port to try: {sorted(missing)}")
    with concurrent.futures.ThreadPoolExecutor() as pool:
        answers = pool.map(reached, running.values(), targets.values())
    for service, answer in zip(running, answers):
        if answer:
            raise Failure(f"{service} reaches what it has no network for: {'; '.join(answer)}")
