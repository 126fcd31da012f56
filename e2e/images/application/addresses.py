"""The addresses that an environment names, and whether they answer."""

import re
import socket
import urllib.parse

PORTS = {"http": 80, "https": 443, "postgresql": 5432, "mysql": 3306, "redis": 6379, "mongodb": 27017}
# What a variable names that is not there to be connected to from inside.
OUTSIDE = re.compile(r"PUBLIC|ORIGINS|ADVERTISED|LISTENERS|VOTERS")
PAIR = re.compile(r"^[a-z][a-z0-9.-]*:\d{2,5}(/\S*)?$")


def named(environment):
    """(variable, host, port) of everything in the environment that is an address of another service."""
    found = []
    for variable, value in sorted(environment.items()):
        if OUTSIDE.search(variable):
            continue
        if variable.endswith("_HOST"):
            port = environment.get(variable.removesuffix("_HOST") + "_PORT", "")
            if port.isdigit():
                found.append((variable, value, int(port)))
        elif "://" in value:
            url = urllib.parse.urlsplit(value)
            if url.hostname and (url.port or url.scheme in PORTS):
                found.append((variable, url.hostname, url.port or PORTS[url.scheme]))
        else:
            for pair in value.split(","):
                if PAIR.match(pair):
                    host, _, port = pair.partition("/")[0].partition(":")
                    found.append((variable, host, int(port)))
    return [entry for entry in found if entry[1] not in ("127.0.0.1", "0.0.0.0")]


def refusal(host, port):
    """What went wrong with a connection, or None."""
    try:
        socket.create_connection((host, port), 5).close()
    except OSError as error:
        return str(error)
    return None
