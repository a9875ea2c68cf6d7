#!/bin/sh
# SPDX-License-Identifier: MIT
# Only in make check-full.
# Thirty disks of a Linux guest with PV drivers, and disks that come and go
# while it runs.
. ./lib.sh
. ./vm.sh

data=$TMP/data random=$TMP/random
truncate -s 64M "$data"
dd if=/dev/urandom of="$random" bs=1M count=16 2>/dev/null
cfg=$TMP/b.cfg
{
	cat <<-EOF
		name = "b"
		type = "hvm"
		tsc_mode = "native"
		memory = 512
		vga = "none"
		serial = "pty"
		on_poweroff = "preserve"
		disk = [
		"format=raw,vdev=sda,access=rw,target=$(guest_disk linux)",
		"format=raw,vdev=sdb,access=rw,target=$data",
		"format=raw,vdev=hdc,access=ro,target=$random",
		"format=raw,vdev=sdd,access=ro,target=$random",
	EOF
	for n in 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 \
		27 28 29; do
		truncate -s 1M "$TMP/d$n"
		echo "\"vdev=d$n,target=$TMP/d$n\"$([ $n = 29 ] || echo ,)"
	done
	echo "]"
} >"$cfg"
loops() { losetup -a | sort; }
blocks() {
	xenstore-ls -f /local/domain | sed -n 's/ = .*//; /\/vbd\//p' | sort
}

ok "create with 30 disks" mtool create "$cfg"
open_serial b
ok "the guest reaches its shell" \
	wait_for 400 serial_says b 'linux guest: shell ready' ||
	diag "$(tail -n 20 "$TMP/b.serial" | tr -cd '\12\40-\176')"
is "it sees all 30, by the PV driver" \
	"$(serial_log b | grep -c '^disk: xvd')" 30 ||
	diag "$(serial_log b | grep -v '^disk: ')"
is "and none twice" "$(serial_log b | grep -c '^disk: [hs]d')" 0
t=$(domid b) s=$(stubid b)
is "26 of them are the stub's" \
	"$(xenstore-list "/local/domain/0/backend/vbd/$s" | wc -l)" 26
diag "$(mtool block-list b | head -n 12)"
list=$(mtool block-list b)
like "a read-only hd is PV only, and it is said" "$list" \
	'PV only: no emulated hd can be kept read-only'
is "what has no letter in the stub is PV only" \
	"$(echo "$list" | grep -c "PV only: beyond the device model's 26")" 4
is "all are connected" "$(echo "$list" | grep -c ' connected ')" 30


sum=$(md5sum <"$random" | cut -d' ' -f1)
is "16 MiB are copied four times through PV" "$(ask b \
	'for i in 0 1 2 3; do dd if=/dev/xvdc of=/dev/xvdb bs=1M seek=$((i * 16)) conv=fsync 2>/dev/null || break; done; echo 3 >/proc/sys/vm/drop_caches; md5sum /dev/xvdb' \
	600)" 0
want=$(cat "$random" "$random" "$random" "$random" | md5sum | cut -d' ' -f1)
ok "and read back equal" serial_says b "$want"
is "a read-only hd cannot be written" \
	"$(ask b 'dd if=/dev/zero of=/dev/xvdc bs=4k count=1 conv=fsync 2>/dev/null')" 1
is "nor a read-only SCSI disk" \
	"$(ask b 'dd if=/dev/zero of=/dev/xvdd bs=4k count=1 conv=fsync 2>/dev/null')" 1

# --- come and go ---

truncate -s 8M "$TMP/hot" "$TMP/other"
loops_before=$(loops) blocks_before=$(blocks)
hot="vdev=xvdbf,access=rw,target=$TMP/hot"
ok "a disk is attached" mtool block-attach b "$hot"
is "the guest has it" "$(ask b 'cat /sys/block/xvdbf/size')" 0
like "it is listed" "$(mtool block-list b)" 'xvdbf +w disk  connected '
not_ok "its number is taken" mtool block-attach b "$hot"
ok "it is detached" mtool block-detach b xvdbf
is "no loop device is left" "$(loops)" "$loops_before"
is "no node is left" "$(blocks)" "$blocks_before"

rounds=$(often 20 3)
rounds() {
	for n in $(seq "$rounds"); do
		mtool block-attach b "$hot" || return
		type_line 'dd if=/dev/xvdbf of=/dev/null bs=4k >/dev/null 2>&1 &'
		mtool block-detach b xvdbf || return
	done
}
# the guest goes on writing to another disk all the while
type_line 'while :; do dd if=/dev/xvdc of=/dev/xvdb bs=64k count=64 conv=fsync; done >/dev/null 2>&1 & writer=$!'
start=$(cut -d. -f1 /proc/uptime)
ok "$rounds rounds under I/O" rounds ||
	diag "$(tail -n 60 "$TMP/b.serial" | tr -cd '\12\40-\176')"
diag "they took $(($(cut -d. -f1 /proc/uptime) - start)) s"
type_line 'kill $writer'
is "loop devices are those of the start" "$(loops)" "$loops_before"
is "nodes, too" "$(blocks)" "$blocks_before"

# --- a guest that does not let go ---

mtool block-attach b "$hot"
mtool pause b
ok "a paused guest cannot let go: time-out" \
	eval 'mtool block-detach -t 2 b xvdbf 2>"$TMP/err"; [ $? = 5 ]'
like "it is said" "$(cat "$TMP/err")" \
	'^mtool: b: disk xvdbf: the guest did not let go of it within 2 s'
mtool unpause b
is "and the disk is as it was" \
	"$(ask b '[ -b /dev/xvdbf ] && dd if=/dev/zero of=/dev/xvdbf bs=4k count=1 conv=fsync 2>/dev/null')" 0
mtool pause b
ok "by force it goes" mtool block-detach -F -t 2 b xvdbf
mtool unpause b
is "loop devices are those of the start" "$(loops)" "$loops_before"
is "nodes, too" "$(blocks)" "$blocks_before"
is "the guest lives" "$(ask b 'true')" 0

# --- bad input ---

# bad DESC CODE REGEX COMMAND...
bad() {
	desc=$1 code=$2 regex=$3
	shift 3
	mtool "$@" >"$TMP/out" 2>"$TMP/err"
	is "$desc: exit code $code" $? "$code" || diag "$(cat "$TMP/err")"
	is "$desc: one line" "$(wc -l <"$TMP/err")" 1 || diag "$(cat "$TMP/err")"
	like "$desc: clear" "$(cat "$TMP/err")" "^mtool: .*$regex"
	is "$desc: no loop device" "$(loops)" "$loops_before"
	is "$desc: no node" "$(blocks)" "$blocks_before"
}
bad "a vdev that is none" 2 'unknown vdev: xvd!' \
	block-attach b "vdev=xvd!,target=$TMP/hot"
bad "a vdev that is taken" 4 'taken: it has disk sdb' \
	block-attach b "vdev=xvdb,target=$TMP/hot"
bad "an image that is missing" 1 'disk xvdbf: open .*: No such file' \
	block-attach b "vdev=xvdbf,target=$TMP/none"
bad "an image of this VM" 4 'disk sdb of domain' \
	block-attach b "vdev=xvdbf,target=$data"
bad "a directory" 1 'not a block device or file' \
	block-attach b "vdev=xvdbf,target=/tmp"
bad "detach of what is not there" 1 'disk xvdbf: not there' \
	block-detach b xvdbf
bad "detach of a vdev that is none" 2 'unknown vdev' block-detach b xvd-
bad "a limit that is none" 2 '-t x: not a number' block-attach -t x b "$hot"
mtool pause b
bad "attach to a paused guest" 4 'is paused' block-attach b "$hot"
mtool unpause b

# --- what happens to an image while it is attached ---

cp "$TMP/hot" "$TMP/gone"
ok "one more" mtool block-attach b "vdev=xvdbf,target=$TMP/gone"
truncate -s 1M "$TMP/gone"
# what is missing reads as zeros: so do Linux's loop devices
is "an image cut short does the guest no harm" \
	"$(ask b 'dd if=/dev/xvdbf of=/dev/null bs=1M 2>/dev/null')" 0
rm "$TMP/gone"
ok "one that was removed is detached" mtool block-detach b xvdbf
is "loop devices are those of the start" "$(loops)" "$loops_before"

# --- a reboot keeps it ---

mtool block-attach b "$hot"
type_line 'reboot -f'
started() { [ "$(serial_log b | grep -c 'linux guest: shell ready')" -ge 2 ]; }
ok "the guest reboots" wait_for 400 started
is "and has the disk that was attached" \
	"$(serial_log b | grep -c '^disk: xvdbf')" 1
ok "its shell answers" awake b
type_line 'poweroff -f'
off() { mtool list b | grep -q poweroff; }
ok "the guest powers off, and is preserved" wait_for 120 off ||
	diag "$(tail -n 30 "$TMP/b.serial" | tr -cd '\12\40-\176')" \
		"$(mtool log b | tail -n 30)"
loops_before=$(loops) blocks_before=$(blocks)
bad "attach to a dead guest" 6 'the guest has shut down' \
	block-attach b "vdev=xvdbg,target=$TMP/other"
ok "destroy" mtool destroy b
close_serial
is "nothing is left" "$(leftovers)" "$nothing"
is "the file in dom0 has what was written" \
	"$(md5sum <"$data" | cut -d' ' -f1)" "$want"
is "the read-only one is as it was" "$(md5sum <"$random" | cut -d' ' -f1)" "$sum"
done_testing
