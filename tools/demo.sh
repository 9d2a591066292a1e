#!/bin/bash
# demo.sh UNDIS CAPTURE: what `make run` shows: a good miniport passing captured traffic, then a driver with
# a defect and what undis says about it.
set -euo pipefail
undis=$1 capture=$2
drivers=$(dirname "$undis")/drivers

show() { echo; echo "\$ undis $*"; "$undis" "$@"; }

show run "$drivers/unic.so" --processors 4 --pcap "$capture" --frames "${FRAMES:-100000}"

echo
echo "And a driver that releases two spin locks in the wrong order (exit status 1 is what we want to see):"
status=0
show run "$drivers/wrong-order.so" || status=$?
if [ "$status" -ne 1 ]; then
    echo "make run: wrong-order.so should exit with 1, and exited with $status" >&2
    exit 1
fi

echo
echo "And one that loses a count in one order of events only, which exploring finds:"
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
source=$(cd "$(dirname "$0")/.." && pwd)/drivers/lost-update/driver.c
undis=$(realpath "$undis")
cd "$place"
show cc --instrument -o lost-update.so "$source" -- -DDBG=1
status=0
show explore lost-update.so || status=$?
if [ "$status" -ne 1 ]; then
    echo "make run: explore lost-update.so should exit with 1, and exited with $status" >&2
    exit 1
fi
