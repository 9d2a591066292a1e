#!/bin/bash
# registry.sh UNDIS DRIVER: --registry reaches the driver in a run, in a search, in its processes, and in a replay.
set -uo pipefail
undis=$1 driver=$2
directory=$(mktemp -d)
trap 'rm -rf "$directory"' EXIT
cd "$directory" || exit 99
bad=0

# expect STATUS ARGUMENT...
expect() {
    local status=$1
    shift
    "$undis" "$@" >out 2>err
    local got=$?
    [ "$got" -eq "$status" ] && return
    echo "exit status $got, wanted $status: $*"
    cat out err
    bad=1
}

expect 0 run "$driver" --frames 10
grep -q '^speed 0$' err || { echo "a value from nowhere"; bad=1; }
expect 0 run "$driver" --frames 10 --registry '*Speed=4242' --registry 'Label=a=b c'
grep -q '^speed 4242$' err && grep -q "^label 'a=b c'$" err || { echo "not the values that were given"; cat err; bad=1; }
expect 1 run "$driver" --frames 10 --registry Unlucky=13
grep -q '^    again with: undis run .*--registry Unlucky=13' out || { echo "no line does it again"; cat out; bad=1; }
for options in "" "--jobs 2"; do
    # shellcheck disable=SC2086
    expect 1 explore "$driver" --scenario send-pause --registry Unlucky=13 --save-schedule schedule $options
    grep -q '^registry Unlucky=13$' schedule || { echo "not in the schedule"; cat schedule; bad=1; }
    expect 1 replay schedule
    rm -f schedule
done
expect 0 explore "$driver" --scenario send-pause --registry Unlucky=12 --executions 20
exit "$bad"
