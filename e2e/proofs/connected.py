"""Every address in the environment of every container resolves and answers, seen from that container."""

import json

from kit.engine import Failure
from kit.stack import inside

PROGRAM = """
import json, sys
from addresses import named, refusal
found = named(json.loads(sys.argv[1]))
print(json.dumps([[variable, host, port, refusal(host, port)] for variable, host, port in found]))
"""


def prove(project):
    total = 0
    for service, containers in project.running().items():
        environment = dict(entry.partition("=")[::2] for entry in containers[0]["Config"]["Env"])
        answers = json.loads(inside(containers[0], "python", "-c", PROGRAM, json.dumps(environment)))
        for variable, host, port, refusal in answers:
            if refusal:
                raise Failure(f"{service}: {variable}: {host}:{port}: {refusal}")
        total += len(answers)
    if total == 0:
        raise Failure("no environment names an address, so that nothing was proven")
