"""Each secret can be read by who needs it, and what it is told is what the database wants."""

import pathlib
import re
import urllib.parse

from kit.engine import Failure, docker


def readable(project):
    """Each secret's file, read as the user of its image."""
    total = 0
    running = project.running()
    for name, service in project.config["services"].items():
        for secret in service.get("secrets", []):
            expected = pathlib.Path(project.config["secrets"][secret["source"]]["file"]).read_text()
            path = secret.get("target") or secret["source"]
            path = path if path.startswith("/") else f"/run/secrets/{path}"
            if docker("exec", running[name][0]["Id"], "cat", path) != expected:
                raise Failure(f"{name} reads something else in {path}")
            total += 1
    if total == 0:
        raise Failure("no service has a secret, so that nothing was proven")


# How a server is asked with the address that its client was given, and what it answers.
ASK = {
    "postgresql": (lambda url: ["psql", "--no-psqlrc", "--command", "SELECT 1", url.geturl()], "(1 row)"),
    "mysql": (lambda url: ["mariadb", f"-h{url.hostname}", f"-u{url.username}", f"-p{url.password}", "-e", "SELECT 1"], "1\n"),
    "redis": (lambda url: ["redis-cli", "-h", url.hostname, "-a", url.password, "ping"], "PONG"),
}
REFUSED = re.compile("password authentication failed|Access denied|WRONGPASS")


def urls(environment):
    """The addresses with a password that an environment names, whole or in parts."""
    values = [
        *environment.values(),
        "postgresql://{POSTGRES_USER}:{POSTGRES_PASSWORD}@{POSTGRES_HOST}/postgres".format_map(Blank(environment)),
        "{DB_CONNECTION}://{DB_USERNAME}:{DB_PASSWORD}@{DB_HOST}".format_map(Blank(environment)),
    ]
    found = [urllib.parse.urlsplit(value) for value in values if "://" in value]
    return {url for url in found if url.scheme in ASK and url.hostname and url.password}


class Blank(dict):
    def __missing__(self, key):
        return ""


def accepted(project):
    """The password that a service was given opens what it is for, over the network; another does not."""
    running = project.running()
    asked = {url for containers in running.values() for url in urls(environment(containers[0]))}
    for url in asked:
        command, answer = ASK[url.scheme]
        container = running[url.hostname][0]["Id"]
        if answer not in (output := docker("exec", container, *command(url))):
            raise Failure(f"{url.hostname} does not accept what its clients are given:\n{output}")
        wrong = url._replace(netloc=url.netloc.replace("@", "x@"))
        output = docker("exec", container, *command(wrong), check=False)[1]
        if not REFUSED.search(output):
            raise Failure(f"{url.hostname} accepts any password:\n{output}")
    if not asked:
        raise Failure("no service is given a password, so that nothing was proven")


def environment(container):
    return dict(entry.partition("=")[::2] for entry in container["Config"]["Env"])
