#!/usr/bin/env bash
# Brings up a Docker Engine for the proofs on a Debian that has none, and stops it: engine.sh up | down | host
#
# Everything is of Debian's own packages and lies in target/e2e/engine: programs, data, socket, pid file. The machine's
# own packages, sources and services stay as they are; only /var/run/docker.sock is a link to the socket, where there is
# none, as long as the engine runs. `host` prints what DOCKER_HOST has to be.
set -euo pipefail

root=$(cd "$(dirname "$0")/.." && pwd)
engine=$root/target/e2e/engine
programs=$engine/programs
socket=$engine/docker.sock
pid_file=$engine/docker.pid
# Where programs in containers expect the socket of the machine's engine.
usual_socket=/var/run/docker.sock

mirror=http://deb.debian.org/debian
# bookworm's dockerd is too old (20.10); trixie's runs beside bookworm's runc and iptables.
packages=(
    docker.io/trixie docker-cli/trixie containerd/trixie tini/trixie
    runc/bookworm libseccomp2/bookworm debootstrap/bookworm
    iptables/bookworm libip4tc2/bookworm libip6tc2/bookworm libxtables12/bookworm libmnl0/bookworm
    libnetfilter-conntrack3/bookworm libnfnetlink0/bookworm libnftnl11/bookworm
)

fail() {
    echo "engine.sh: $*" >&2
    exit 1
}

# Fetches the packages with sources of their own, and unpacks them.
fetch() {
    [ -e "$programs/complete" ] && return
    command -v apt-get dpkg-deb >/dev/null || fail "apt-get and dpkg-deb are missing: this brings an engine on Debian only"
    local apt=$engine/apt
    rm -rf "$apt" "$programs"
    mkdir -p "$apt/lists/partial" "$apt/archives/partial" "$apt/debs" "$programs"
    for suite in bookworm trixie; do
        echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror $suite main"
    done >"$apt/sources.list"
    cat >"$apt/apt.conf" <<CONFIGURATION
Dir::Etc::sourcelist "$apt/sources.list";
Dir::Etc::sourceparts "-";
Dir::State::lists "$apt/lists";
Dir::State::status "/dev/null";
Dir::Cache "$apt";
APT::Sandbox::User "root";
CONFIGURATION
    (
        export APT_CONFIG=$apt/apt.conf
        cd "$apt/debs"
        apt-get update -qq
        apt-get download -qq "${packages[@]}"
    ) || fail "Debian's packages could not be fetched from $mirror"
    for package in "$apt"/debs/*.deb; do
        dpkg-deb --extract "$package" "$programs"
    done
    ln -s iptables-nft "$programs/usr/sbin/iptables"
    ln -s ip6tables-nft "$programs/usr/sbin/ip6tables"
    touch "$programs/complete"
}

running() {
    [ -e "$pid_file" ] && [ "$(readlink "/proc/$(cat "$pid_file")/exe")" = "$programs/usr/sbin/dockerd" ]
}

up() {
    [ "$(id -u)" = 0 ] || fail "an engine needs root: run this as root, or start Docker Engine 25 or later yourself"
    mkdir -p "$engine"
    fetch
    if ! running; then
        rm -f "$pid_file"
        local libraries=$programs/usr/lib/$(dpkg-architecture -qDEB_HOST_MULTIARCH 2>/dev/null || echo "$(uname -m)-linux-gnu")
        # Mounts are shared, as where systemd runs, but for this process only: `rslave` asks for that.
        PATH=$programs/usr/sbin:$programs/usr/bin:$PATH \
            LD_LIBRARY_PATH=$libraries:${libraries/\/usr\///} XTABLES_LIBDIR=$libraries/xtables \
            setsid nohup unshare --mount --propagation shared dockerd --host "unix://$socket" --group root --pidfile "$pid_file" \
            --data-root "$engine/data" --exec-root "$engine/run" \
            >"$engine/dockerd.log" 2>&1 </dev/null &
    fi
    for _ in $(seq 120); do
        if DOCKER_HOST=unix://$socket "$programs/usr/bin/docker" version >/dev/null 2>&1; then
            [ -e "$usual_socket" ] || ln -sf "$socket" "$usual_socket"
            echo "engine.sh: the engine is up; DOCKER_HOST=unix://$socket"
            return
        fi
        sleep 0.5
    done
    tail -n 20 "$engine/dockerd.log" >&2
    fail "the engine did not answer within a minute; its log is $engine/dockerd.log"
}

down() {
    running || { echo "engine.sh: no engine of target/e2e runs"; return; }
    local pid
    pid=$(cat "$pid_file")
    kill "$pid"
    if [ "$(readlink "$usual_socket")" = "$socket" ]; then
        rm "$usual_socket"
    fi
    for _ in $(seq 120); do
        [ -e "/proc/$pid" ] || { echo "engine.sh: the engine is down"; return; }
        sleep 0.5
    done
    fail "the engine, process $pid, did not stop within a minute"
}

case ${1:-} in
    up) up ;;
    down) down ;;
    host) echo "unix://$socket" ;;
    *) fail "say up, down or host" ;;
esac
