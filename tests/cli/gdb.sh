#!/bin/bash
# gdb.sh UNDIS PROGRAMS: `replay --gdb` stops at the finding, the program's own frame on the stack.
set -euo pipefail
undis=$1 programs=$2
command -v gdb >/dev/null || { echo "gdb is not installed"; exit 77; }
directory=$(mktemp -d)
trap 'rm -rf "$directory"' EXIT
export HOME=$directory
cd "$directory"
"$undis" explore "$programs/cli-lost_update.so" --save-schedule . >/dev/null || true
printf 'set pagination off\nbacktrace\nkill\nquit\n' | "$undis" replay --gdb cli-lost_update.AssertionFailed.schedule >out 2>&1
tr -d '\n' <out >line
grep -Eq 'Breakpoint 1, .*finding_commit' line && grep -Eq '#[0-9]+ +[x0-9a-f]+ in check \([^#]*lost_update.c:1[0-9]' line ||
    { cat out; exit 1; }
