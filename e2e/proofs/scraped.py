"""Prometheus finds every target and reads it."""

import json
import time
import urllib.request

from kit.engine import Failure


def targets():
    with urllib.request.urlopen("http://127.0.0.1:9090/api/v1/targets", timeout=10) as answer:
        return json.load(answer)["data"]["activeTargets"]


def prove(project, expected):
    """Every target is up within two rounds of scraping, and there are as many as were expected."""
    deadline = time.time() + 90
    while True:
        found = targets()
        down = [f"{target['scrapeUrl']}: {target['health']}: {target['lastError']}" for target in found if target["health"] != "up"]
        jobs = sorted({target["labels"]["job"] for target in found})
        if not down and jobs == sorted(expected):
            return
        if time.time() > deadline:
            raise Failure(f"jobs: {', '.join(jobs)}\nexpected: {', '.join(sorted(expected))}\nnot up:\n" + "\n".join(down))
        time.sleep(3)
