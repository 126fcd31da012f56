#!/bin/bash
# As the official image: the configuration is written from variables. Debian's program has no provider of metrics.
set -e

if [ "$1" = /usr/share/zookeeper/bin/zkServer.sh ]; then
    echo 'e2e: initialising'
    cat >/conf/zoo.cfg <<CONFIGURATION
dataDir=/data
dataLogDir=/datalog
clientPort=2181
tickTime=2000
initLimit=5
syncLimit=2
maxClientCnxns=${ZOO_MAX_CLIENT_CNXNS:-60}
autopurge.purgeInterval=${ZOO_AUTOPURGE_PURGEINTERVAL:-0}
admin.enableServer=${ZOO_ADMINSERVER_ENABLED:-true}
CONFIGURATION
    sleep "${E2E_INIT_SECONDS:-0}"
    echo 'e2e: initialised'
fi
exec "$@"
