#!/bin/bash
# units.sh UNDIS PROGRAMS: a search in units, run by GNU parallel, one of them killed half way and run again, adds up to
# the search in one process; what is missing or damaged is named.
set -euo pipefail
undis=$1 programs=$2
command -v parallel >/dev/null || { echo "GNU parallel is not installed (tools/setup.sh installs it)"; exit 77; }
directory=$(mktemp -d)
trap 'rm -rf "$directory"' EXIT
export HOME=$directory
cd "$directory"
fail() { echo "units.sh: $1"; exit 1; }
value() { grep -Eo "\"$1\": [0-9a-z]+" "$2" | head -1 | sed 's/.*: //'; }

"$undis" explore "$programs/cli-sum.so" --processors 4 --strategy dpor --format json >whole.json
[ "$(value executions whole.json)" = 90090 ] || fail "one process: $(value executions whole.json) executions"

"$undis" explore --split 6 work "$programs/cli-sum.so" --processors 4 >made
units=$(ls work | grep -c '^unit-[0-9]*$')
[ "$units" -ge 6 ] || fail "only $units units"
"$undis" merge work >none
grep -q '^verdict: inconclusive.*no unit has a result' none || { cat none; fail "nothing was run, and yet"; }

# Runs a unit; the largest one is killed the first time, once it has used some processor time.
cat >run-unit <<'SCRIPT'
#!/bin/bash
unit=$2
if [ "$unit" = work/unit-0002 ] && [ ! -e killed ]; then
    until [ -e killed ]; do # a busy host may let it come to its end first: once more
        rm -f "$unit.result"
        "$1" explore --unit "$unit" >/dev/null &
        while read -r -a stat <"/proc/$!/stat" 2>/dev/null && [ "${stat[13]}" -lt 4 ] && [ "${stat[2]}" != Z ]; do sleep 0.01; done
        kill -KILL $! && [ ! -e "$unit.result" ] && touch killed
        wait $! 2>/dev/null
    done
    exit 1
fi
exec "$1" explore --unit "$unit" >/dev/null
SCRIPT
chmod +x run-unit
parallel --will-cite --jobs 2 --retries 3 ./run-unit "$undis" {} ::: work/unit-???? 2>errors || { cat errors; fail "parallel failed"; }
[ -e killed ] || fail "no unit was killed half way"
"$undis" merge work --format json --require-complete >merged.json || { cat merged.json; fail "not complete"; }
[ "$(value executions merged.json)" = 90090 ] || fail "units: $(value executions merged.json) executions"
[ "$(value complete merged.json)" = true ] || fail "not complete"
[ "$(value units_missing merged.json)" = 0 ] || fail "units are missing"

# A unit that is run twice counts once.
cp work/unit-0001.result before
"$undis" explore --unit work/unit-0001 >/dev/null
"$undis" merge work | grep -q '^executions: 90,090, complete' || fail "a unit that was run twice counts twice"

# What is missing, damaged or another unit's.
mv work/unit-0003.result away
head -c 300 work/unit-0002.result >cut && mv cut work/unit-0002.result
cp work/unit-0001.result work/unit-0004.result
"$undis" merge work >partly
grep -q '^note: without a result: unit-0003$' partly || { cat partly; fail "a missing unit is not named"; }
grep -q '^note: with a result that is damaged or not of this unit: unit-0002, unit-0004$' partly ||
    { cat partly; fail "damaged results are not named"; }
grep -q '^verdict: inconclusive.*3 of [0-9]* units have no result' partly || fail "the verdict does not say so"
! "$undis" merge work --require-complete >/dev/null || fail "--require-complete is content"

refused() { # REGEX ARGUMENTS...
    local regex=$1 status=0
    shift
    "$undis" "$@" >out 2>err </dev/null || status=$?
    [ "$status" -eq 2 ] && [ "$(wc -l <err)" -eq 1 ] && grep -Eq -- "^undis: $regex" err ||
        { cat err; fail "status $status, wanted 2 and one line '$regex': $*"; }
}
refused "merge: nowhere/split: No such file" merge nowhere
refused "merge: which directory" merge
refused "explore: .*unit-0001.result: is not an undis unit" explore --unit work/unit-0001.result
refused "explore: .*unit-0001: it is not for this .*cli-choice.so: build id" explore --unit work/unit-0001 "$programs/cli-choice.so"
head -c 100 work/unit-0001 >cut
refused "explore: cut: is truncated" explore --unit cut
sed 's/^prefix .*/prefix 1:0/' work/unit-0001 >edited
refused "explore: edited: was changed" explore --unit edited
sed 's/^unit 1 0x./unit 1 0x/' work/split >edited && mv edited work/split
refused "merge: work/split: was changed" merge work
