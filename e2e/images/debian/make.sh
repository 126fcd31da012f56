#!/usr/bin/env bash
# The base of all stand-ins: Debian's smallest root, imported as stackgen-e2e/debian.
set -euo pipefail

work=$1
programs=$2
mirror=http://deb.debian.org/debian

fail() {
    echo "make.sh: $*" >&2
    exit 1
}

[ "$(id -u)" = 0 ] || fail "the base image is made as root: run this as root"
if [ -x "$programs/usr/sbin/debootstrap" ]; then
    export DEBOOTSTRAP_DIR=$programs/usr/share/debootstrap PATH=$programs/usr/sbin:$PATH
fi
command -v debootstrap >/dev/null || fail "debootstrap is missing: apt-get install debootstrap"
command -v wget >/dev/null || fail "wget, which debootstrap needs, is missing: apt-get install wget"

rm -rf "$work"
mkdir -p "$work"
debootstrap --variant=minbase --include=busybox bookworm "$work/root" "$mirror" >"$work/debootstrap.log" 2>&1 ||
    fail "debootstrap failed; its log is $work/debootstrap.log"
rm -rf "$work"/root/var/cache/apt/archives/*.deb
# Installing is quicker when nothing is synced and no page of a manual is kept, and it asks nothing.
echo force-unsafe-io >"$work/root/etc/dpkg/dpkg.cfg.d/e2e"
printf 'path-exclude=/usr/share/%s/*\n' doc man locale info >>"$work/root/etc/dpkg/dpkg.cfg.d/e2e"
printf 'APT::Install-Recommends "false";\nAPT::Get::Assume-Yes "true";\n' >"$work/root/etc/apt/apt.conf.d/e2e"
install -m 755 "$(dirname "$0")/e2e-start" "$work/root/usr/local/bin/"
tar --directory "$work/root" --create . | docker import --change 'ENV DEBIAN_FRONTEND=noninteractive' - stackgen-e2e/debian >/dev/null
rm -rf "$work"
