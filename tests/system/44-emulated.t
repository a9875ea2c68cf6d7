#!/bin/sh
# SPDX-License-Identifier: MIT
# Only in make check-full.
# Disks of a guest without PV drivers: AHCI and SCSI, writable and read-only,
# and a CD drive whose media change.
. ./lib.sh
. ./vm.sh

data=$TMP/data random=$TMP/random
truncate -s 64M "$data"
dd if=/dev/urandom of="$random" bs=1M count=20 2>/dev/null
cfg=$TMP/e.cfg
cat >"$cfg" <<EOF
name = "e"
type = "hvm"
memory = 192
vga = "none"
hdtype = "ahci"
serial = "pty"
disk = [
	"format=raw,vdev=xvda,access=rw,target=$(guest_disk linux-emu)",
	"format=raw,vdev=xvdb,access=rw,target=$data",
	"vdev=hdc,devtype=cdrom",
	"format=raw,vdev=hdd,access=ro,target=$random",
	"format=raw,vdev=sde,access=ro,target=$random"
]
EOF
like "plan says that AHCI is the only way" "$(mtool plan "$cfg")" \
	'# AHCI only: '
ok "create" mtool create "$cfg"
open_serial e
ok "the guest reaches its shell" \
	wait_for 400 serial_says e 'linux guest: shell ready' ||
	diag "$(tail -n 20 "$TMP/e.serial" | tr -cd '\12\40-\176')"
is "it has the three emulated ones, and no read-only hd" \
	"$(serial_log e | grep -c '^disk: sd')" 3
t=$(domid e)
not_ok "an AHCI disk is no PV disk of the guest" \
	xenstore-read "/local/domain/0/backend/vbd/$t/51712/state"
like "info says why" "$(mtool info e)" 'AHCI only: it would stay beside'

# Which letter is which depends on what the guest finds first: by their sizes.
size_of() { serial_log e | tr -d '\r' | sed -n "s/^disk: \(sd.\) $1$/\1/p"; }
d=$(size_of 131072) r=$(size_of 40960)
is "20 MiB are copied three times to AHCI" "$(ask e \
	"for i in 0 1 2; do dd if=/dev/$r of=/dev/$d bs=1M seek=\$((i * 20)) conv=fsync 2>/dev/null || break; done; dd if=/dev/$r of=/dev/$d bs=1M seek=60 count=4 conv=fsync 2>/dev/null; echo 3 >/proc/sys/vm/drop_caches; md5sum /dev/$d" \
	300)" 0
want=$(cat "$random" "$random" "$random" "$random" | head -c 67108864 | md5sum)
want=${want%% *}
ok "and 64 MiB read back equal" serial_says e "$want"
sum=$(md5sum <"$random" | cut -d' ' -f1)
is "the read-only disk cannot be written" "$(ask e \
	"blockdev --setrw /dev/$r; dd if=/dev/zero of=/dev/$r bs=4k count=1 conv=fsync 2>/dev/null")" 1

# --- the CD drive ---

loops=$(losetup -a | sort)
for cd in one two; do
	head -c 262144 /dev/urandom >"$TMP/$cd.iso"
done
sum_of() { md5sum <"$TMP/$1.iso" | cut -d' ' -f1; }
# has NAME: the guest reads this medium, and nothing else. To the first command
# after a change QEMU's drive says that it has none, so that nobody overlooks
# the change.
has() {
	[ "$(ask e 'md5sum /dev/sr0 || md5sum /dev/sr0')" = 0 ] &&
		serial_log e | tail -n 4 | grep -q "$(sum_of "$1")" && return
	diag "$(serial_log e | tail -n 12 | tr -cd '\12\40-\176')"
	return 1
}
is "the drive is empty" "$(ask e 'md5sum /dev/sr0')" 1
rounds=$(often 10 2)
cd_rounds() {
	for n in $(seq "$rounds"); do
		mtool cd-insert e hdc "$TMP/one.iso" && has one &&
			mtool cd-eject e hdc &&
			mtool cd-insert e hdc "$TMP/two.iso" && has two || return
	done
}
start=$(cut -d. -f1 /proc/uptime)
ok "$rounds rounds of insert, read, eject, insert another, read" cd_rounds
diag "they took $(($(cut -d. -f1 /proc/uptime) - start)) s"
ok "a missing file is refused" eval \
	'mtool cd-insert e hdc /none 2>"$TMP/err"; [ $? = 1 ]'
like "in one line" "$(cat "$TMP/err")" '^mtool: e: disk hdc: open /none: '
ok "the old medium stays" has two
like "it is listed" "$(mtool block-list e)" "hdc +r cdrom connected +$TMP/two.iso"
ok "no drive of that name" eval \
	'mtool cd-insert e hdd "$TMP/one.iso" 2>"$TMP/err"; [ $? = 3 ]'
# an open device keeps its tray locked
type_line 'sleep 1000 </dev/sr0 &'
ask e true >/dev/null
ok "a locked tray is not opened" eval \
	'mtool cd-eject e hdc 2>"$TMP/err"; [ $? = 4 ]'
like "it is said" "$(cat "$TMP/err")" 'the guest keeps its tray locked'
ok "and the medium stays" has two
type_line 'kill $!'
ask e true >/dev/null
ok "then it is" mtool cd-eject e hdc
is "the drive is empty" "$(ask e 'md5sum /dev/sr0')" 1
ok "an empty one may be ejected" mtool cd-eject e hdc
is "loop devices are those of the start" "$(losetup -a | sort)" "$loops"
ok "one more stays to the end" mtool cd-insert e hdc "$TMP/one.iso"

ok "destroy" mtool destroy e
close_serial
is "nothing is left" "$(leftovers)" "$nothing"
is "the file in dom0 has what was written" \
	"$(md5sum <"$data" | cut -d' ' -f1)" "$want"
is "the read-only one is as it was" "$(md5sum <"$random" | cut -d' ' -f1)" "$sum"
done_testing
