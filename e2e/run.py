#!/usr/bin/env python3
"""Proves by running what stackgen promises: run.py quick | all | the name of one scenario."""

import concurrent.futures
import sys

from kit import engine, images
from kit.report import Report
import scenarios

LANES = {"quick": scenarios.QUICK, "all": scenarios.ALL}
NAMED = {name: scenario for lane in scenarios.ALL for name, scenario in lane.items()}


def run(wanted, number):
    """Runs the scenarios of a lane, or the one that is named, and gives what came of their proofs."""
    report = Report()
    lane = LANES[wanted][number] if wanted in LANES else {wanted: NAMED[wanted]}
    for name, scenario in lane.items():
        report.scenario(name, scenario)
    return report.rows


def main():
    wanted = " ".join(sys.argv[1:])
    if wanted not in LANES and wanted not in NAMED:
        sys.exit(f"e2e: say quick, all, or one of: {', '.join(NAMED)}")
    print(f"Docker Engine {engine.connect()}", flush=True)
    report = Report()
    report.clear()
    images.build("application")
    lanes = range(len(LANES.get(wanted, [NAMED])))
    with concurrent.futures.ProcessPoolExecutor(len(lanes)) as pool:
        for rows in pool.map(run, [wanted] * len(lanes), lanes):
            report.rows += rows
    sys.exit(report.close())


main()
