"""What a rule of the linter flags fails on the engine, for the reason that it gives; what it asks for works."""

import json
import re
import time

from kit.engine import STACKGEN, Failure, run
from proofs import bound, steady

# What is seen of a bad example, by rule.
SEEN = {
    "gate-without-probe": "has no healthcheck configured",
    "absent-tool": "is unhealthy",
    "unfit-probe": r"DATABASE_URL: db:5432: .*refused",
    "port-collision": "port is already allocated|address already in use",
    "localhost-reference": r"DATABASE_URL: localhost:5432: .*refused",
    "ignored-ports": r"promised but not bound: .*8180",
    "unreachable-dependency": r"DATABASE_URL: db:5432: .*(not known|resolution)",
    "unawaited-job": r"exited \(0\)",
    "unusable-secret": "in read-only service",
}


def findings(file):
    report = json.loads(run(STACKGEN, "lint", "--format", "json", file, check=False)[1])
    return {finding["name"] for finding in report["findings"]}


def runs(project):
    """Raises what is wrong with a project, if anything: at its start, or soon after."""
    try:
        project.up()
        time.sleep(2)
        steady.prove(project)
        bound.prove(project)
    except Failure as failure:
        raise Failure(f"{failure}\n{project.logs()}") from failure


def fails(project, rule):
    if findings(project.file) != {rule}:
        raise Failure(f"the linter finds {findings(project.file) or 'nothing'}, and not only {rule}")
    try:
        runs(project)
    except Failure as failure:
        if not re.search(SEEN[rule], str(failure)):
            raise Failure(f"it fails, but not with `{SEEN[rule]}`:\n{failure}") from failure
        return
    raise Failure("the linter flags it, and it works")


def works(project, rule):
    if findings(project.file):
        raise Failure(f"the linter finds {findings(project.file)} in the good example of {rule}")
    runs(project)
