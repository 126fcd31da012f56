"""The gateway hands each path to the service that the stack names for it, and serves no other."""

import http.client
import time

from kit.engine import Failure

NOBODY = "/api/nobody/health"


def answer(port, path):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request("GET", path)
    response = connection.getresponse()
    return response.status, response.read().decode()


def prove(project, port, routes):
    containers = project.running()
    for path, service in routes.items():
        status, body = answer(port, path)
        hosts = {container["Config"]["Hostname"] for container in containers[service]}
        if status != 200 or body.split()[0] not in hosts:
            raise Failure(f"{path}: {status} {body!r}, and not the answer of {service}")
        time.sleep(0.1)
    status, body = answer(port, NOBODY)
    hosts = {container["Config"]["Hostname"] for replicas in containers.values() for container in replicas}
    if status == 200 and body.split()[0] in hosts:
        raise Failure(f"{NOBODY}: {body!r}, although no route names it")
