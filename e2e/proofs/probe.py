"""A probe fails before the server is up, while it initialises and when it hangs, and passes when it is ready."""

import contextlib
import datetime
import os
import signal
import time

from kit.engine import Failure, docker, inspect

# The line that ends the initialising of a server that tells so itself.
INITIALISED = {"redis": "Ready to accept connections", "valkey": "Ready to accept connections"}
# What runs beside a service that is asked through it.
BESIDE = {"celery-worker": "redis"}


def ask(container):
    """Runs a container's own probe once, as the engine would: (passed, begin, end)."""
    probe = container["Config"]["Healthcheck"]
    kind, *command = probe["Test"]
    if kind == "CMD-SHELL":
        command = ["/bin/sh", "-c", *command]
    begin = time.time()
    try:
        code, _ = docker("exec", container["Id"], *command, check=False, timeout=probe["Timeout"] / 1e9)
    except Failure:
        code = None
    return code == 0, begin, time.time()


def logged(container, line):
    """When a container printed a line."""
    for entry in docker("logs", "--timestamps", container["Id"]).splitlines():
        stamp, _, text = entry.partition(" ")
        if line in text:
            return datetime.datetime.fromisoformat(stamp[:26].rstrip("Z") + "+00:00").timestamp()
    raise Failure(f"it never printed `{line}`")


def before(project, service):
    """The container without its server."""
    name = f"{project.name}-{service}-idle"
    project.compose("run", "--detach", "--no-deps", "--name", name, "--entrypoint", "sleep", service, "600")
    try:
        passed, begin, end = ask(inspect(name)[0])
    finally:
        docker("rm", "--force", "--volumes", name)
    if passed:
        raise Failure("the probe passes without a server")
    return end - begin


def initialising(project, service):
    """The container as it starts, slowly: the probe may not pass before that is over, and has to, soon after."""
    project.compose("up", "--detach", "--no-deps", service)
    container = project.containers()[service][0]
    samples = []
    while not samples or not samples[-1][0]:
        if samples and samples[-1][2] - samples[0][1] > 120:
            raise Failure("the probe does not pass within two minutes")
        samples.append(ask(container))
        if not inspect(container["Id"])[0]["State"]["Running"]:
            raise Failure(f"it ended:\n{docker('logs', '--tail', '5', container['Id'])}")
        time.sleep(0.2)
    started = logged(container, "e2e: initialising")
    finished = logged(container, INITIALISED.get(service, "e2e: initialised"))
    during = [passed for passed, begin, end in samples if begin > started and end < finished]
    if len(during) < 2:
        raise Failure("it was not asked while it initialised, so that nothing was proven")
    if any(passed for passed, _, end in samples if end < finished):
        raise Failure("the probe passes while the server initialises")
    return container, len(during), samples[-1][2] - finished


@contextlib.contextmanager
def stopped(container):
    """The processes of a container, stopped as by a hang; they go on afterwards."""
    processes = [int(line) for line in docker("top", container["Id"], "-eo", "pid").split()[1:]]
    send(signal.SIGSTOP, processes)
    try:
        yield
    finally:
        send(signal.SIGCONT, processes)


def send(sign, processes):
    for process in processes:
        with contextlib.suppress(ProcessLookupError):
            os.kill(process, sign)


def hanging(container):
    with stopped(container):
        passed, begin, end = ask(container)
    if passed:
        raise Failure("the probe passes although the server hangs")
    deadline = time.time() + 30
    while not ask(container)[0]:
        if time.time() > deadline:
            raise Failure("the probe does not pass again when the server goes on")
    return end - begin


def prove(project, service, package, table):
    image = project.config["services"][service]["image"]
    if service in BESIDE:
        project.compose("up", "--detach", "--wait", "--no-deps", BESIDE[service])
    version = docker("run", "--rm", "--entrypoint", "dpkg-query", image, "--show", "--showformat", "${Version}", package)
    row = {"template": service, "program": f"{package} {version.strip()}", "before": before(project, service)}
    container, row["asked"], row["ready"] = initialising(project, service)
    row["hangs"] = hanging(container)
    table.append(row)
    project.compose("rm", "--stop", "--force", "--volumes", service)
