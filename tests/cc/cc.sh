#!/bin/bash
# cc.sh UNDIS COMPILER CASE [RECORD]: builds drivers with `undis cc` and COMPILER, and runs them.
set -uo pipefail
undis=$1 compiler=$2 case=$3 record=${4-}
here=$(cd "$(dirname "$0")" && pwd)
directory=$(mktemp -d)
trap 'rm -rf "$directory"' EXIT
cd "$directory" || exit 99
mkdir tmp
export TMPDIR=$directory/tmp CC=$compiler
case $compiler in
*clang*) export CXX=clang++ ;;
*) export CXX=g++ ;;
esac

fail() {
    echo "failed: $*"
    head -40 out err 2>/dev/null
    exit 1
}
# build ARGUMENT...: must succeed without a word and leave nothing behind
build() {
    "$undis" cc "$@" >out 2>err || fail "cc $*"
    [ ! -s err ] || fail "cc $* said something"
    [ -z "$(ls -A tmp)" ] || fail "cc $* left $(ls tmp) in the temporary directory"
}
# runs DRIVER: must end clean
runs() {
    "$undis" run "$1" --processors 4 >out 2>err || fail "run $1"
    grep -q '^verdict: clean' out || fail "run $1 is not clean"
}
# refused STATUS REGEX ARGUMENT...: one line on stderr that matches
refused() {
    local regex=$1
    shift
    "$undis" cc "$@" >out 2>err
    [ $? -eq 2 ] || fail "cc $* did not exit with 2"
    [ "$(wc -l <err)" -eq 1 ] && grep -Eq "^undis: cc: $regex" err || fail "cc $*: wanted $regex"
}

case $case in
dialect)
    build -o d.so "$here/dialect.c"
    runs d.so
    grep -q '^line 5 00000103 end$' err || fail "the trace line is missing"
    grep -q '^pair abc$' err || fail "the trace pair is missing"
    grep -q never err && fail "DoTraceMessage printed"
    ;;
no-optimisation)
    build -o d.so "$here/dialect.c" -- -O0 -DDBG=1
    runs d.so
    ;;
cplusplus)
    build -o d.so "$here/cplusplus.cpp"
    runs d.so
    build --instrument -o i.so "$here/cplusplus.cpp"
    runs i.so
    ;;
pageable-cplusplus)
    build -o d.so "$here/pageable.cpp"
    runs d.so
    build -o bad.so "$here/pageable.cpp" -- -DTAKES_LOCK
    "$undis" run bad.so >out 2>err && fail "pageable code at DISPATCH_LEVEL was not noticed"
    [ "$(grep -c '^finding: PagedCodeAtDispatch' out)" = 2 ] || fail "not one finding for each of the two functions"
    grep -q '^verdict: findings 2 errors' out || fail "something else was found"
    ;;
dpr)
    build -o keep.so "$here/dpr.c" -- -DEXPECTED=APC_LEVEL
    runs keep.so
    build --dpr-old-irql=keep -o keep.so "$here/dpr.c" -- -DEXPECTED=APC_LEVEL
    runs keep.so
    build --dpr-old-irql store -o store.so "$here/dpr.c" -- -DEXPECTED=DISPATCH_LEVEL
    runs store.so
    ;;
free)
    inlined='(Kf?RaiseIrql|KeRaiseIrqlToDpcLevel|KeLowerIrql|KeGetCurrentIrql|NdisAcquireRWLockRead|NdisReleaseRWLock'
    inlined+='|Ndis(Dpr)?(Acquire|Release)SpinLock|Ke(Acquire|Release)SpinLock(RaiseToDpc|AtDpcLevel|FromDpcLevel)?)'
    cp "$here/free.c" free.cpp
    build -o both.so "$here/free.c"
    nm -D both.so | grep -q undis_free_ && fail "without --free the driver wants the free build"
    runs both.so
    for options in "$here/free.c" "--dpr-old-irql=store free.cpp" "$here/free.c -- -O0"; do
        # shellcheck disable=SC2086
        build --free -o free.so $options
        nm -D free.so | grep -Eq "U $inlined\$" && fail "$options: something is called"
        "$undis" run --free free.so --processors 4 >out 2>err || fail "run --free of $options"
    done
    for verb in run explore; do
        "$undis" $verb free.so >out 2>err
        [ $? -eq 2 ] || fail "the checked build took it: $verb"
        [ "$(cat err)" = "undis: free.so: is built with \`undis cc --free\` and runs on the free build only: \`undis run --free\`" ] ||
            fail "the refusal of $verb"
    done
    sed 's/undis_free_./undis_free_0/g' free.so >other.so
    "$undis" run --free other.so >out 2>err
    [ $? -eq 2 ] || fail "a driver of another layout was taken"
    [ "$(cat err)" = "undis: other.so: is built with the \`undis cc --free\` of another version of undis: build it again" ] ||
        fail "the refusal of another layout"
    printf '#include <ntddk.h>\nNTSTATUS DriverEntry(PDRIVER_OBJECT o, PUNICODE_STRING p) { (void)o; (void)p; return 0; }\n' >none.c
    build --free -o none.so none.c
    "$undis" run none.so >out 2>err
    [ $? -eq 2 ] || fail "the checked build took a driver that calls nothing"
    refused '--free and --instrument exclude' --free --instrument none.c
    ;;
