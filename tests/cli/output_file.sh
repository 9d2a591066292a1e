#!/bin/bash
# output_file.sh UNDIS DRIVERS JSON_CHECK: --output replaces the file, leaves stdout empty; JSON parses; the replay
# command of a finding gives that finding again.
set -euo pipefail
undis=$1 drivers=$2 check=$3
directory=$(mktemp -d)
trap 'rm -rf "$directory"' EXIT
cd "$directory"
fail() { echo "$1"; exit 1; }

echo "an older report" >report.txt
"$undis" run "$drivers/cli-idle.so" --output report.txt >out
[ ! -s out ] || fail "something on stdout in spite of --output"
grep -q '^verdict: clean' report.txt || fail "no verdict in the file"
! grep -q older report.txt || fail "the older report is still there"

status=0
"$undis" run "$drivers/cli-release_order.so" --format json --output report.json || status=$?
[ "$status" -eq 1 ] || fail "exit status $status, wanted 1"
"$check" report.json >again.sh || fail "the JSON report is not what docs/findings.md says"
echo "gone" >report.json
PATH=$(dirname "$undis"):$PATH bash again.sh || true
grep -q SpinLockReleaseOrder report.json || fail "the replay command did not show the finding again"

# A failing run must not destroy an earlier report.
echo "an older report" >report.txt
"$undis" run no-such.so --output report.txt 2>err && fail "no such driver, and yet success"
grep -q older report.txt || fail "the older report was lost"
# Nor leave an empty file behind.
"$undis" run no-such.so --output new.txt 2>err && fail "no such driver, and yet success"
[ ! -e new.txt ] || fail "an empty report was left behind"
