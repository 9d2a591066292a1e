#!/bin/bash
# make_bad.sh GOOD.so DIRECTORY COMPILER: writes files that are no drivers, each in its own way.
set -euo pipefail
good=$1 to=$2 cc=$3
mkdir -p "$to"
patch_byte() { # FILE OFFSET BYTES
    printf "$3" | dd of="$1" bs=1 seek="$2" conv=notrunc status=none
}
size=$(stat -Lc %s "$good")

head -c 40 "$good" >"$to/header-cut.so"
head -c $((size / 2)) "$good" >"$to/truncated.so"
head -c $((size - 1)) "$good" >"$to/one-byte-short.so"
cp "$good" "$to/class32.so"
patch_byte "$to/class32.so" 4 '\001'
cp "$good" "$to/machine.so"
patch_byte "$to/machine.so" 18 '\050\000'
cp "$good" "$to/endian.so"
patch_byte "$to/endian.so" 5 '\002'
cp "$good" "$to/core.so"
patch_byte "$to/core.so" 16 '\004\000'

echo 'int main(void) { return 0; }' >"$to/program.c"
"$cc" -o "$to/program.so" "$to/program.c" -pie -fPIE
"$cc" -o "$to/static-program.so" "$to/program.c" -no-pie
"$cc" -c -o "$to/object.so" "$to/program.c"
echo 'int DriverEntry = 1;' >"$to/data.c"
"$cc" -shared -fPIC -o "$to/data-entry.so" "$to/data.c"
echo 'int DriverEntry(void) { return 0; } __attribute__((constructor)) static void f(void) { *(volatile int *)0 = 0; }' >"$to/ctor.c"
"$cc" -shared -fPIC -o "$to/crashing-constructor.so" "$to/ctor.c"

# Captures: magic, version 2.4, zone, accuracy, snap length, link type.
header='\324\303\262\241\002\000\004\000\000\000\000\000\000\000\000\000\000\000\004\000'
: >"$to/empty.pcap"
echo 'this is text' >"$to/text.pcap"
printf "$header" >"$to/header-cut.pcap"
printf "$header"'\001\000\000\000' >"$to/no-frames.pcap"
printf "$header"'\145\000\000\000' >"$to/not-ethernet.pcap"
printf "$header"'\001\000\000\000''\001\000\000\000\000\000\000\000\100\000\000\000\100\000\000\000''abc' >"$to/frame-cut.pcap"
touch "$to/done"