instrument)
    build -o plain.so "$here/atomics.c"
    nm -D plain.so | grep -q __tsan && fail "plain.so is instrumented"
    runs plain.so
    for level in -O0 -O1 -O2; do
        build --instrument -o i.so "$here/atomics.c" -- $level
        nm -D i.so | grep -q 'U __tsan_atomic32_fetch_add' || fail "atomics are not instrumented at $level"
        nm -D i.so | grep -Eq 'U __tsan_(volatile_)?read' || fail "reads are not instrumented at $level"
        ldd i.so | grep -q libtsan && fail "i.so is linked with the compiler's own run-time"
        runs i.so
    done
    ;;
accesses)
    for level in -O0 -O1 -O2 -O3; do
        build --instrument -o a.so "$here/accesses.c" -- $level
        "$record" "$directory/a.so" $(sed 's/:.*//' "$here/accesses.expected") >out 2>err || fail "record at $level"
        diff "$here/accesses.expected" out >err || fail "$compiler $level: $(cat err)"
    done
    build -o a.so "$here/accesses.c"
    "$record" "$directory/a.so" increment copy_structure >out 2>err || fail "record plain"
    [ "$(cat out)" = "increment:
copy_structure:" ] || fail "a plain driver reports accesses"
    ;;
accesses-cplusplus)
    for level in -O0 -O2; do
        build --instrument -o a.so "$here/accesses.cpp" -- $level
        "$record" "$directory/a.so" $(sed 's/:.*//' "$here/accesses.cpp.expected") >out 2>err || fail "record at $level"
        diff "$here/accesses.cpp.expected" out >err || fail "$compiler $level: $(cat err)"
    done
    ;;
torn-copy)
    for level in -O0 -O1 -O2; do
        build --instrument -o a.so "$here/accesses.c" -- $level
        "$record" --torn "$directory/a.so" >out 2>err || fail "$compiler $level: $(cat err)"
    done
    ;;
thread-local)
    printf '#include <ntddk.h>\n%s int mine;\nint *where(void);\nint *where(void) { return &mine; }\n' \
        __thread >t.c
    refused 't.so has a variable per host thread \(mine\), which' --instrument -o t.so t.c "$here/entry.c" \
        "$here/conflict.c" --force-include "conflict.c=$here/rename.h"
    [ ! -e t.so ] || fail "there is a t.so"
    build -o t.so t.c "$here/entry.c" "$here/conflict.c" --force-include "conflict.c=$here/rename.h"
    runs t.so
    for scenario in '' --scenario=plain; do
        "$undis" explore t.so $scenario >out 2>err
        [ $? -eq 2 ] && grep -q '^undis: .*t.so: has variables per host thread, which' err || fail "explore $scenario"
    done
    ;;
explored)
    # CASE and what must come of it: found or clean
    for expected in 1:found 2:found 3:found 4:found 5:clean 6:clean 7:found; do
        for level in -O0 -O2; do
            build --instrument -o e.so "$here/explored.c" -- $level -DCASE=${expected%:*}
            "$undis" explore e.so --rule DataRace=off --save-schedule e.schedule >out 2>err
            status=$?
            grep -q 'complete' out || fail "case $expected at $level is not complete"
            case $expected in
            *:found) [ $status -eq 1 ] && grep -q '^finding: AssertionFailed' out || fail "case $expected at $level" ;;
            *) [ $status -eq 0 ] || fail "case $expected at $level" ;;
            esac
        done
    done
    ;;
lines)
    for flags in -O0 -O2; do
        build -o d.so "$here/defect.c" -- $flags
        "$undis" run d.so >out 2>err
        [ $? -eq 1 ] || fail "the defect was not found"
        grep -Eq '^ +DriverEntry +.*defect.c:15$' out || fail "no line number at $flags"
    done
    ;;
force-include)
    "$undis" cc -o d.so "$here/conflict.c" "$here/entry.c" >out 2>err
    [ $? -eq 2 ] || fail "the conflict was not seen"
    build --force-include "conflict.c=$here/rename.h" -o d.so "$here/conflict.c" "$here/entry.c"
    runs d.so
    ;;
default-output)
    build "$here/entry.c" "$here/conflict.c" --force-include "conflict.c=$here/rename.h"
    [ -f entry.so ] || fail "no entry.so"
    ;;
compiler-error)
    printf '#include <ntddk.h>\nint x = y;\n' >wrong.c
    "$undis" cc -o d.so wrong.c >out 2>err
    [ $? -eq 2 ] || fail "exit status"
    grep -q 'wrong.c:2:' err || fail "the compiler's message is missing"
    grep -q '^undis: cc: .* could not compile wrong.c' err || fail "our message is missing"
    [ ! -e d.so ] || fail "there is a d.so"
    [ -z "$(ls -A tmp)" ] || fail "something is left in the temporary directory"
    ;;
refusals)
    : >a.c
    refused 'which source' -o d.so
    refused 'nothing.c: No such file' nothing.c
    refused 'd.o: not a' "$(touch d.o && echo d.o)"
    refused '-o is given twice' -o a.so -o b.so a.c
    refused '-o would overwrite the source' -o a.c a.c
    refused '--dpr-old-irql is store or keep' --dpr-old-irql=both a.c
    refused "there is no option '--fast'" --fast a.c
    CC=/nowhere/cc refused 'cannot run /nowhere/cc' a.c
    TMPDIR=/nowhere refused 'cannot make a temporary directory' a.c
    ;;
*) fail "there is no case $case" ;;
esac
exit 0
