#!/bin/bash
# As the official image's, of which these two tests are used: a user of its own asks over the network.
set -e

for test in "$@"; do
    case $test in
        --connect) query='SELECT 1' ;;
        --innodb_initialized) query="SELECT 1 / (SELECT COUNT(*) > 0 FROM information_schema.ENGINES WHERE engine = 'innodb' AND support IN ('YES', 'DEFAULT'))" ;;
        *) exit 1 ;;
    esac
    mariadb --defaults-file=/var/lib/mysql/.my-healthcheck.cnf -h 127.0.0.1 --protocol tcp --skip-column-names \
        --batch --execute "$query" | grep -q '^1'
done
