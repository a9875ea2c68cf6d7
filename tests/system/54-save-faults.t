#!/bin/sh
# SPDX-License-Identifier: MIT
# Only in make check-full.
# Whatever goes wrong during a save or a restore: the guest runs on, or it is
# whole in a file.
. ./lib.sh
. ./vm.sh
. ./save.sh

f=$TMP/g.save
begin g

# --- where it cannot go ---
exits 2 "no such directory" mtool save g /no/such/dir/file
exits 2 "a device" mtool save g /dev/null
exits 2 "a directory" mtool save g "$TMP"
mkdir "$TMP/small"
mount -t tmpfs -o size=1m none "$TMP/small"
exits 1 "no room" mtool save g "$TMP/small/f"
like "is said before anything is done" "$(out)" 'MiB needed'
runs_on g
umount "$TMP/small"

# the disk gets full on the way: others write there, too
for mb in ${FULL:-1 20 60 64}; do
	mount -t tmpfs -o size=100m none "$TMP/small"
	( until ls -A "$TMP/small" | grep -q '^\.f'; do :; done
	  dd if=/dev/zero of="$TMP/small/other" bs=1M count=$((100 - mb)) \
		2>/dev/null ) &
	filler=$!
	s=$(status mtool save g "$TMP/small/f")
	wait $filler
	if [ "$s" = 0 ]; then
		diag "$mb MiB: it was faster"
		ok "restore" mtool restore "$TMP/small/f" || why g
		view g
	else
		is "the disk is full after $mb MiB" "$s" 1
		diag "$(out)"
		is "no file is left" "$(ls -A "$TMP/small")" other
	fi
	runs_on g
	umount "$TMP/small"
done

# --- who is killed, and when ---
saving() { [ -e "/run/mtool/g/saving" ]; }
held() { [ -s "/run/mtool/g/state" ]; }
gone() { ! saving; }
for when in saving held; do
	for sig in INT KILL; do
		mtool save g "$f" >"$TMP/out" 2>&1 &
		pid=$!
		wait_for 60 $when
		kill -$sig $pid
		wait $pid
		diag "$when, $sig: $? $(out)"
		ok "mtool save: SIG$sig when $when" wait_for 60 gone
		not_ok "there is no file" test -e "$f"
		runs_on g
	done
	mtool save g "$f" >"$TMP/out" 2>&1 &
	pid=$!
	wait_for 60 $when
	kill_supervisor g
	wait $pid
	s=$?
	diag "supervisor killed when $when: $s $(out)"
	mtool info g >/dev/null
	if [ -e "$f" ]; then
		is "the supervisor is killed when $when: it is saved" $s 0
		ok "and comes back" mtool restore "$f"
		view g
	else
		ok "the supervisor is killed when $when" wait_for 60 gone
	fi
	runs_on g
	rm -f "$f"
done

# both at once
mtool save g "$f" >"$TMP/out" 2>&1 &
pid=$!
wait_for 60 held
kill -KILL $pid
kill_supervisor g
wait $pid
mtool info g >/dev/null
ok "both are killed" wait_for 60 gone
not_ok "there is no file" test -e "$f"
view g
runs_on g

# its stub dies: as configured for that, and no file
mtool save g "$f" >"$TMP/out" 2>&1 &
pid=$!
wait_for 60 saving
xl destroy "$(stubid g)"
wait $pid
s=$?
diag "stub destroyed: $s $(out)"
ended() { [ ! -e /run/mtool/g ]; }
ok "without its stub the VM ends" wait_for 60 ended
if [ -e "$f" ]; then
	is "the guest was whole by then" $s 0
else
	ok "the save has failed" test $s != 0
	begin g
	ok "save" mtool save g "$f"
fi
is "nothing is left" "$(leftovers)" "$nothing"

# --- restore ---
exits 1 "its disk is gone" mtool restore "$f" \
	"disk=['format=raw,vdev=hda,access=rw,target=/no/such']"
exits 1 "no memory for it" mtool restore "$f" stubdomain_memory=60000
for sig in INT KILL; do
	mtool restore "$f" >"$TMP/out" 2>&1 &
	pid=$!
	wait_for 60 test -e /run/mtool/g/state
	sleep 1
	kill -$sig $pid
	wait $pid
	diag "restore, $sig: $? $(out)"
	mtool gc >/dev/null 2>&1
	ok "restore: SIG$sig" wait_for 60 eval '[ "$(leftovers)" = "$nothing" ]' ||
		diag "$(leftovers)"
done
mtool restore "$f" >"$TMP/out" 2>&1 &
pid=$!
wait_for 60 test -e /run/mtool/g/supervisor.pid
kill_supervisor g
wait $pid
s=$?
ok "restore: its supervisor is killed" test $s != 0
diag "$s $(out)"
mtool gc >/dev/null 2>&1
is "nothing is left" "$(leftovers)" "$nothing"
ok "the file is still good" mtool restore "$f" || why g
view g
answers "and the guest, too" g after-all-that
ok "destroy" mtool destroy g
exec 9>&-
is "nothing is left" "$(leftovers)" "$nothing"
done_testing
