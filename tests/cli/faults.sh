#!/bin/bash
# faults.sh UNDIS DRIVERS UNIC SOURCE: what `undis run --faults` says of drivers that bear failures and of those
# that do not, that its lines do the same again, and that every function that can fail has been made to.
set -uo pipefail
undis=$1 drivers=$2 unic=$3 source=$4
directory=$(mktemp -d)
trap 'rm -rf "$directory"' EXIT
cd "$directory" || exit 99
bad=0

wrong() {
    echo "$1"
    cat out err
    bad=1
}

# expect STATUS RULES ARGUMENT...: exit status, and the rules of all findings, in order, joined by blanks.
expect() {
    local status=$1 rules=$2
    shift 2
    "$undis" run "$@" >out 2>err
    local got=$?
    [ "$got" -eq "$status" ] || wrong "exit status $got, wanted $status: $*"
    local found
    found=$(sed -n 's/^finding: \([A-Za-z]*\) .*/\1/p' out | paste -sd ' ')
    [ "$found" = "$rules" ] || wrong "found '$found', wanted '$rules': $*"
}

# ---- every defect, silent without the fault, found with it, and found again by the line that is given
while read -r name rule options; do
    driver=$drivers/cli-fault_$name.so
    expect 0 "" "$driver"
    # shellcheck disable=SC2086
    expect 1 "$rule" --faults $options "$driver"
    grep -q '^when this fails: [A-Za-z0-9]*@[0-9a-f]\{8\}$' out || wrong "$name: no fault is named"
    again=$(sed -n 's/^    again with: undis //p' out)
    [ -n "$again" ] || wrong "$name: no line does it again"
    "$undis" $again >out 2>err
    [ $? -eq 1 ] || wrong "$name: not found again"
    grep -q "^finding: $rule " out || wrong "$name: another finding again"
done <<'TABLE'
leak PoolLeak
lock SpinLockHeldAtReturn
unmade SpinLockNotAllocated
null MemoryFault
loop PoolLeak --nth=2
TABLE

# ---- the first of a loop leaves nothing; a call that is not made does not fail
expect 0 "" --faults "$drivers/cli-fault_loop.so"
expect 0 "" --fault ExAllocatePool2@00000000 "$drivers/cli-fault_loop.so"
grep -q '^verdict: inconclusive .*did not come to the call' out || wrong "a fault that never came is not told"

# ---- the order does not depend on which run ends first, and a bound is one
expect 0 "" --faults "$drivers/cli-fault_every.so" --jobs 1
grep '^fault' out >one
expect 0 "" --faults "$drivers/cli-fault_every.so" --jobs 4
grep '^fault' out | cmp -s one - || wrong "another order with more jobs"
expect 0 "" --faults=3 "$drivers/cli-fault_every.so"
[ "$(grep -c '^fault: ' out)" -eq 3 ] || wrong "not three runs"
"$undis" run --faults "$drivers/cli-fault_leak.so" --format json >out 2>err
[ $? -eq 1 ] || wrong "JSON: exit status"
grep -q '"verdict": "findings"' out && grep -q '"without_fault": false' out && grep -q '"happened": true' out ||
    wrong "JSON: members are missing"

# ---- a miniport that bears all of it
for options in "" "--seed 2 --nth=3" "--interrupts msix --seed 3" "--scenario crash"; do
    # shellcheck disable=SC2086
    expect 0 "" --faults "$unic" $options
    grep '^fault: ' out | sed 's/^fault: \(.*\)@.*/\1/' >>names
done

# ---- one without hardware, for what that cannot come to
expect 0 "" --faults "$drivers/cli-fault_adapter.so"
grep '^fault: ' out | sed 's/^fault: \(.*\)@.*/\1/' >>names

# ---- every function that can be made to fail was
sed 's/^fault: \(.*\)@.*/\1/; /^faults/d' one >>names
for name in $(grep -rhoE 'ddi_fails\([A-Z][A-Za-z0-9]+\)' "$source/src" | sed 's/ddi_fails(\(.*\))/\1/' | sort -u); do
    grep -qx "$name" names || { echo "$name never failed"; bad=1; }
done
exit "$bad"
