#!/bin/sh
# SPDX-License-Identifier: MIT
# mtool runs no program: it works in a root file system that holds no other.
. ./lib.sh
. ./vm.sh

root=$TMP/root
mkdir -p "$root"
put() { mkdir -p "$root/$(dirname "$1")" && cp -L "$1" "$root/$1"; }
libraries() { /lib64/ld-linux-x86-64.so.2 --list /usr/bin/mtool; } # ldd
put /usr/bin/mtool
for lib in $(libraries | grep -o '/[^ ]*'); do
	put "$lib"
done
for f in /usr/lib/xen-*/boot/hvmloader /usr/share/seabios/bios-256k.bin \
	/usr/local/lib/mtool/stubdom-kernel \
	/usr/local/lib/mtool/stubdom-initrd; do
	put "$f"
done
for d in dev proc sys run; do
	mkdir "$root/$d"
	mount --bind /$d "$root/$d"
done
mount --bind /dev/pts "$root/dev/pts"
mount --bind /proc/xen "$root/proc/xen"
put "$(guest_disk boot)"
mv "$root/$TMP"/boot.* "$root/boot.img"
cat >"$root/g.cfg" <<EOF
name = "g"
type = "hvm"
memory = 64
vga = "none"
serial = "pty"
disk = [ "format=raw,vdev=hda,access=rw,target=/boot.img" ]
EOF
is "it holds one program" \
	"$(find "$root/usr" -type f -perm -100 ! -name '*.so*')" \
	"$root/usr/bin/mtool"
unlike "mtool needs no libxl" "$(libraries)" 'xenlight|xlutil'

traced() {
	timeout 300 strace -f -o "$TMP/trace" -e trace=execve,execveat,connect \
		chroot "$root" /usr/bin/mtool "$@" 2>"$TMP/err"
}
# strace's child becomes chroot, which becomes mtool
execs() { grep -c 'execve' "$TMP/trace"; }
connections() { grep -c 'connect(.*xenstored/socket.*= 0$' "$TMP/trace"; }

ok "create works there" traced create -t 180 /g.cfg || diag "$(cat "$TMP/err")"
is "and executes nothing" "$(execs)" 2 || diag "$(cat "$TMP/trace")"
is "it and the supervisor have a xenstore connection each" "$(connections)" 2
ok "the guest's console works there" \
	sh -c "sleep 20 | timeout 30 chroot '$root' /usr/bin/mtool console g |
		grep -q 'boot sector: ready'"
ok "destroy works there" traced destroy g || diag "$(cat "$TMP/err")"
is "and executes nothing" "$(execs)" 2 || diag "$(cat "$TMP/trace")"
is "nothing is left" "$(leftovers)" "$nothing"
umount "$root/dev/pts" "$root/proc/xen"
for d in dev proc sys run; do
	umount "$root/$d"
done
done_testing
