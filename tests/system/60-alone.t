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
mkdir -p "$root/var" && ln -s /run "$root/var/run" # of xenstored's socket
for disk in a b c d; do
	put "$(guest_disk boot)"
	mv "$root/$TMP"/boot.* "$root/$disk.img"
done
make_bridges
start=$(interfaces)
cat >"$root/g.cfg" <<EOF
name = "g"
type = "hvm"
memory = 64
vga = "none"
serial = "pty"
disk = [ "/a.img,raw,hda,w", "/b.img,raw,hdb,w", "/c.img,raw,xvdc,w",
	"/d.img,raw,xvdd,w" ]
vif = [ "bridge=mbr0,model=e1000", "bridge=mbr1", "bridge=mbr0,type=vif" ]
EOF
is "it holds one program" \
	"$(find "$root/usr" -type f -perm -100 ! -name '*.so*')" \
	"$root/usr/bin/mtool"
unlike "mtool needs no libxl" "$(libraries)" 'xenlight|xlutil'

# traced WORD...: mtool WORD under strace, into $TMP/WORD.trace. The supervisor
# is traced, too, so strace ends with the VM; the status is there as soon as
# the command has ended.
traced() {
	rm -f "$TMP/status"
	timeout 400 strace -f -o "$TMP/$1.trace" \
		-e trace=execve,execveat,connect \
		sh -c 'chroot "$0" /usr/bin/mtool "$@" 2>$TMP/err
			echo $? >$TMP/status' "$root" "$@" >/dev/null 2>&1 &
	wait_for 300 test -s "$TMP/status"
	[ "$(cat "$TMP/status")" = 0 ]
}
# strace's child is sh, whose own chroot becomes mtool
execs() { grep -c 'execve' "$TMP/$1.trace"; }
connections() { grep -c 'connect(.*xenstored/socket.*= 0$' "$TMP/$1.trace"; }

ok "create works there" traced create -t 180 /g.cfg || diag "$(cat "$TMP/err")"
chroot "$root" /usr/bin/mtool console g </dev/null >"$TMP/g.serial" &
ok "the guest's console works there" \
	wait_for 120 serial_says g 'mtool boot sector: ready'
ok "list works there" \
	sh -c "chroot '$root' /usr/bin/mtool list | grep -q '^g '"
ok "destroy works there" traced destroy g || diag "$(cat "$TMP/err")"
wait # for the viewer and both straces
is "create and the supervisor execute nothing" "$(execs create)" 2 ||
	diag "$(cat "$TMP/create.trace")"
is "nor does destroy" "$(execs destroy)" 2 || diag "$(cat "$TMP/destroy.trace")"
# the third is libxenvchan's own, by which it finds QMP's rings
is "creator and supervisor have a xenstore connection each, QMP has one" \
	"$(connections create)" 3
is "nothing is left" "$(leftovers)" "$nothing"
is "nor of its nics" "$(interfaces)" "$start"
remove_bridges
umount "$root/dev/pts" "$root/proc/xen"
for d in dev proc sys run; do
	umount "$root/$d"
done
done_testing
