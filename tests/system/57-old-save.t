#!/bin/sh
# SPDX-License-Identifier: MIT
# What an earlier build saved restores in this one. old.save.xz is a boot
# sector guest, saved by mtool 0.1 on Xen 4.17 with QEMU 7.2.
. ./lib.sh
. ./vm.sh
. ./save.sh

f=$TMP/old.save
xzcat old.save.xz >"$f"
like "info says what it is" "$(mtool info "$f")" '^name .*g$'
cp "$f" "$TMP/before"
exits 1 "its disk is not here: restore" mtool restore "$f"
is "nothing is left" "$(leftovers)" "$nothing"
ok "with a disk of today it restores" mtool restore "$f" \
	"disk=[\"format=raw,vdev=hda,access=rw,target=$(guest_disk boot)\"]" ||
	why g
open_serial g
answers "its echo goes on" g after-all-this-time
exec 9>&-
ok "the file is as it was" cmp "$f" "$TMP/before"
ok "destroy" mtool destroy g
is "nothing is left" "$(leftovers)" "$nothing"
done_testing
