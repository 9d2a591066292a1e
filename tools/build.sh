#!/bin/bash
# build.sh PRESET [TARGET...]: configures (when needed) and builds one preset of CMakePresets.json.
set -euo pipefail
cd "$(dirname "$0")/.."
preset=$1
shift
directory=build
[ "$preset" = checked ] || directory=build-$preset
if [ ! -f "$directory/build.ninja" ]; then
    cmake --preset "$preset" >"/dev/null"
fi
cmake --build "$directory" -j "${JOBS:-$(nproc)}" -- --quiet "$@"
