#!/bin/sh
# As the official image: root owns /data and drops to redis, and there is no protected mode.
set -e

if [ "$1" = redis-server ] && [ "$(id -u)" = 0 ]; then
    find . ! -user redis -exec chown redis '{}' +
    exec gosu redis "$0" "$@"
fi

# A slow start is the loading of what was stored: a thousand keys a second.
if [ "$1" = redis-server ] && [ -n "$E2E_INIT_SECONDS" ]; then
    redis-server --port 0 --unixsocket /data/init.sock --enable-debug-command yes --daemonize yes >/dev/null
    until redis-cli -s /data/init.sock debug populate "$((E2E_INIT_SECONDS * 1000))" >/dev/null 2>&1; do sleep 0.1; done
    redis-cli -s /data/init.sock save >/dev/null
    redis-cli -s /data/init.sock shutdown nosave
    echo 'e2e: initialising'
    set -- "$@" --key-load-delay 1000 --loading-process-events-interval-bytes 1024
fi

umask 0077
if [ "$1" = redis-server ]; then
    exec "$@" --protected-mode no
fi
exec "$@"
