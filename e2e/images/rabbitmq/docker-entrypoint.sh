#!/bin/bash
# As the official image: root drops to rabbitmq, and variables become configuration.
set -e

if [ "$1" = rabbitmq-server ] && [ "$(id -u)" = 0 ]; then
    find /var/lib/rabbitmq ! -user rabbitmq -exec chown rabbitmq '{}' +
    exec gosu rabbitmq "$0" "$@"
fi
{
    for name in user pass vhost; do
        variable=RABBITMQ_DEFAULT_${name^^}
        [ -z "${!variable}" ] || printf 'default_%s = %s\n' "$name" "${!variable}"
    done
} >/etc/rabbitmq/conf.d/10-defaults.conf
# The defaults stand in the configuration; Debian's scripts do not know the variables.
unset RABBITMQ_DEFAULT_USER RABBITMQ_DEFAULT_PASS RABBITMQ_DEFAULT_VHOST
exec e2e-start "$@"
