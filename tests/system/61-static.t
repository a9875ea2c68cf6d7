#!/bin/sh
# SPDX-License-Identifier: MIT
# Only in make check-full.
# The static binary runs a VM from a root file system that holds no library.
# It is /host/mtool-static: make static, before the rig is filled.
. ./lib.sh
. ./vm.sh

[ -e /host/mtool-static ] || skip_all "make static has not made one"
root=$TMP/root
mkdir -p "$root/bin"
cp /host/mtool-static "$root/bin/mtool"
for f in /usr/lib/xen-*/boot/hvmloader /usr/share/seabios/bios-256k.bin \
	/usr/local/lib/mtool/stubdom-kernel \
	/usr/local/lib/mtool/stubdom-initrd; do
	mkdir -p "$root/$(dirname "$f")"
	cp -L "$f" "$root/$f"
done
for d in dev proc sys run; do
	mkdir "$root/$d"
	mount --bind /$d "$root/$d"
done
mount --bind /dev/pts "$root/dev/pts"
mount --bind /proc/xen "$root/proc/xen"
mkdir -p "$root/var"
ln -s /run "$root/var/run" # of xenstored's socket
cp "$(guest_disk boot)" "$root/a.img"
cat >"$root/g.cfg" <<END
name = "g"
type = "hvm"
memory = 64
vga = "none"
serial = "pty"
disk = [ "/a.img,raw,hda,w" ]
END
is "there is no library" "$(find "$root/bin" "$root/usr" -name '*.so*')" ""
static() { chroot "$root" /bin/mtool "$@"; }
ok "create" static create -t 180 /g.cfg
chroot "$root" /bin/mtool console g </dev/null >"$TMP/g.serial" &
ok "the guest speaks" wait_for 120 serial_says g 'mtool boot sector: ready'
ok "list" static list
ok "qmp" static qmp g query-status
ok "destroy" static destroy g
wait
is "nothing is left" "$(leftovers)" "$nothing"
umount "$root/dev/pts" "$root/proc/xen"
for d in dev proc sys run; do
	umount "$root/$d"
done
done_testing
