#!/bin/bash
# install.sh CMAKE BUILD CC SOURCE: installs, then uses what was installed: the command, `undis cc`, --free,
# pkg-config and find_package.
set -euo pipefail
cmake=$1 build=$2 cc=$3 source=$4
directory=$(mktemp -d)
trap 'rm -rf "$directory"' EXIT
prefix=$directory/usr
"$cmake" --install "$build" --prefix "$prefix" >/dev/null
cd "$directory"
undis=$prefix/bin/undis
CC=$cc "$undis" cc -o idle.so "$source/drivers/idle.c"
"$undis" run idle.so | grep -q '^verdict: clean'
"$undis" run --free idle.so | grep -q '^verdict: '
CC=$cc "$undis" cc --free -o free.so "$source/drivers/good.c"
"$undis" run --free free.so | grep -q '^verdict: '

libraries=$(dirname "$(find "$prefix" -name undis.pc)")
cat >program.c <<'END'
#include <ntddk.h>
#include <undis/undis.h>
static void body(void *argument)
{
    *(KIRQL *)argument = KeGetCurrentIrql();
}
int main(void)
{
    KIRQL irql = 99;
    return undis_run(NULL, body, &irql) == UNDIS_ENDED && irql == PASSIVE_LEVEL ? 0 : 1;
}
END
export PKG_CONFIG_PATH=$libraries
"$cc" program.c -o program $(pkg-config --define-variable=prefix="$prefix" --cflags --libs undis) \
    -Wl,-rpath,"$(dirname "$libraries")"
./program

mkdir consumer
cp program.c consumer/
cat >consumer/CMakeLists.txt <<'END'
cmake_minimum_required(VERSION 3.25)
project(consumer C)
find_package(undis REQUIRED)
add_executable(program program.c)
target_link_libraries(program undis::undis)
END
"$cmake" -G Ninja -S consumer -B consumer/build -DCMAKE_PREFIX_PATH="$prefix" -DCMAKE_C_COMPILER="$cc" >/dev/null
"$cmake" --build consumer/build >/dev/null
consumer/build/program
