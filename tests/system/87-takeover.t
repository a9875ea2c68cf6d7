#!/bin/sh
# SPDX-License-Identifier: MIT
# A supervisor that is killed leaves a running VM; the next command starts a
# new one, which goes on where it stopped.
. ./lib.sh
. ./vm.sh

ok "create" mtool create "$(boot_cfg g)"
open_serial g
ok "the guest speaks" wait_for 120 serial_says g 'mtool boot sector: ready'
type_line "before"
ok "and answers" wait_for 60 serial_says g before

not_there() { [ ! -e "$1" ]; }
supervisor() { cat /run/mtool/g/supervisor.pid; }
old=$(supervisor)
for round in 1 2 3; do
	kill_supervisor g
	like "round $round: list tells its state" "$(mtool list g)" '^g '
	ok "round $round: info starts a new supervisor" mtool info g
	like "round $round: which runs" "$(mtool info g)" '^supervisor +running'
	type_line "round-$round"
	ok "round $round: the same viewer speaks to the guest" \
		wait_for 60 serial_says g "round-$round"
done
ok "it is another process" test "$old" != "$(supervisor)"
is "the viewer missed nothing and saw nothing twice" \
	"$(serial_log g | tr -d '\r' | grep -v '^$')" "mtool boot sector: ready
before
round-1
round-2
round-3"
mtool supervise g >"$TMP/out" 2>&1
is "a second supervisor is refused: exit code 4" $? 4
like "the pty's link leads to a pty that is there" \
	"$(ls -l "$(readlink /run/mtool/g/serial0)")" '^c'
is "which xenstore names, too" "$(readlink /run/mtool/g/serial0)" \
	"$(xenstore-read "/local/domain/$(stubid g)/device/console/3/tty")"

# --replace: whoever has the pty open does not notice
pty=$(readlink /run/mtool/g/serial0)
cat "$pty" >"$TMP/g.pty" &
reader=$!
old=$(supervisor)
ok "replace the supervisor" mtool supervise --replace g
ok "it is another process" test "$old" != "$(supervisor)"
ok "the old one is gone" not_there "/proc/$old"
is "the pty is the same" "$(readlink /run/mtool/g/serial0)" "$pty"
printf 'typed-at-the-pty\r' >"$pty"
ok "what is typed there reaches the guest, and its answer the reader" \
	wait_for 60 grep -q typed-at-the-pty "$TMP/g.pty"
ok "the viewer has it, too" wait_for 60 serial_says g typed-at-the-pty
is "and nothing twice" "$(serial_log g | grep -c typed-at-the-pty)" 1
mtool supervise g >"$TMP/out" 2>&1
is "it holds the lock: a second one is refused" $? 4
i=0
while [ $i -lt 5 ]; do
	mtool supervise --replace g || break
	i=$((i + 1))
done
is "five times in a row" $i 5
printf 'still-typed\r' >"$pty"
ok "the reader is still there" wait_for 60 grep -q still-typed "$TMP/g.pty"
kill $reader
kill_supervisor g
ok "replace of one that is dead starts one" mtool supervise --replace g
like "which runs" "$(mtool info g)" '^supervisor +running'

kill_supervisor g
ok "destroy needs none" mtool destroy g
close_serial
is "nothing is left" "$(leftovers)" "$nothing"

ok "create" mtool create "$(boot_cfg g)"
t=$(domid g)
kill_supervisor g
xl destroy "$t" 2>/dev/null
mtool info g >"$TMP/out" 2>&1
is "a guest that died unwatched: the next command says so, exit code 6" $? 6
like "in one line" "$(cat "$TMP/out")" '^mtool: g: it died with nobody watching'
is "nothing is left" "$(leftovers)" "$nothing"
done_testing
