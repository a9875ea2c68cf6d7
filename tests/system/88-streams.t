#!/bin/sh
# SPDX-License-Identifier: MIT
# Only in make check-full.
# Much through the consoles, and stubdomains that do not behave: a stub
# without QEMU does to its consoles what it is told through xenstore.
. ./lib.sh
. ./vm.sh

OUT_MB=$(often 64 16)
IN_BYTES=4194304

# Its guest sleeps: without a disk its firmware would reset it after a minute.
start_stub() {	# start_stub LINE...
	mtool create -p "$(boot_cfg g \
		'stubdomain_ramdisk = "/host/foreign/initrd-stream"' \
		'on_dm_death = "pause"' "$@")"
}
supervisor() { cat /run/mtool/g/supervisor.pid; }
nr=0
# Orders count themselves: each is new, and its answer its own.
order() {	# order WHAT N
	nr=$((nr + 1))
	xenstore-write "/local/domain/$(stubid g)/control/do" "$1 $2 $nr"
}
log_has() { cat /var/log/mtool/g.log.1 /var/log/mtool/g.log | grep -qE "$1"; }
rss_kb() { awk '/^Rss:/ { print $2 }' "/proc/$(supervisor)/smaps_rollup"; }
console() {	# console NAME FIELD
	mtool --json info g | awk -v name="\"$1\"" -v field="\"$2\":" '
		$1 == "\"name\":" { here = $2 == name "," }
		here && $1 == field { sub(",", "", $2); print $2 }'
}
# A stub whose supervisor is not there, until the next command on its VM.
alone() { supervisor_gone g; }

ok "create a stub that talks" start_stub 'stubdomain_memory = 256'
s=$(stubid g)

# --- console 1 to a file, console 2 from one ---
order out "$OUT_MB"
alone
# its own "ready" is in the ring until a supervisor is there again
ok "$OUT_MB MiB of noise arrive from console 1" timeout 500 \
	/host/helpers/con-stream "$s" spool "$TMP/noise" $((OUT_MB << 20))
mtool info g >/dev/null
ok "the stub has written them" wait_for 60 log_has "stream: out $nr"
sum=$(sha256sum <"$TMP/noise" | cut -d' ' -f1)
ok "byte for byte" log_has "stream: out $nr .* $sum" ||
	diag "$(mtool log g | grep stream)"
diag "$(mtool log g | grep 'stream: out')"
rm "$TMP/noise"

head -c $IN_BYTES /dev/urandom >"$TMP/noise"
sum=$(sha256sum <"$TMP/noise" | cut -d' ' -f1)
order in $IN_BYTES
ok "the stub reads console 2" wait_for 60 log_has "stream: ready $nr"
alone
ok "$IN_BYTES bytes go into console 2" timeout 300 \
	/host/helpers/con-stream "$s" feed "$TMP/noise"
mtool info g >/dev/null
ok "the stub has read them, byte for byte" \
	wait_for 60 log_has "stream: in $nr .* $sum" ||
	diag "$(mtool log g | grep stream)"
diag "$(mtool log g | grep 'stream: in')"
rm "$TMP/noise"

# --- floods ---
before=$(console stub1 dropped)
order out "$OUT_MB"
ok "console 1 when no save is awaited" \
	wait_for 300 log_has "stream: out $nr" ||
	diag "$(mtool info g; tail -n 5 /var/log/mtool/g.log)"
is "is discarded, and counted" $(($(console stub1 dropped) - before)) \
	$((OUT_MB << 20))
order bytes 10000
ok "a byte an event, 10000 times" wait_for 300 log_has "stream: bytes $nr"
ok "the supervisor's memory stays small" test "$(rss_kb)" -le 8192 ||
	diag "$(rss_kb) kB"
ok "destroy" mtool destroy g

ok "create with a small log" start_stub 'log_limit = 65536'
order log 1
ok "1 MiB of log" wait_for 400 log_has "stream: log $nr"
size() { stat -c %s "$1"; }
ok "leave a log of at most its limit" test "$(size /var/log/mtool/g.log)" \
	-le 65536
ok "and one before it" test "$(size /var/log/mtool/g.log.1)" -le 65536
ok "the supervisor's memory stays small" test "$(rss_kb)" -le 8192
ok "destroy" mtool destroy g

mount -t tmpfs -o size=64k none /var/log/mtool
ok "create with a log on a small disk" start_stub
order log 1
sleep_until() { wait_for 400 "$@"; }
full() { [ "$(df /var/log/mtool | awk 'NR == 2 { print $4 }')" -le 4 ]; }
ok "the disk gets full" sleep_until full
ok "the supervisor serves on" mtool info g
mount -o remount,size=16m /var/log/mtool
ok "the log goes on when there is room" \
	sleep_until log_has "stream: log $nr"
ok "and tells what is missing" log_has '^\[mtool: [0-9]+ bytes dropped\]'
ok "destroy" mtool destroy g
umount /var/log/mtool
is "nothing is left" "$(leftovers)" "$nothing"
done_testing
