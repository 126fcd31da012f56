#!/bin/bash
# As the official image: root drops to mysql; a first start initialises without a network, then the server starts anew.
# The variables are MariaDB's, or MySQL's where the image stands in for that.
set -e

if [[ $1 = -* ]]; then
    set -- mariadbd "$@"
fi
if [ "$(id -u)" = 0 ]; then
    find /var/lib/mysql /run/mysqld ! -user mysql -exec chown mysql {} +
    exec gosu mysql "$0" "$@"
fi

setting() {
    local brand variable
    for brand in MARIADB MYSQL; do
        variable=${brand}_$1
        [ -z "${!variable}" ] || { printf %s "${!variable}"; return; }
        variable=${variable}_FILE
        [ -z "${!variable}" ] || { cat "${!variable}"; return; }
    done
}

if [ ! -d /var/lib/mysql/mysql ]; then
    mariadb-install-db --auth-root-authentication-method=normal --skip-test-db >/dev/null
    mariadbd --skip-networking --socket=/run/mysqld/mysqld.sock &
    until mariadb-admin --socket=/run/mysqld/mysqld.sock -u root ping >/dev/null 2>&1; do sleep 0.2; done
    echo 'e2e: initialising'
    sleep "${E2E_INIT_SECONDS:-1}"
    database=$(setting DATABASE) user=$(setting USER) password=$(setting PASSWORD) root=$(setting ROOT_PASSWORD)
    healthcheck=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
    mariadb --socket=/run/mysqld/mysqld.sock -u root <<SQL
CREATE DATABASE IF NOT EXISTS \`$database\`;
CREATE USER '$user'@'%' IDENTIFIED BY '$password';
GRANT ALL ON \`$database\`.* TO '$user'@'%';
CREATE USER healthcheck@'127.0.0.1' IDENTIFIED BY '$healthcheck';
CREATE USER healthcheck@localhost IDENTIFIED BY '$healthcheck';
CREATE USER root@'%' IDENTIFIED BY '$root';
GRANT ALL ON *.* TO root@'%' WITH GRANT OPTION;
ALTER USER root@localhost IDENTIFIED BY '$root';
SQL
    printf '[client]\nuser=healthcheck\npassword=%s\n' "$healthcheck" >/var/lib/mysql/.my-healthcheck.cnf
    for file in /docker-entrypoint-initdb.d/*; do
        case $file in
            *.sh) . "$file" ;;
            *.sql) mariadb --socket=/run/mysqld/mysqld.sock -u root -p"$root" "$database" <"$file" ;;
        esac
    done
    echo 'e2e: initialised'
    mariadb-admin --socket=/run/mysqld/mysqld.sock -u root -p"$root" shutdown
    wait
fi
exec "$@"
