#!/bin/bash
# seeds.sh UNDIS SEEDS FROM DRIVER.so ...: runs each driver with that many seeds, from FROM on, as it is and with each of
# its calls failing (docs/faults.md).  Fails at the first finding.
set -uo pipefail
undis=$1 seeds=$2 from=$3
shift 3
[ $# -gt 0 ] || { echo "seeds: which drivers?" >&2; exit 2; }
log=$(mktemp)
trap 'rm -f "$log"' EXIT

check() {
    if ! "$undis" run "$@" --output "$log" 2>>"$log" || ! grep -q '^verdict: clean' "$log"; then
        echo "seeds: undis run $*" >&2
        cat "$log" >&2
        exit 1
    fi
}

runs=0
for ((seed = from; seed < from + seeds; seed++)); do
    for driver in "$@"; do
        check "$driver" --seed "$seed" --frames 200
        check "$driver" --seed "$seed" --faults
        tried=$(sed -n 's/^faults: .*, \([0-9]*\) tried.*/\1/p' "$log")
        runs=$((runs + 2 + ${tried:-0}))
    done
    [ ! -t 1 ] || printf '\rseeds: %d of %d, %d runs\033[K' "$((seed - from + 1))" "$seeds" "$runs"
done
[ ! -t 1 ] || echo
echo "seeds: clean after $runs runs of $# drivers with $seeds seeds"
