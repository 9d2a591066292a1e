#!/bin/bash
# All that CI checks.  The gcc build runs every test; the other builds leave out what cannot find anything new in
# them.  Ends with one line that says it all.
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

# More tests at once than cores: many of them wait.
suite() { # suite PRESET [ctest options]
    local preset=$1
    shift
    tools/build.sh "$preset" && ctest --preset "$preset" -j "$((jobs * 3))" --timeout 300 --no-tests=error "$@"
}

start=$SECONDS
step format make -s check-format
step gcc suite checked
step clang suite clang -L "compiler|conformance|ke|torture"
step sanitizers suite asan -LE "layout|cc|large" # AddressSanitizer and UBSan in one build
step coverage cmake --build build --target coverage
echo
if [ ${#failed[@]} -gt 0 ]; then
    echo "make test: FAILED (${failed[*]}) after $((SECONDS - start)) s"
    exit 1
fi
echo "make test: 100% passed (format, gcc, clang, sanitizers) in $((SECONDS - start)) s"
