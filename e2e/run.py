#!/usr/bin/env python3
"""Proves by running what stackgen promises: run.py quick | all | a word of the names of what to run."""

import sys

from kit import engine
from kit.report import Report
import scenarios


def main():
    if len(sys.argv) != 2:
        sys.exit("e2e: say quick, all, or a word of the names of what to run")
    wanted = sys.argv[1]
    print(f"Docker Engine {engine.connect()}", flush=True)
    report = Report()
    for name, runs, scenario in scenarios.ALL:
        if wanted in runs or wanted in name:
            scenario(report)
    sys.exit(report.close())


main()
