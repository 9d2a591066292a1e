#!/bin/bash
# jobs.sh UNDIS PROGRAMS: several processes search what one does, and find what one finds.
set -euo pipefail
undis=$1 programs=$2
directory=$(mktemp -d)
trap 'rm -rf "$directory"' EXIT
cd "$directory"
export TMPDIR=$directory/temporary
mkdir temporary
fail() { echo "jobs.sh: $1"; exit 1; }

"$undis" explore "$programs/cli-sum.so" --processors 4 --jobs 3 --seconds 600 >out
grep -q '^executions: 90,090, complete' out || { cat out; fail "not the same search"; }
status=0
"$undis" explore "$programs/cli-lost_update.so" --jobs 2 --save-schedule . >out || status=$?
[ "$status" -eq 1 ] && grep -q '^finding: AssertionFailed' out || { cat out; fail "the defect was not found"; }
[ -s cli-lost_update.AssertionFailed.schedule ] || fail "no schedule"
[ -z "$(ls temporary)" ] || fail "something was left behind"
