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

supervisor() { cat /run/mtool/g/supervisor.pid; }
old=$(supervisor)
for round in 1 2 3; do
	kill -KILL "$(supervisor)"
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

kill -KILL "$(supervisor)"
ok "destroy needs none" mtool destroy g
close_serial
is "nothing is left" "$(leftovers)" "$nothing"

ok "create" mtool create "$(boot_cfg g)"
t=$(domid g)
kill -KILL "$(supervisor)"
xl destroy "$t" 2>/dev/null
mtool info g >"$TMP/out" 2>&1
is "a guest that died unwatched: the next command says so, exit code 6" $? 6
like "in one line" "$(cat "$TMP/out")" '^mtool: g: it died with nobody watching'
is "nothing is left" "$(leftovers)" "$nothing"
done_testing
