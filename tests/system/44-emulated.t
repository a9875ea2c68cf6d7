#!/bin/sh
# SPDX-License-Identifier: MIT
# Disks of a guest without PV drivers: AHCI and SCSI, writable and read-only.
. ./lib.sh
. ./vm.sh

data=$TMP/data random=$TMP/random
truncate -s 64M "$data"
head -c 16M /dev/urandom >"$random"
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
	"format=raw,vdev=sdc,access=ro,target=$random",
	"format=raw,vdev=hdd,access=ro,target=$random"
]
