#!/bin/bash
# All that CI checks.  The gcc build runs every test; the other builds leave out what cannot find anything new in
# them.  Tests that fail, if they are few, are run once more with nothing beside them: one that passes then does not
# fail the whole, but is named in the last lines, to be mended.  The last lines also show what a failure printed.
set -uo pipefail
cd "$(dirname "$0")/.."
jobs=${JOBS:-$(nproc)}
failed=()
printed=$(mktemp -d)
trap 'rm -rf "$printed"' EXIT
touch "$printed/unsteady"

step() { # step NAME COMMAND...
    local name=$1 start=$SECONDS
    shift
    echo "== $name"
    if "$@" 2>&1 | tee "$printed/$name"; then
        echo "== $name: passed in $((SECONDS - start)) s"
    else
        echo "== $name: FAILED after $((SECONDS - start)) s"
        failed+=("$name")
    fi
}

again() { # again PRESET DIRECTORY: once more, one by one, the tests that failed, unless they are many
    local list=$2/Testing/Temporary/LastTestsFailed.log names
    [ -s "$list" ] && [ "$(wc -l <"$list")" -le 5 ] || return 1
    names=$(cut -d: -f2 "$list")
    echo "== $1: once more, alone:" $names
    ctest --preset "$1" --rerun-failed --timeout 150 || return 1
    echo "$1:" $names >>"$printed/unsteady"
}

# More tests at once than cores: many of them wait.
suite() { # suite PRESET DIRECTORY [ctest options]
    local preset=$1 directory=$2
    shift 2
    tools/build.sh "$preset" || return 1
    rm -f "$directory/Testing/Temporary/LastTestsFailed.log"
    ctest --preset "$preset" -j "$((jobs * 3))" --timeout 150 --no-tests=error "$@" || again "$preset" "$directory"
}

start=$SECONDS
step format make -s check-format
step gcc suite checked build
step clang suite clang build-clang -L "compiler|conformance|ke|torture"
step sanitizers suite asan build-asan -LE "layout|cc|large|zoo|yardsticks" # AddressSanitizer and UBSan
step coverage cmake --build build --target coverage
echo
for name in "${failed[@]}"; do
    echo "== the end of what $name printed"
    tail -n 20 "$printed/$name" | cut -c1-200
done
sed 's/^/unsteady, passed only when run once more: /' "$printed/unsteady"
if [ ${#failed[@]} -gt 0 ]; then
    echo "make test: FAILED (${failed[*]}) after $((SECONDS - start)) s"
    exit 1
fi
echo "make test: 100% passed (format, gcc, clang, sanitizers) in $((SECONDS - start)) s"
