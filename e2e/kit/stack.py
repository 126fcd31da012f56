"""A stack's working copy, and one environment of it as it runs."""

import functools
import json
import shutil

from kit import images
from kit.engine import COMPOSE, ROOT, STACKGEN, TARGET, Failure, docker, inspect, listed, run

RENDERED = "docker-compose.{}.yml"


def working_copy(stack):
    """The stack's definition with what its services are built from, rendered anew; a shipped stack or one of e2e/stacks."""
    folder = TARGET / "stacks" / stack
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for source in (ROOT / "stacks" / stack, ROOT / "e2e/stacks" / stack):
        if source.exists():
            shutil.copytree(source, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("secrets", ".env"))
    run(STACKGEN, "render", "--stack", folder)
    for dockerfile in folder.rglob("Dockerfile"):
        images.build_bases(dockerfile)
    write_settings(folder)
    return folder


def write_settings(folder):
    """`.env` and `secrets/`: the same value wherever one name is asked for."""
    lines = []
    for line in (folder / ".env.example").read_text().splitlines():
        name, _, value = line.partition("=")
        lines.append(f"{name}=e2e-{name.lower()}" if value == "change-me" else line)
    (folder / ".env").write_text("\n".join(lines) + "\n")
    secrets = folder / "secrets"
    secrets.mkdir(mode=0o700)
    for file in folder.glob(RENDERED.format("*")):
        project = json.loads(run(COMPOSE, "-f", file, "config", "--format", "json"))
        for secret in project.get("secrets", {}).values():
            path = secrets / secret["file"].rsplit("/", 1)[-1]
            path.write_text(f"e2e-{path.name}")


class Project:
    """One environment of a stack. `with` takes it down, volumes and all, whatever happened."""

    UP = {"dev-fast": "dev-up", "infra": "infra-up", "production": "prod-up", "observability": "obs-up"}

    def __init__(self, folder, environment, attach=None):
        self.folder = folder
        self.environment = environment
        self.attach = attach
        self.file = folder / RENDERED.format(environment)

    def __enter__(self):
        for image in {service["image"] for service in self.config["services"].values() if "build" not in service}:
            images.provide(image)
        return self

    def __exit__(self, *exception):
        self.down()

    @functools.cached_property
    def config(self):
        """The rendered file as Compose reads it, variables filled in."""
        return json.loads(self.compose("config", "--format", "json"))

    @property
    def name(self):
        return self.config["name"]

    def compose(self, *arguments, **options):
        environment = {"ATTACH_PROJECT": self.attach.name} if self.attach else {}
        return run(
            COMPOSE, "--project-directory", self.folder, "-f", self.file, *arguments, environment=environment, **options
        )

    def make(self, target, **options):
        return run(
            "make", target, f"STACK={self.folder}", f"STACKGEN={STACKGEN}", f"DOCKER_COMPOSE={COMPOSE}",
            *([f"ATTACH={self.attach.environment}"] if self.attach else []), **options,
        )

    def up(self):
        """From nothing, with the command that the README gives."""
        try:
            if self.environment == "production":
                self.make("prod-build")
            self.make(self.UP[self.environment])
        except Failure:
            self.compose("ps", "--all", check=False)
            self.compose("logs", "--tail", "30", check=False)
            raise

    def down(self):
        self.compose("down", "--volumes", "--remove-orphans", "--timeout", "5")

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


def inside(container, *command):
    """Runs a command of the application image in the network of a container."""
    return docker(
        "run", "--rm", "--network", f"container:{container['Id']}", "stackgen-e2e/application", *command, timeout=120
    )
