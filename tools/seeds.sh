#!/bin/bash
# seeds.sh [-j JOBS] UNDIS SEEDS FROM DRIVER.so ...: runs each driver with that many seeds, from FROM on, as it is and with
# each of its calls failing (docs/faults.md), JOBS of them at a time.  Fails at the first finding.
#
# A driver spends most of its life waiting, so JOBS may well be more than there are cores.
set -uo pipefail

# One driver with one seed; prints how many runs that were.
if [ "${1:-}" = --one ]; then
    undis=$2 seed=$3 driver=$4
    check() {
        log=$("$undis" run "$driver" --seed "$seed" "$@" 2>&1) && [[ $log == *"verdict: clean 0 errors, 0 warnings"* ]] && return
        printf 'seeds: undis run %s --seed %s %s\n%s\n' "$driver" "$seed" "$*" "$log" >&2
        exit 255 # xargs stops
    }
    check --frames 200
    check --faults --jobs 1
    [[ $log =~ ,\ ([0-9]+)\ tried ]]
    echo "$((2 + ${BASH_REMATCH[1]:-0}))"
    exit
fi

jobs=$(nproc)
if [ "${1:-}" = -j ]; then
    jobs=$2
    shift 2
fi
undis=$1 seeds=$2 from=$3
shift 3
[ $# -gt 0 ] || { echo "seeds: which drivers?" >&2; exit 2; }

pairs() {
    for ((seed = from; seed < from + seeds; seed++)); do
        for driver in "$@"; do
            printf '%s\0' "$seed" "$driver"
        done
    done
}

progress() {
    local done=0 runs=0
    while read -r tried; do
        runs=$((runs + tried)) done=$((done + 1))
        [ ! -t 2 ] || ((done % 16)) || printf '\rseeds: %d of %d, %d runs\033[K' "$((done / $#))" "$seeds" "$runs" >&2
    done
    [ ! -t 2 ] || echo >&2
    echo "$runs"
}

runs=$(pairs "$@" | xargs -0 -n 2 -P "$jobs" bash "$0" --one "$undis" 2> >(grep -v '^xargs:' >&2) | progress "$@") || exit 1
echo "seeds: clean after $runs runs of $# drivers with $seeds seeds"
