"""A database whose first start takes longer is waited for; one that never gets healthy keeps what needs it from starting."""

from kit.engine import Failure
from proofs import steady

SECONDS = 20
# It is given up sooner than its template says, only to save time.
IMPATIENT = {"start_period": "5s", "interval": "2s", "retries": 3}


def initialises(seconds):
    return {"environment": {"E2E_INIT_SECONDS": str(seconds)}}


def patient(project, database):
    project.down()
    project.up({database: initialises(SECONDS)})
    steady.prove(project)


def dependants(project, database):
    """Every service that waits for the database, or for one that does."""
    services = project.config["services"]
    waiting = {database}
    while True:
        more = {name for name, service in services.items() if waiting & service.get("depends_on", {}).keys()} - waiting
        if not more:
            return waiting - {database}
        waiting |= more


def broken(project, database):
    project.down()
    try:
        project.up({database: initialises(100_000) | {"healthcheck": IMPATIENT}})
    except Failure as failure:
        if "is unhealthy" not in str(failure):
            raise
    else:
        raise Failure(f"it comes up although {database} never gets healthy")
    expected = dependants(project, database)
    if not expected:
        raise Failure(f"nothing waits for {database}, so that nothing was proven")
    for service, containers in project.containers().items():
        if service in expected and any(container["State"]["StartedAt"] > "0002" for container in containers):
            raise Failure(f"{service} was started, although {database} never got healthy")
