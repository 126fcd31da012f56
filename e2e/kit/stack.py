"""A stack's working copy, and one environment of it as it runs."""

import functools
import json
import shutil

from kit import images
from kit.engine import COMPOSE, ROOT, STACKGEN, TARGET, Failure, docker, inspect, listed, run

RENDERED = "docker-compose.{}.yml"


def working_copy(stack, name=None, change=None):
    """The stack's definition with what its services are built from, rendered anew; a shipped stack or one of e2e/stacks."""
    folder = TARGET / "stacks" / (name or stack)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for source in (ROOT / "stacks" / stack, ROOT / "e2e/stacks" / stack):
        if source.exists():
            shutil.copytree(source, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("secrets", ".env"))
    if change:
        definition = folder / "stack.yaml"
        definition.write_text(change(definition.read_text()))
    run(STACKGEN, "render", "--stack", folder)
    for dockerfile in folder.rglob("Dockerfile"):
        images.build_bases(dockerfile)
    write_settings(folder)
    return folder


def write_settings(folder):
    """`.env` and `secrets/` as the README has them made; what only a person knows is in the stack's settings.env."""
    settings = folder / "settings.env"
    known = settings.read_text().splitlines() if settings.exists() else []
    names = {line.partition("=")[0] for line in known}
    asked = [line for line in (folder / ".env.example").read_text().splitlines() if line.partition("=")[0] not in names]
    (folder / ".env").write_text("\n".join(asked + known) + "\n")
    run(STACKGEN, "secrets", "init", "--stack", folder)
    run(STACKGEN, "secrets", "check", "--stack", folder)


class Project:
    """A compose file as it runs. `with` takes it down, volumes and all, whatever happened."""

    def __init__(self, file, services=None):
        self.file = file
        self.services = services

    def __enter__(self):
        for name, service in self.config["services"].items():
            if "build" not in service and name in (self.services or self.config["services"]):
                images.provide(service["image"])
        return self

    def __exit__(self, *exception):
        self.down()

    @functools.cached_property
    def config(self):
        """The file as Compose reads it, variables filled in."""
        return json.loads(self.compose("config", "--format", "json"))

    @property
    def name(self):
        return self.config["name"]

    def compose(self, *arguments, **options):
        return run(COMPOSE, "--project-directory", self.file.parent, "-f", self.file, *arguments, **options)

    def up(self):
        self.compose("up", "--detach", "--wait")

    def down(self):
        self.compose("down", "--volumes", "--remove-orphans", "--timeout", "5")

    def logs(self):
        return self.compose("logs", "--tail", "30", check=False)[1]

    def containers(self):
        """The containers, by service, as `docker inspect` shows them."""
        found = {}
        identifiers = listed("ps", "--all", "--quiet", "--filter", f"label=com.docker.compose.project={self.name}")
        for container in inspect(*identifiers):
            found.setdefault(container["Config"]["Labels"]["com.docker.compose.service"], []).append(container)
        return dict(sorted(found.items()))

    def running(self):
        return {
            service: alive
            for service, containers in self.containers().items()
            if (alive := [one for one in containers if one["State"]["Running"]])
        }

    def execute(self, service, *command, **options):
        return docker("exec", self.running()[service][0]["Id"], *command, **options)


class Environment(Project):
    """One environment of a stack, brought up with the command that the README gives."""

    TARGETS = {"dev-fast": "dev-start", "production": "prod-up", "observability": "obs-up"}

    def __init__(self, folder, environment, attach=None, services=None):
        super().__init__(folder / RENDERED.format(environment), services)
        self.environment = environment
        self.attach = attach

    def compose(self, *arguments, **options):
        environment = {"ATTACH_PROJECT": self.attach.name} if self.attach else None
        return super().compose(*arguments, environment=environment, **options)

    def make(self, target, *variables, compose=COMPOSE):
        attach = [f"ATTACH={self.attach.environment}"] if self.attach else []
        stack = [f"STACK={self.file.parent}", f"STACKGEN={STACKGEN}", f"DOCKER_COMPOSE={compose}"]
        return run("make", target, *stack, *attach, *variables)

    def up(self, services=None):
        """Starts it; with what differs from its file in some services, if anything."""
        compose = self.differing(services) if services else COMPOSE
        try:
            if self.environment == "production":
                self.make("prod-build")
            self.make(self.TARGETS[self.environment], compose=compose)
        except Failure:
            self.compose("ps", "--all", check=False)
            self.logs()
            raise

    def differing(self, services):
        """A Compose that lays something over the file that it is called with."""
        override = self.file.parent / "override.json"
        override.write_text(json.dumps({"services": services}))
        program = self.file.parent / "compose-with-override"
        program.write_text(f'#!/bin/sh\nfile=$2\nshift 2\nexec {COMPOSE} -f "$file" -f {override} "$@"\n')
        program.chmod(0o755)
        return program


def inside(container, *command):
    """Runs a command of the application image in the network of a container."""
    return docker(
        "run", "--rm", "--network", f"container:{container['Id']}", "stackgen-e2e/application", *command, timeout=120
    )
