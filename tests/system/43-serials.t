#!/bin/sh
# SPDX-License-Identifier: MIT
# Only in make check-full.
# Three serials of one Linux guest at once, supervisors killed while one of
# them streams, readers that never read, and what all of it costs.
. ./lib.sh
. ./vm.sh

ECHO_SECONDS=$(often 60 15)
KILLS=$(often 50 6)

cfg=$TMP/l.cfg
cat >"$cfg" <<EOF
name = "l"
type = "hvm"
memory = 192
vga = "none"
hdtype = "ahci"
serial = [ "pty", "pty", "pty" ]
disk = [ "format=raw,vdev=xvda,access=rw,target=$(guest_disk linux)" ]
EOF
ok "create" mtool create "$cfg"
open_serial l
ok "the guest reaches its shell" \
	wait_for 400 serial_says l 'linux guest: shell ready'
pid() { cat /run/mtool/l/supervisor.pid; }

# --- what one idle VM costs ---
kb() { awk -v f="$1:" '$1 == f { print $2 }' "/proc/$(pid)/smaps_rollup"; }
diag "supervisor: PSS $(kb Pss) kB, RSS $(kb Rss) kB"
ok "PSS of at most 1.5 MB with six consoles" test "$(kb Pss)" -le 1536 ||
	diag "$(cat "/proc/$(pid)/smaps_rollup"; awk '/^[0-9a-f]+-/ { at = $6 ? $6 : "anonymous" }
		/^Pss:/ { sum[at] += $2 } END { for (a in sum) print sum[a], a }' \
		"/proc/$(pid)/smaps" | sort -rn | head -n 12)"
is "one process, beside our viewer" "$(ps -o comm | grep -c '^mtool')" 2

# --- three at once ---
for n in 1 2; do
	type_line "stty -F /dev/ttyS$n raw -echo; cat /dev/ttyS$n >/dev/ttyS$n &"
done
type_line 'echo three-$((1 + 1 + 1))'
ok "two serials echo in the guest" wait_for 60 serial_says l three-3
talk() {	# talk N: lines of its own into serial N, until $TMP/stop is there
	i=0
	until [ -e "$TMP/stop" ]; do
		printf 'line-%d-of-serial-%d\n' $i "$1"
		i=$((i + 1))
		sleep 0.4
	done
	echo "end-of-serial-$1"
	wait_for 90 grep -q "end-of-serial-$1" "$TMP/serial$1"
}
for n in 1 2; do
	talk $n 9>&- | tee "$TMP/typed$n" |
		mtool console -t serial$n l >"$TMP/serial$n" 9>&- &
done
end=$(($(cut -d. -f1 /proc/uptime) + ECHO_SECONDS))
lines=0
while [ "$(cut -d. -f1 /proc/uptime)" -lt $end ]; do
	type_line "echo zero-$lines-\$((0 + 0))"
	wait_for 120 serial_says l "^zero-$lines-0" || break
	lines=$((lines + 1))
done
: >"$TMP/stop"
for n in 1 2; do
	ok "serial $n has echoed to the end" \
		wait_for 90 grep -q "end-of-serial-$n" "$TMP/serial$n"
	ok "exactly what was typed there" \
		cmp "$TMP/typed$n" "$TMP/serial$n" ||
		diag "$(diff "$TMP/typed$n" "$TMP/serial$n" | head -n 8)"
	diag "serial $n: $(wc -l <"$TMP/typed$n") lines"
done
ok "serial 0 has answered meanwhile" test $lines -gt 0
is "once to each line" "$(serial_log l | grep -c '^zero-[0-9]*-0')" $lines
diag "serial 0: $lines lines"
unlike "and nothing of the others" "$(serial_log l)" 'of-serial'

# --- two who type at once ---
letters() {
	i=0
	while [ $i -lt 200 ]; do
		printf %s "$1"
		i=$((i + 1))
	done
	wait_for 90 test -e "$TMP/enough"
}
for who in A B; do
	letters $who 9>&- | mtool console -t serial1 l >"$TMP/$who" 9>&- &
done
count() { tr -cd "$1" <"$TMP/$2" | wc -c; }	# letter, reader
counts() { echo "$(count A A) $(count B A) $(count A B) $(count B B)"; }
wait_for 60 eval '[ "$(counts)" = "200 200 200 200" ]'
is "two who type at once: both see all that either typed" \
	"$(counts)" "200 200 200 200"
: >"$TMP/enough"

# --- a reader of the pty that never reads ---
# (in a process of its own, or the pty becomes our terminal)
sleep 1000 <"$(readlink /run/mtool/l/serial0)" 9>&- &
sleeper=$!
type_line 'i=0; while [ $i -lt 500 ]; do echo filler-$i; i=$((i+1)); done'
ok "a pty reader that never reads stops nobody" \
	wait_for 120 serial_says l '^filler-499'
kill $sleeper

# --- supervisors killed while a counter streams ---
type_line 'rm -f /stop; i=0; while [ ! -e /stop ]; do read t x </proc/uptime; echo count-$i-$t; i=$((i+1)); usleep 5000; done &'
ok "the guest counts" wait_for 60 serial_says l '^count-20'
last() { serial_log l | sed -n 's/^count-\([0-9]*\).*/\1/p' | tail -n 1; }
beyond() { [ "$(last)" -gt "$1" ]; }
round=0
while [ $round -lt "$KILLS" ]; do
	sleep "0.$((round * 7 % 10))"
	kill_supervisor l
	mtool info l >/dev/null || break
	wait_for 60 beyond $(($(last) + 10)) || {
		diag "$(mtool info l; ps -o pid,ppid,stat,args | grep '[m]tool')"
		break
	}
	round=$((round + 1))
done
is "$KILLS killed supervisors are replaced, and the count goes on" \
	$round "$KILLS"
type_line ': >/stop'
serial_log l | tr -d '\r' |
	sed -n 's/^count-\([0-9]*\)-\([0-9]*\)\.\([0-9]*\)$/\1 \2\3/p' >"$TMP/counts"
# the shell's prompt may be in one of the first lines
awk 'NR > 10 && $1 != last + 1 { print "from", last, "to", $1 } { last = $1 }' \
	"$TMP/counts" >"$TMP/gaps"
longest=$(awk 'NR > 1 && $2 - last > max { max = $2 - last } { last = $2 }
	END { print max + 0 }' "$TMP/counts")
diag "by its own clock the guest stopped for $longest/100 s at most"
ok "the guest was not held up for long" test "$longest" -lt 500
is "the viewer saw no gap and nothing twice" "$(cat "$TMP/gaps")" ""
unlike "and was told of none" "$(serial_log l)" 'bytes dropped'
ok "destroy" mtool destroy l
ok "the viewers end" close_serial
is "nothing is left" "$(leftovers)" "$nothing"
done_testing
