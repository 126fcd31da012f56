#!/usr/bin/env python3
"""Proves by running what stackgen promises: run.py quick | all | the name of one scenario."""

import sys

from kit import engine
from kit.report import Report
import scenarios


def main():
    wanted = " ".join(sys.argv[1:])
    chosen = {"quick": scenarios.QUICK, "all": scenarios.ALL}.get(wanted)
    if chosen is None:
        if wanted not in scenarios.ALL:
            sys.exit(f"e2e: say quick, all, or one of: {', '.join(scenarios.ALL)}")
        chosen = {wanted: scenarios.ALL[wanted]}
    print(f"Docker Engine {engine.connect()}", flush=True)
    report = Report()
    for name, scenario in chosen.items():
        report.scenario(name, scenario)
    sys.exit(report.close())


main()
