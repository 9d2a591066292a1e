#!/bin/bash
# All that CI checks.  The gcc build runs every test; the other builds run those in which they can find
# what gcc's cannot: see the labels below.  Ends with one ctest-like line.
set -uo pipefail
cd "$(dirname "$0")/.."
jobs=${JOBS:-$(nproc)}
failed=()

step() { # step NAME COMMAND...
    local name=$1 start=$SECONDS
    shift
    echo "== $name"
    if "$@"; then
        echo "== $name: passed in $((SECONDS - start)) s"
    else
        echo "== $name: FAILED"
        failed+=("$name")
    fi
}

suite() { # suite PRESET [ctest options]
    local preset=$1
    shift
    tools/build.sh "$preset" && ctest --preset "$preset" -j "$jobs" --timeout 120 "$@"
}

start=$SECONDS
step format make -s check-format
step gcc suite checked
step clang suite clang -L "compiler|conformance|ke|torture"
step asan suite asan -LE "fuzz|slow|compiler"
step ubsan suite ubsan -LE "fuzz|slow|compiler"
step coverage cmake --build build --target coverage
echo
if [ ${#failed[@]} -gt 0 ]; then
    echo "make test: FAILED (${failed[*]}) after $((SECONDS - start)) s"
    exit 1
fi
echo "make test: 100% passed (format, gcc, clang, asan, ubsan) in $((SECONDS - start)) s"
