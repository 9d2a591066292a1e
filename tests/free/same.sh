#!/bin/bash
# same.sh OBJDUMP LIBRARY same|different OBJECT... -- OBJECT...: two sets of objects of the same sources.  "same": their code is equal, and what LIBRARY is made of knows no verifier.
# "different": each lock function that is named below differs.
set -euo pipefail
objdump=$1 library=$2 wanted=$3
shift 3
functions="NdisAcquireSpinLock NdisReleaseSpinLock NdisDprAcquireSpinLock NdisDprReleaseSpinLock
    KeAcquireSpinLockRaiseToDpc KeReleaseSpinLock KeAcquireSpinLockAtDpcLevel KeReleaseSpinLockFromDpcLevel
    KeAcquireInStackQueuedSpinLock KeReleaseInStackQueuedSpinLock KfRaiseIrql KeLowerIrql KeInsertQueueDpc
    NdisAcquireRWLockRead NdisAcquireRWLockWrite NdisReleaseRWLock
    NdisAcquireReadWriteLock NdisReleaseReadWriteLock NdisInterlockedInsertTailList NdisInterlockedRemoveHeadList"
# Which of them the mutant changes: those that have events.
hooked="NdisDprAcquireSpinLock KeAcquireSpinLockAtDpcLevel KeAcquireInStackQueuedSpinLock NdisAcquireReadWriteLock"

fail() {
    echo "failed: $*"
    exit 1
}
directory=$(mktemp -d)
trap 'rm -rf "$directory"' EXIT
ones=()
while [ $# -gt 0 ] && [ "$1" != -- ]; do
    ones+=("$1")
    shift
done
shift
[ ${#ones[@]} -eq $# ] || fail "${#ones[@]} objects and $#"

# The object in the second set that is of the same source: its directory and name.
twin() { # OBJECT OF...
    local object tail=/${1#*/src/}
    shift
    for object; do
        case $object in *"$tail") echo "$object" && return ;; esac
    done
    fail "there is no other $tail"
}

# The code of an object, with what it refers to: DIRECTORY.all, and one file a function.
split() { # OBJECT DIRECTORY
    mkdir -p "$2"
    "$objdump" -dr --no-show-raw-insn "$1" | tail -n +4 >"$2.all"
    awk -v to="$2" '
        /^[0-9a-f]+ <.*>:$/ { name = $2; gsub(/[<>:]/, "", name); file = to "/" name; print name >file; next }
        /^$/ { name = ""; close(file) }
        name != "" { print >file }' "$2.all"
}
for one in "${ones[@]}"; do
    other=$(twin "$one" "$@")
    split "$one" "$directory/one"
    split "$other" "$directory/other"
    if [ "$wanted" = same ] && ! cmp -s "$directory/one.all" "$directory/other.all"; then
        diff "$directory/one.all" "$directory/other.all" | head -20
        fail "${one##*/}: the code is not that of a build without the verifier"
    fi
done
for function in $functions; do
    [ -s "$directory/one/$function" ] || fail "$function is in none of the objects"
done
if [ "$wanted" = different ]; then
    for function in $hooked; do
        cmp -s "$directory/one/$function" "$directory/other/$function" && fail "the mutant's $function is not seen"
    done
    exit 0
fi
# Lock functions refer to functions, constants and the processors; a variable of their own would be a count of something.
for function in $functions; do
    if grep -E 'R_[A-Z0-9_]+.*(\.bss|\.data([^.]|\.[^r])|event_|verif|ddi_|observ|report|finding)' "$directory/one/$function"; then
        fail "$function refers to what is not its business"
    fi
done
"${objdump%objdump}nm" "$library" | grep -E ' (event_(report|listen|wanted)|ddi_(out_of_range|judges)|ke_stepping|verifier_.*)$' &&
    fail "the verifier is in $library"
exit 0
