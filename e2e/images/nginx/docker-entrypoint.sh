#!/bin/sh
# As the official image, whose scripts run before the server does.
set -e

if [ -n "$E2E_INIT_SECONDS" ]; then
    echo 'e2e: initialising'
    sleep "$E2E_INIT_SECONDS"
    echo 'e2e: initialised'
fi
exec "$@"
