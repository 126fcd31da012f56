"""What a backup of production saved is there again after a restore, whatever happened since."""

from kit.engine import COMPOSE, Failure, run

# How a store is talked to in its container, and what is said: to store something, to lose it, and to ask for it.
POSTGRES = 'psql --no-psqlrc -U "$POSTGRES_USER" -d "$POSTGRES_DB" --tuples-only --no-align --command "$1"'
MYSQL = 'MYSQL_PWD="$(cat "$MYSQL_ROOT_PASSWORD_FILE")" mysql -u root -N "$MYSQL_DATABASE" -e "$1"'
REDIS = 'REDISCLI_AUTH="$(cat /run/secrets/redis_password)" redis-cli $1'
TABLE = ("CREATE TABLE e2e AS SELECT 'kept' AS word", "DROP TABLE e2e", "SELECT word FROM e2e")
STORES = {
    "postgres": (POSTGRES, *TABLE),
    "mysql": (MYSQL, *TABLE),
    "redis": (REDIS, "SET e2e kept", "SET e2e lost", "GET e2e"),
}


def prove(project):
    found = STORES.keys() & project.running().keys()
    for service in sorted(found):
        shell, store, lose, ask = STORES[service]

        def say(what):
            return project.execute(service, "sh", "-c", shell, "sh", what).strip()

        say(store)
        file = make(project, f"backup-{service}").split()[-1]
        say(lose)
        make(project, f"restore-{service}", f"FILE={file}")
        if say(ask) != "kept":
            raise Failure(f"{service} has lost what {file} saved")
    if not found:
        raise Failure("nothing is stored, so that nothing was proven")


def make(project, target, *variables):
    environment = f"ENVIRONMENT={project.environment}"
    return run("make", "--silent", "-C", project.file.parent, target, environment, f"DOCKER_COMPOSE={COMPOSE}", *variables)
