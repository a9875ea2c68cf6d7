#!/bin/sh
# SPDX-License-Identifier: MIT
# Several disks, of both kinds, reach target and stub in configuration order.
. ./lib.sh
. ./vm.sh

a=$(guest_disk boot) b=$(guest_disk boot)
loop=$(losetup -f)
losetup "$loop" "$b"
cfg=$TMP/d.cfg
cat >"$cfg" <<EOF
name = "d"
type = "hvm"
memory = 64
vga = "none"
serial = "pty"
disk = [
	"format=raw,vdev=hdb,access=rw,target=$a",
	"phy:$loop,hda,r",
	"format=raw,vdev=hdc,access=ro,devtype=cdrom,target=$GUESTS/boot.img",
	"vdev=hdd,devtype=cdrom"
]
EOF
before=$(losetup -a | sort)
ok "create" mtool create "$cfg"
t=$(domid d) s=$(stubid d)
back() { xenstore-read "/local/domain/0/backend/vbd/$1"; }

is "the first is the stub's xvda" "$(back "$s/51712/dev")" hdb
is "the second its xvdb" "$(back "$s/51728/dev")" hda
is "the third its xvdc" "$(back "$s/51744/dev")" hdc
not_ok "a drive without a medium is no PV disk of the stub" \
	back "$s/51760/dev"
not_ok "nor of the guest" back "$t/5696/dev"
is "the guest's keep their numbers" "$(back "$t/832/dev")" hdb
is "a block device is used as it is" \
	"$(back "$t/768/physical-device-path")" "$loop"
is "and known by its number, in hexadecimal" \
	"$(back "$t/768/physical-device")" \
	"$(printf '%x:%x' $(stat -c '0x%t 0x%T' "$loop"))"
is "read-only where it was asked" "$(back "$t/768/mode")" r
is "writable where it was" "$(back "$t/832/mode")" w
is "a CD is read-only" "$(back "$s/51744/mode")" r
is "and a CD" "$(back "$s/51744/device-type")" cdrom
not_ok "which the guest sees in its drive alone" back "$t/5632/dev"
is "the file's loop device is the same for both domains" \
	"$(back "$t/832/physical-device")" "$(back "$s/51712/physical-device")"
for d in 51712 51728 51744; do
	is "the stub is connected to $d" "$(back "$s/$d/state")" 4
done
ro=$(back "$s/51744/physical-device-path")
is "the CD's loop device cannot be written to" \
	"$(cat "/sys/block/${ro##*/}/ro")" 1
diag "direct I/O: $(grep . /sys/block/loop*/loop/dio)"
list=$(mtool block-list d)
like "block-list tells how each is seen" "$list" 'IDE, or PV once'
like "and what is in the drive" "$list" "cdrom connected +$GUESTS/boot.img"
like "or that nothing is" "$list" '^hdd .*cdrom empty '
like "info, too" "$(mtool info d)" '^disk +hda +r disk +waiting +/dev/loop'
like "and as JSON" "$(mtool --json block-list d)" '"vdev": "hdb"'
ok "destroy" mtool destroy d
is "only the loop device that was there before stays" \
	"$(losetup -a | sort)" "$before"
losetup -d "$loop"
is "nothing is left" "$(leftovers)" "$nothing"
done_testing
