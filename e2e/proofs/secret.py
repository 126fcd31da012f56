"""Each secret can be read by who needs it, and what it is told is what the database wants."""

import pathlib

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


def accepted(project, client):
    """The password that a service was given opens PostgreSQL over the network; another does not."""
    running = project.running()
    environment = dict(entry.partition("=")[::2] for entry in running[client][0]["Config"]["Env"])
    url = environment.get("DATABASE_URL") or "postgresql://{POSTGRES_USER}:{POSTGRES_PASSWORD}@{POSTGRES_HOST}".format(
        **environment
    )
    select = ["exec", running["postgres"][0]["Id"], "psql", "--no-psqlrc", "--command", "SELECT 1"]
    docker(*select, "--dbname", url)
    code, output = docker(*select, "--dbname", url.replace("@", "x@"), check=False)
    if code == 0 or "password authentication failed" not in output:
        raise Failure(f"PostgreSQL accepts any password:\n{output}")
