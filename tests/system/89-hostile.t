#!/bin/sh
# SPDX-License-Identifier: MIT
# Only in make check-full.
# Stubdomains and neighbours that mean harm to the supervisor: it says so,
# serves the rest, and stays small.
. ./lib.sh
. ./vm.sh

pid() { cat /run/mtool/g/supervisor.pid; }
rss_kb() { awk '/^Rss:/ { print $2 }' "/proc/$(pid)/smaps_rollup"; }
state() {	# state CONSOLE
	mtool info g | awk -v name="$1" '$1 == name && NF == 8 { print $2 }'
}
is_state() { [ "$(state "$1")" = "$2" ]; }
# The count is a file, for ok runs what it runs in a subshell.
order() {
	nr=$(($(cat "$TMP/nr" 2>/dev/null || echo 0) + 1))
	echo $nr >"$TMP/nr"
	xenstore-write "/local/domain/$s/control/do" "$1 $2 $nr"
}
log_has() { cat /var/log/mtool/g.log | grep -qE "$1"; }
alive() {	# the log's console still works, and the process is the same
	order log 0
	wait_for 60 log_has "stream: log $nr" && [ "$(pid)" = "$was" ]
}

cfg=$(boot_cfg g 'stubdomain_ramdisk = "/host/foreign/initrd-stream"')
sed -i 's/^serial .*/serial = [ "pty", "pty" ]/' "$cfg"
# Paused: without a disk its firmware would reset it after a minute.
ok "create" mtool create -p "$cfg"
s=$(stubid g)
was=$(pid)
console=/local/domain/$s/device/console
poke() {	# poke CONSOLE INDEX=N
	/host/helpers/con-poke "$s" \
		"$(xenstore-read "$console/$1/ring-ref")" "$2"
}

# --- rings ---
# Typing makes the supervisor look: this stub's kernel is well-behaved, and
# says nothing when it finds its ring in such a state.
ok "serial1's ring gets an index out of range" poke 4 out_prod=5000
printf x >"$(readlink /run/mtool/g/serial1)"
ok "it is shut down" wait_for 60 is_state serial1 failed
ok "the log tells why" log_has \
	"^mtool: console 4 of domain $s: shut down: .*out index.*out of range"
ok "the others are served" alive
ok "console 2's ring, too" poke 2 in_cons=-3000
xenstore-write "$console/2/state" 3	# has it looked at, with this ring
ok "it is shut down" wait_for 60 is_state stub2 failed
ok "the others are served" alive

# --- nodes of the frontend ---
handshake() {	# handshake REF: what a frontend does that starts anew
	xenstore-write "$console/3/ring-ref" "$1"
	xenstore-write "$console/3/state" 1
	wait_for 60 backend_waits || return
	xenstore-write "$console/3/state" 3
}
backend_waits() {
	[ "$(xenstore-read "/local/domain/0/backend/console/$s/3/state")" = 2 ]
}
ref=$(xenstore-read "$console/3/ring-ref")
xenstore-write "$console/3/ring-ref" 9999999
ok "a ring-ref that changes while connected changes nothing" alive
is "the console is connected" "$(state serial0)" connected
ok "a handshake with a page that is not granted" handshake 9999999
ok "is refused" wait_for 60 is_state serial0 failed
ok "a handshake with the right one" handshake "$ref"
ok "is heard again" wait_for 60 is_state serial0 connected
for bad in 8x 1-2 4294967296 "$(printf '%0300d' 7)" ''; do
	handshake "$bad" && wait_for 60 is_state serial0 failed
	is "ring-ref \"$(echo "$bad" | head -c 12)\" is refused" \
		"$(state serial0)" failed
done
# the grant 0 is the console 0's, 1 xenstored's: of no other use
ok "a reserved grant" handshake 1
ok "is refused" wait_for 60 is_state serial0 failed
xenstore-rm "$console/3"
ok "a frontend directory removed is survived" alive
keys=$(often 10000 300)	# xenstored takes the square of it
i=0
while [ $i -lt "$keys" ]; do
	for j in 0 1 2 3 4 5 6 7 8 9; do
		set -- "$@" "$console/k$((i + j))" x
	done
	i=$((i + 10))
	if [ $((i % 500)) = 0 ]; then
		# one transaction: it may lose against the stub's own
		wait_for 60 xenstore-write "$@"
		set --
	fi
done
is "$keys keys in the consoles' directory" \
	"$(xenstore-list "$console" | grep -c ^k)" "$keys"
ok "are survived" alive
xenstore-rm "$console"
ok "so is a directory that goes" alive
ok "the log has not filled up with it" test \
	"$(grep -c '^mtool: console' /var/log/mtool/g.log)" -le 24

# --- the control socket ---
sock() { timeout 60 /host/helpers/con-poke sock /run/mtool/g/ctl.sock; }
like "garbage is told so" "$(printf '\001\377\0garbage\n' | sock)" \
	'"ok": *false.*not a JSON object'
like "a line of 1 MB is cut off" \
	"$(head -c 1000000 /dev/zero | tr '\0' x | sock)" 'longer than 4096'
is "half a line gets no answer" "$(printf '{"cmd":"cons' | timeout 20 \
	/host/helpers/con-poke sock /run/mtool/g/ctl.sock)" ""
like "a request without end of others is answered meanwhile" \
	"$(mtool info g)" '^supervisor +running'
i=0
while [ $i -lt 40 ]; do	# more than it takes
	sleep 60 | /host/helpers/con-poke sock /run/mtool/g/ctl.sock >/dev/null 2>&1 &
	i=$((i + 1))
done
ok "too many connections pass" wait_for 60 mtool info g
ok "and nothing has hurt" alive
mtool supervise g >"$TMP/out" 2>&1
is "a second supervisor is refused: exit code 4" $? 4

ok "the supervisor is small after all that" test "$(rss_kb)" -le 8192
diag "$(rss_kb) kB"
is "and the same process" "$(pid)" "$was"
ok "destroy" mtool destroy g
is "nothing is left" "$(leftovers)" "$nothing" ||
	diag "$(xenstore-ls -f / | grep -e '^/vm/' -e '^/local/domain/[1-9]' \
		-e '^/local/domain/0/backend')"
done_testing
