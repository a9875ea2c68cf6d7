#!/bin/sh
# SPDX-License-Identifier: MIT
# QMP through the supervisor: one connection, many users.
. ./lib.sh
. ./vm.sh
. ./qmp.sh

commands=$(often 1000 20)
sock=/run/mtool/g/qmp.sock

ok "create" mtool create "$(boot_cfg g "$(debug_exit)")"
open_serial g
ok "the guest has booted" wait_for 120 serial_says g 'boot sector: ready'
out=$(mtool qmp g query-status 2>&1)
is "a command: exit code 0" $? 0
like "its return, as QEMU wrote it" "$out" \
	'^\{"status": "running", "singlestep": false, "running": true\}$'
out=$(mtool qmp g nonsense 2>&1)
is "an unknown command: exit code 1" $? 1
is "with QEMU's text" "$out" \
	"mtool: g: nonsense: The command nonsense has not been found"
like "arguments as words" \
	"$(mtool qmp g human-monitor-command command-line='info pci')" \
	'Bus +0, device +1'
like "typed ones" "$(mtool qmp g qom-get path=/machine property=type)" \
	'^"xenfv.*-machine"$'
out=$(mtool qmp g query-block '{"x": 1}' 2>&1)
like "JSON" "$out" "Parameter 'x' is unexpected"
out=$(mtool qmp g query-status x 2>&1)
is "a wrong word: exit code 2" $? 2
out=$(mtool qmp g quit 2>&1)
is "quit is refused: exit code 1" $? 1
like "and the way to do it is named" "$out" 'mtool destroy'
is "a conversation" "$(printf '%s\n' '{"execute": "query-name", "id": [1]}' \
	'nonsense a=1' 'query-name' | mtool qmp g)" \
	'{"return": {"name": "g"}, "id": [1]}
{"error": {"class": "CommandNotFound", "desc": "The command nonsense has not been found"}}
{"return": {"name": "g"}}'
like "info shows the device model" "$(mtool info g)" \
	'^device model QEMU [0-9.]+, running$'
like "in JSON, too" "$(mtool --json info g | tr -d ' \n')" \
	'"device_model":\{"version":"[0-9.]+","status":"running"\}'
is "only root has access" "$(stat -c %a $sock)" 600

kill -STOP "$(supervisor g)"
out=$(mtool qmp --timeout 1 g query-status 2>&1)
is "nobody answers: exit code 5" $? 5
like "it is said who" "$out" 'the device model does not answer within 1 s'
kill -CONT "$(supervisor g)"

# four clients at once, of two kinds; one asks for 200 KB every tenth time
client() {	# client NAME COMMAND...: in the background, fed by $TMP/NAME.in
	name=$1
	shift
	mkfifo "$TMP/$name.in"
	"$@" <"$TMP/$name.in" >"$TMP/$name.out" 2>&1 &
}
feed() {	# feed NAME COMMAND: every tenth is a large one if it is s2
	[ "${1#s}" = "$1" ] || echo '{"execute": "qmp_capabilities"}'
	for i in $(seq "$commands"); do
		command=$2
		[ "$1$((i % 10))" != s20 ] || command=query-qmp-schema
		echo "{\"execute\": \"$command\", \"id\": \"$1-$i\"}"
	done
}
client s1 socat -t 60 - UNIX-CONNECT:$sock
client s2 socat -t 60 - UNIX-CONNECT:$sock
client m1 mtool qmp --timeout 300 g
client m2 mtool qmp --timeout 300 g
exec 5>"$TMP/s1.in" 6>"$TMP/s2.in" 7>"$TMP/m1.in" 8>"$TMP/m2.in"
feed s1 query-version >&5 &
feed s2 query-name >&6 &
feed m1 query-status >&7 &
feed m2 query-block >&8 &
for c in s1 s2 m1 m2; do
	ok "$c: the last reply" \
		wait_for "$(often 2000 300)" grep -q "\"id\": \"$c-$commands\"" "$TMP/$c.out"
	is "$c: all of its own, in order" \
		"$(sed -n 's/.*"id": "\([a-z0-9-]*\)".*/\1/p' "$TMP/$c.out")" \
		"$(seq "$commands" | sed "s/^/$c-/")"
done
is "the large ones are whole" \
	"$(grep -c '^{"return": \[{.*}\], "id": "s2-[0-9]*0"}.$' "$TMP/s2.out")" \
	$((commands / 10))
ok "stop" mtool qmp g stop
ok "cont" mtool qmp g cont
for c in s1 s2 m1 m2; do
	ok "$c: events reach it" \
		wait_for 30 grep -q '"event": "RESUME"' "$TMP/$c.out"
done
exec 5>&- 6>&- 7>&- 8>&-

mtool qmp --events g >"$TMP/events" 2>&1 &
events=$!
ok "--events" wait_for 60 sh -c "mtool qmp g stop && mtool qmp g cont &&
	grep -q STOP $TMP/events && grep -q RESUME $TMP/events"

device_model_dies g
wait $events
is "--events ends with its VM: exit code 0" $? 0
close_serial
is "nothing is left" "$(leftovers)" "$nothing"
done_testing
