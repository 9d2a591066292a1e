#!/bin/bash
# interrupt.sh UNDIS PROGRAMS: a search that is told to stop says how far it came, whenever it is told.
set -euo pipefail
undis=$1 programs=$2
directory=$(mktemp -d)
trap 'rm -rf "$directory"' EXIT
cd "$directory"

search() { # search OPTION...: in the background
    rm -f out err
    "$undis" explore "$programs/cli-sum.so" --processors 4 --strategy random --seconds 600 "$@" >out 2>err &
    process=$!
}

stop() { # it must end, and say so when it had begun
    local status=0
    kill -TERM "$process"
    wait "$process" || status=$?
    [ "$status" -eq 0 ] && grep -q '^verdict: inconclusive .*it was interrupted' out || { cat out err; echo "status $status"; exit 1; }
}

search --progress
until [ -s err ]; do sleep 0.1; done
stop

# Before it catches signals the signal ends it.
for moment in 0.005 0.01 0.015 0.02 0.025 0.03 0.04 0.05; do
    search
    sleep "$moment"
    kill -TERM "$process"
    status=0
    wait "$process" || status=$?
    [ "$status" -eq 0 ] || [ "$status" -eq 143 ] || { cat out err; echo "after $moment s: status $status"; exit 1; }
done
