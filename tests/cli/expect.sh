#!/bin/bash
# expect.sh STATUS STREAM REGEX COMMAND...: runs the command and checks its exit status and that a line of
# STREAM (out or err) matches.  With status 2, stderr must be one line that begins with "undis: ".
set -uo pipefail
status=$1 stream=$2 regex=$3
shift 3
directory=$(mktemp -d)
trap 'rm -rf "$directory"' EXIT
cd "$directory" || exit 99
: >empty.so
mkdir directory.so
printf 'no driver at all\n' >text.so
"$@" >out 2>err </dev/null
got=$?
bad=0
[ "$got" -eq "$status" ] || { echo "exit status $got, wanted $status"; bad=1; }
grep -Eq -- "$regex" "$stream" || { echo "no line of std$stream matches: $regex"; bad=1; }
if [ "$status" -eq 2 ]; then
    [ "$(wc -l <err)" -eq 1 ] && grep -q '^undis: ' err || { echo "stderr is not one line 'undis: ...'"; bad=1; }
fi
if [ "$bad" -ne 0 ]; then
    echo "command: $*"
    echo "--- stdout"; head -60 out
    echo "--- stderr"; head -20 err
fi
exit "$bad"
