#!/bin/sh
# SPDX-License-Identifier: MIT
# Only in make check-full.
# A Linux guest with PV disk and two nics is saved and comes back: what it has
# in memory, on its disk and open to dom0 goes on.
. ./lib.sh
. ./vm.sh
. ./save.sh

make_bridges
truncate -s 32M "$TMP/data"
cat >"$TMP/l.cfg" <<EOF2
name = "l"
type = "hvm"
tsc_mode = "native"
memory = 256
vga = "none"
serial = "pty"
disk = [
	"format=raw,vdev=sda,access=rw,target=$(guest_disk linux)",
	"format=raw,vdev=sdb,access=rw,target=$TMP/data"
]
vif = [
	"mac=$(nic_mac 0),bridge=mbr0,model=e1000",
	"mac=$(nic_mac 1),bridge=mbr1,model=rtl8139"
]
EOF2

ok "create" mtool create -t 180 "$TMP/l.cfg" || why l
open_serial l
ok "the guest reaches its shell" \
	wait_for 400 serial_says l 'linux guest: shell ready' || why l
type_line "netaddr $(nic_mac 0) 10.1.0.2/24; netaddr $(nic_mac 1) 10.1.1.2/24"
ok "nic 0 answers" wait_for 60 ping -c 1 -W 3 10.1.0.2
ok "nic 1 answers" wait_for 60 ping -c 1 -W 3 10.1.1.2

# in memory, on the disk, and a connection to dom0
# (whose listener would hang up at the end of its input)
mkfifo "$TMP/silence"
nc -l -p 8047 <>"$TMP/silence" >"$TMP/heard" 9>&- &
listener=$!
type_line 'n=0; while :; do n=$((n + 1)); echo "tick $n"; sleep 1; done | tee /ticks | nc 10.1.0.1 8047 &'
ok "the connection speaks" wait_for 60 grep -q 'tick 3' "$TMP/heard"
mark=$(head -c 12 /dev/urandom | hexdump -v -e '12/1 "%02x"')
type_line "echo $mark | dd of=/dev/xvdb bs=512 seek=2 conv=sync; sync; echo marked-\$((40 + 2))"
ok "a mark is on its disk" wait_for 60 serial_says l marked-42
type_line 'echo up-$(cut -d. -f1 /proc/uptime)-'
wait_for 60 serial_says l '^up-[0-9]'
up=$(serial_log l | sed -n 's/^up-\([0-9]*\)-.*/\1/p' | tail -n 1)

begun=$(cut -d. -f1 /proc/uptime)
ok "save" mtool save l "$TMP/l.save" || why l
diag "save: $(($(cut -d. -f1 /proc/uptime) - begun)) s, $(stat -c %s "$TMP/l.save") bytes"
is "it is gone" "$(leftovers | sed 's/processes.*//')" "domains 0 nodes 0 loops 0 "
ticks=$(tail -n 1 "$TMP/heard")
begun=$(cut -d. -f1 /proc/uptime)
ok "restore" mtool restore -t 180 "$TMP/l.save" || why l
diag "restore: $(($(cut -d. -f1 /proc/uptime) - begun)) s"
view l
ok "its shell answers" awake l || why l
type_line 'echo now-$(cut -d. -f1 /proc/uptime)-'
wait_for 60 serial_says l '^now-[0-9]'
now=$(serial_log l | sed -n 's/^now-\([0-9]*\)-.*/\1/p' | tail -n 1)
ok "its uptime goes on: $up, then $now" test "$now" -ge "$up"
is "its disk has the mark" \
	"$(ask l "echo 3 >/proc/sys/vm/drop_caches; dd if=/dev/xvdb bs=512 skip=2 count=1 2>/dev/null | grep -q $mark")" 0
ok "nic 0 answers" wait_for 120 ping -c 1 -W 3 10.1.0.2 || why l
ok "nic 1 answers" wait_for 120 ping -c 1 -W 3 10.1.1.2
further() { [ "$(tail -n 1 "$TMP/heard")" != "$ticks" ]; }
ok "the connection goes on" wait_for 180 further || diag "$ticks"
t=$(domid l) sdb=2064
is "its PV devices are connected" "$(xenstore-read \
	"/local/domain/$t/device/vbd/$sdb/state" \
	"/local/domain/$t/device/vif/0/state" \
	"/local/domain/$t/device/vif/1/state" | tr -d '\n')" 444

# --- under load it is checkpointed, and the last one restores ---
type_line 'dd if=/dev/urandom of=/load bs=1M count=8; while :; do md5sum /load >/dev/null; dd if=/load of=/dev/xvdb bs=64k seek=16 conv=notrunc,fsync; done >/dev/null 2>&1 &'
for i in $(seq "$(often 20 2)"); do
	ok "checkpoint $i" mtool save -c l "$TMP/l.save" || why l
	ok "the guest answers" awake l || why l
done
ok "destroy" mtool destroy l
ok "the last one restores" mtool restore -t 180 "$TMP/l.save" || why l
view l
ok "and answers" awake l || why l
ok "destroy" mtool destroy l
exec 9>&-
kill $listener 2>/dev/null
remove_bridges
is "nothing is left" "$(leftovers)" "$nothing"
done_testing
