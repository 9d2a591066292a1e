#!/bin/bash
# soak.sh UNDIS CAPTURE SECONDS: lives of the miniport on 8 processors, each with another seed, and lock torture
# in turns, until the time is over.  Fails at the first finding, lost frame, leak, hang or crash.
set -euo pipefail
undis=$1 capture=$2 seconds=$3
drivers=$(dirname "$undis")/drivers
torture=$(dirname "$undis")/tests/bin/test-torture-torture
log=$(mktemp)
trap 'rm -f "$log"' EXIT

fail() {
    echo "soak: $1" >&2
    cat "$log" >&2
    exit 1
}

SECONDS=0 rounds=0 frames=0
while [ "$SECONDS" -lt "$seconds" ]; do
    seed=$((rounds + 1))
    "$undis" run "$drivers/unic.so" --processors 8 --seed "$seed" --pcap "$capture" --frames 20000 --timeout 120 \
        --format json --output "$log" || fail "seed $seed failed"
    grep -Eq '"dropped": *0' "$log" || fail "seed $seed lost frames"
    frames=$((frames + 20000))
    "$torture" all --processors 8 --seconds 10 >"$log" 2>&1 || fail "lock torture failed in round $rounds"
    rounds=$((rounds + 1))
    if [ -t 1 ]; then
        printf '\rsoak: %d of %d s, %d rounds, %d frames each way\033[K' "$SECONDS" "$seconds" "$rounds" "$frames"
    fi
done
[ ! -t 1 ] || echo
echo "soak: clean after $SECONDS s: $rounds rounds, $frames frames each way, none lost"
