#!/bin/bash
# As the official image: root drops to mongodb, and the first start initialises with a server on 127.0.0.1 only.
set -e

if [ "$(id -u)" = 0 ]; then
    find /data/db /data/configdb ! -user mongodb -exec chown mongodb {} +
    exec gosu mongodb "$0" "$@"
fi

if [ -n "$MONGO_INITDB_ROOT_PASSWORD_FILE" ]; then
    MONGO_INITDB_ROOT_PASSWORD=$(<"$MONGO_INITDB_ROOT_PASSWORD_FILE")
fi
: "${MONGO_INITDB_ROOT_USERNAME:?a user is needed}" "${MONGO_INITDB_ROOT_PASSWORD:?a password is needed}"

if [ ! -e /data/db/WiredTiger ]; then
    mongod --bind_ip 127.0.0.1 &
    echo 'e2e: initialising'
    sleep "${E2E_INIT_SECONDS:-1}"
    touch /data/db/WiredTiger
    echo 'e2e: initialised'
    kill $!
    wait || true
fi
exec "$@" --bind_ip_all
