#!/bin/bash
# build.sh PRESET [TARGET...]: configures (when needed) and builds one preset of CMakePresets.json.
set -euo pipefail
cd "$(dirname "$0")/.."
preset=$1
shift
directory=build
[ "$preset" = checked ] || directory=build-$preset
options=()
if [ "$preset" = asan ]; then # the drivers that have no sanitizer in them are those of the plain build
    tools/build.sh checked
    options=(-DUNDIS_PLAIN_DRIVERS="$PWD/build")
fi
if [ ! -f "$directory/build.ninja" ]; then
    cmake --preset "$preset" "${options[@]}" >"/dev/null"
fi
cmake --build "$directory" -j "${JOBS:-$(nproc)}" -- --quiet "$@"
