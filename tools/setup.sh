#!/bin/bash
# setup.sh [bench]: installs from Debian what the build needs and this machine lacks, with `bench` also what
# `make bench` compares with.  Says nothing when all is there.
set -euo pipefail

packages=(build-essential cmake ninja-build pkg-config clang clang-format libpcap-dev libdw-dev libelf-dev libjansson-dev libcmocka-dev spin parallel gdb)
if [ "${1:-}" = bench ]; then
    packages+=(libck-dev libdpdk-dev liburcu-dev valgrind)
fi

missing=()
for package in "${packages[@]}"; do
    if ! dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed'; then
        missing+=("$package")
    fi
done
if [ ${#missing[@]} -eq 0 ]; then
    exit 0
fi

fail() {
    echo "setup: $1; install by hand: ${missing[*]}" >&2
    exit 1
}
command -v apt-get >/dev/null || fail "this is no Debian (no apt-get)"
as_root=()
if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || fail "not root, and there is no sudo"
    if [ -t 0 ]; then
        as_root=(sudo)
    else
        sudo -n true 2>/dev/null || fail "not root, and sudo wants a password"
        as_root=(sudo -n)
    fi
fi

echo "setup: installing ${missing[*]}"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
apt() {
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -y -q "$@" >"$log" 2>&1 </dev/null
}
apt update || { tail -3 "$log" >&2; fail "apt-get update failed"; }
apt install --no-install-recommends "${missing[@]}" || { tail -3 "$log" >&2; fail "apt-get install failed"; }
