#!/bin/bash
# kafka-topics.sh --bootstrap-server HOST:PORT (--list | --create … --topic NAME …)
exec 3<>"/dev/tcp/${2%:*}/${2##*:}"
topic=
while [ $# -gt 0 ]; do
    case $1 in
        --topic) topic=$2 ;;
        --list) echo list >&3 ;;
    esac
    shift
done
[ -z "$topic" ] || echo "create $topic" >&3
read -r answer <&3
echo "$answer"
