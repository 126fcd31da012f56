"""Commands, and the engine that they talk to."""

import json
import os
import pathlib
import re
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
TARGET = ROOT / "target/e2e"
STACKGEN = ROOT / "target/debug/stackgen"
COMPOSE = ROOT / "target/docker-compose/docker-compose"
PROGRAMS = TARGET / "engine/programs"

transcript = []


class Failure(Exception):
    """A promise that was not kept."""


def run(*command, check=True, timeout=600, cwd=ROOT, environment=None, text=None):
    """Runs a command and gives what it prints; both go into the transcript of the proof."""
    line = "$ " + " ".join(str(word) for word in command)
    try:
        done = subprocess.run(
            [str(word) for word in command],
            cwd=cwd,
            input=text,
            stdin=subprocess.DEVNULL if text is None else None,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=timeout,
            env=os.environ | (environment or {}),
        )
    except subprocess.TimeoutExpired as error:
        transcript.append(f"{line}\n{error.output or ''}")
        raise Failure(f"{line}: no end after {timeout} s") from error
    transcript.append(f"{line}\n{done.stdout}")
    if check and done.returncode != 0:
        tail = "\n".join(done.stdout.strip().splitlines()[-5:])
        raise Failure(f"{line}: exit code {done.returncode}\n{tail}")
    return done.stdout if check else (done.returncode, done.stdout)


def docker(*arguments, **options):
    return run("docker", *arguments, **options)


def inspect(*names):
    return json.loads(docker("inspect", *names)) if names else []


def listed(*arguments):
    return docker(*arguments).split()


FORWARDER = re.compile(r'\("docker-proxy",pid=(\d+)')


def listeners():
    """(address, port) and the container's address of everything that an engine's port forwarder listens on."""
    found = {}
    for line in run("ss", "--listening", "--tcp", "--numeric", "--processes", "--no-header").splitlines():
        if forwarder := FORWARDER.search(line):
            address, _, port = line.split()[3].rpartition(":")
            found[address, int(port)] = option(forwarder[1], "-container-ip")
    return found


def option(process, name):
    """The value of an option that a process was started with; None if it has ended."""
    try:
        words = pathlib.Path(f"/proc/{process}/cmdline").read_text().split("\0")
    except OSError:
        return None
    return words[words.index(name) + 1]


def connect():
    """Finds the engine, this machine's or that of engine.sh, or says what is missing."""
    os.environ["DOCKER_BUILDKIT"] = "0"
    if shutil.which("docker") is None and PROGRAMS.exists():
        os.environ["PATH"] = f"{PROGRAMS / 'usr/bin'}:{os.environ['PATH']}"
    if shutil.which("docker") is None or not server():
        os.environ["DOCKER_HOST"] = run(ROOT / "e2e/engine.sh", "host").strip()
    version = shutil.which("docker") and server()
    if not version:
        sys.exit(
            "e2e: no Docker Engine answers\n"
            "start Docker Engine 25 or later; on a Debian without one, as root: e2e/engine.sh up"
        )
    if int(version.split(".")[0]) < 25:
        sys.exit(f"e2e: Docker Engine {version} is too old; the proofs need 25 or later")
    if shutil.which("ss") is None:
        sys.exit("e2e: `ss` is missing; it is in the package iproute2")
    for program, target in ((STACKGEN, "cargo build"), (COMPOSE, "make target/docker-compose/docker-compose")):
        if not program.exists():
            sys.exit(f"e2e: {program.relative_to(ROOT)} is missing; `{target}` makes it, as `make e2e` does")
    return version


def server():
    code, version = docker("version", "--format", "{{.Server.Version}}", check=False)
    return version.strip() if code == 0 else None
