#!/bin/bash
# kafka-broker-api-versions.sh --bootstrap-server HOST:PORT
exec 3<>"/dev/tcp/${2%:*}/${2##*:}"
echo api-versions >&3
read -r answer <&3
[ "$answer" = ok ]
