#!/bin/bash
# schedule.sh UNDIS PROGRAMS: a schedule is saved, replays identically, and is refused in one line when it is not
# what undis wrote or is another driver's.
set -euo pipefail
undis=$1 programs=$2
directory=$(mktemp -d)
trap 'rm -rf "$directory"' EXIT
cd "$directory"
export TMPDIR=$directory/temporary
mkdir temporary here
fail() { echo "schedule.sh: $1"; exit 1; }

# expect STATUS COMMAND...
expect() {
    local wanted=$1 got=0
    shift
    "$@" >out 2>err </dev/null || got=$?
    [ "$got" -eq "$wanted" ] || { cat out err; fail "exit status $got instead of $wanted: $*"; }
}
# refused REGEX SCHEDULE [DRIVER...]
refused() {
    local regex=$1
    shift
    expect 2 "$undis" replay "$@"
    [ "$(wc -l <err)" -eq 1 ] || { cat err; fail "not one line: replay $*"; }
    grep -Eq -- "^undis: replay: $regex" err || { cat err; fail "no '$regex': replay $*"; }
}
reseal() { # FILE: gives it the checksum that its text has now (FNV-1a)
    local sum=$((0xCBF29CE484222325)) byte
    head -n -1 "$1" >body
    for byte in $(od -An -v -tu1 body); do
        sum=$(((sum ^ byte) * 0x100000001B3))
    done
    { cat body; printf 'end 0x%016x\n' "$sum"; } >"$1"
}

cp "$programs"/cli-{lost_update,choice}.so .
expect 1 "$undis" explore cli-lost_update.so
first=temporary/undis-$(id -u)/cli-lost_update.AssertionFailed.schedule
[ -s "$first" ] && grep -q "^    again with: undis replay $directory/$first\$" out || { cat out; fail "not saved where it says"; }
expect 1 "$undis" explore cli-lost_update.so --save-schedule here
[ -s here/cli-lost_update.AssertionFailed.schedule ] || fail "not saved in the directory given"
expect 1 "$undis" explore cli-lost_update.so --save-schedule cli-lost_update.AssertionFailed.schedule
grep -q 'minimised to 1 preemption, 0 interrupts in [0-9]* replays; fewer preemptions do not show it' out ||
    fail "not minimised"
grep -Eq '^    > +[0-9]+ thread [0-9.]+ reads counter .*PASSIVE +lost_update.c:11 +LONG seen = counter;' out ||
    { cat out; fail "no row for the forced switch"; }
grep -q '^executions: 4, complete' out || fail "not searched to the end"
schedule=cli-lost_update.AssertionFailed.schedule
grep -q "^    again with: undis replay $schedule\$" out || fail "no replay command"
[ "$(head -1 $schedule)" = "undis schedule 1" ] || fail "not saved in the file given"
[ "$(grep -c '^switch ' $schedule)" -le 2 ] || fail "more switches than it takes"

expect 1 "$undis" replay $schedule --times 100
grep -q '^finding: AssertionFailed' out || fail "the replay does not show it"
! grep -q '^note:' out || { cat out; fail "the replay went another way"; }
expect 1 "$undis" replay $schedule --format json
grep -q '"verdict": "findings"' out || fail "no JSON"
expect 1 "$undis" replay $schedule "$PWD/cli-lost_update.so"

# The values of choices are minimised too: only the one that matters is left.
expect 1 "$undis" explore cli-choice.so --save-schedule chosen
[ "$(grep '^choice ' chosen)" = "$(printf 'choice 0\nchoice 2')" ] || { cat chosen; fail "the choices are not the simplest"; }
expect 1 "$undis" replay chosen --times 10

# What it refuses.
refused "no-such.schedule: No such file" no-such.schedule
refused "$schedule: it is not for this cli-choice.so: build id" $schedule cli-choice.so
refused "$schedule: it is for 1 driver, not for 2" $schedule cli-choice.so cli-choice.so
head -c 200 $schedule >cut; refused "cut: is truncated" cut
head -n -1 $schedule >cut; refused "cut: is truncated" cut
: >cut; refused "cut: is empty" cut
sed 's/^seed 1/seed 2/' $schedule >edited; refused "edited: was changed since undis wrote it" edited
sed 's/^undis schedule 1/undis schedule 9/' $schedule >newer; refused "newer: is an undis schedule of format 9" newer
sed 's/^undis schedule 1/undis unit 1/' $schedule >unit; refused "unit: is not an undis schedule" unit
truncate -s 70000000 huge; refused "huge: is too large" huge
for change in 's/^processors 2/processors 2000/' 's/^processors 2/processors/' 's/^switch .*/switch 99 x1 -> 2/' \
    's/^scenario .*/party yes/' '/^driver/d' 's/^memory sc/memory psc/' 's/^shared actor.*/shared nonsense/'; do
    sed "$change" $schedule >wrong
    reseal wrong
    refused ".*" wrong
done
sed 's/^processors 2/processors 2000/' $schedule >wrong; reseal wrong; refused "wrong:[0-9]*: processors wants" wrong
# Another program with the old name.
cp cli-choice.so cli-lost_update.so
refused "$schedule: it is not for this cli-lost_update.so: build id" $schedule
rm cli-lost_update.so
refused "$schedule: it is for cli-lost_update.so: No such file" $schedule
