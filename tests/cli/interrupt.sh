#!/bin/bash
# interrupt.sh UNDIS PROGRAMS: a search that is told to stop says how far it came.
set -euo pipefail
undis=$1 programs=$2
directory=$(mktemp -d)
trap 'rm -rf "$directory"' EXIT
cd "$directory"
"$undis" explore "$programs/cli-sum.so" --processors 4 --strategy random --seconds 600 --progress >out 2>err &
process=$!
until [ -s err ]; do sleep 0.1; done
kill -TERM "$process"
status=0
wait "$process" || status=$?
[ "$status" -eq 0 ] && grep -q '^verdict: inconclusive .*it was interrupted' out || { cat out err; echo "status $status"; exit 1; }
