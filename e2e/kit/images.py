"""The stand-in images: built from e2e/images, tagged with the names that the stacks use."""

import functools
import re

from kit.engine import PROGRAMS, ROOT, TARGET, docker, run

RECIPES = ROOT / "e2e/images"
OURS = re.compile(r"^FROM stackgen-e2e/(\S+)", re.MULTILINE)


def provide(image):
    """Gives `image` to the engine: the stand-in of that name, whatever its registry and tag."""
    recipe = image.rsplit("/", 1)[-1].partition(":")[0]
    build(recipe)
    docker("tag", f"stackgen-e2e/{recipe}", image)


@functools.cache
def build(recipe):
    """Builds a recipe, and before it what it is built from."""
    if recipe == "debian":
        if docker("image", "inspect", "stackgen-e2e/debian", check=False)[0] != 0:
            run(RECIPES / "debian/make.sh", TARGET / "debian", PROGRAMS)
        return
    folder = RECIPES / recipe
    build_bases(folder / "Dockerfile")
    docker("build", "--tag", f"stackgen-e2e/{recipe}", folder)


def build_bases(dockerfile):
    for base in OURS.findall(dockerfile.read_text()):
        build(base)
