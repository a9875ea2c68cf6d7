#!/bin/sh
# SPDX-License-Identifier: MIT
# Only in make check-full.
# What a disk may be made of, and who else may use it.
. ./lib.sh
. ./vm.sh

# config NAME DISK...: a VM of these disks; prints its file
config() {
	name=$1
	shift
	cat >"$TMP/$name.cfg" <<-EOF
		name = "$name"
		type = "hvm"
		memory = 64
		vga = "none"
		serial = "pty"
		disk = [ $(for d; do printf '"%s", ' "$d"; done | sed 's/, $//') ]
	EOF
	echo "$TMP/$name.cfg"
}

# What a create that is refused could have made.
world() {
	xenstore-list /local/domain
	xenstore-list /vm
	ls -A /run/mtool
}
before=$(world) loops=$(losetup -a | sort)
refused() {	# refused DESC CODE REGEX DISK...
	desc=$1 code=$2 regex=$3
	shift 3
	$run create "$(config g "$@")" >"$TMP/out" 2>"$TMP/err"
	is "$desc: exit code $code" $? "$code" || diag "$(cat "$TMP/err")"
	is "$desc: one line" "$(wc -l <"$TMP/err")" 1 || diag "$(cat "$TMP/err")"
	like "$desc: clear" "$(cat "$TMP/err")" "^mtool: .*$regex"
	is "$desc: nothing was created" "$(world)" "$before"
	is "$desc: nor a loop device" "$(losetup -a | sort)" "$loops"
}
run=mtool

a=$(guest_disk boot)
mkfifo "$TMP/fifo"
: >"$TMP/empty"
refused "a directory" 1 'disk xvda: /tmp: not a block device or file' \
	"/tmp,raw,xvda,r"
refused "a FIFO" 1 'disk xvda: .*/fifo: not a block device or file' \
	"$TMP/fifo,raw,xvda,w"
refused "an empty file" 1 'disk xvda: .*/empty: smaller than one sector' \
	"$TMP/empty,raw,xvda,w"
refused "a missing CD" 1 'disk hdc: open .*/none: No such file' \
	"$TMP/none,raw,hdc,cdrom"
refused "a malformed vdev" 2 'disk: .*unknown vdev: xvd1a' "$a,raw,xvd1a,w"
refused "a vdev twice" 2 'disk: .*hda is there twice' \
	"$a,raw,hda,w" "$TMP/b,raw,hda,w"
refused "an image twice, writable" 2 'disk hdb: .*in use: it is disk hda, too' \
	"$a,raw,hda,w" "$a,raw,hdb,w"
refused "writable once, and read" 2 'disk hdb: .*by a writer: it is disk hda' \
	"$a,raw,hda,w" "$a,raw,hdb,r"

# --- block devices ---

free=$(losetup -f)
losetup "$free" "$a" && losetup -d "$free"
refused "a block device of size 0" 1 "disk hda: $free: a block device of size 0" \
	"phy:$free,hda,w"
losetup "$free" "$a"
loops=$(losetup -a | sort)
refused "a file that somebody attached" 4 "in use: it is attached to $free" \
	"$a,raw,hda,w"
refused "the same through its loop device, too" 2 'it is disk hda, too' \
	"phy:$free,hda,w" "$a,raw,hdb,w"
truncate -s 1M "$TMP/swap"
swap=$(losetup -f)
losetup "$swap" "$TMP/swap"
loops=$(losetup -a | sort)
mkswap "$swap" >/dev/null && swapon "$swap"
refused "a device that this host uses" 4 "disk hda: $swap: in use by this host" \
	"phy:$swap,hda,w"
swapoff "$swap"
losetup -d "$swap"
losetup -d "$free"
loops=$(losetup -a | sort)

# A /dev with one loop device, which is taken: all there are on such a host.
mkdir "$TMP/dev"
cp -a /dev/xen /dev/loop-control /dev/null /dev/urandom "$TMP/dev"
cp -a "$free" "$TMP/dev"
losetup "$free" "$TMP/swap"
loops=$(losetup -a | sort)
few_loops() {
	unshare -m sh -c 'mount --bind $0 /dev && exec mtool "$@"' \
		"$TMP/dev" "$@"
}
run=few_loops
refused "no free loop device" 1 "disk hda: no free loop device for $a" \
	"$a,raw,hda,w"
run=mtool
losetup -d "$free"
loops=$(losetup -a | sort)

# --- other formats, and their cure ---

qemu-img convert -f raw -O qcow2 "$GUESTS/boot.img" "$TMP/boot.qcow2"
refused "a qcow2 image by its content" 1 'a qcow2 image: .*qemu-nbd -c' \
	"$TMP/boot.qcow2,,hda,w"
refused "by its format" 2 'disk: .*qemu-nbd -c /dev/nbd0' \
	"$TMP/boot.qcow2,qcow2,hda,w"
modprobe nbd nbds_max=1
refused "an nbd device without image" 1 'a block device of size 0' \
	"phy:/dev/nbd0,hda,w"
ok "qemu-nbd serves it" qemu-nbd -f qcow2 -c /dev/nbd0 "$TMP/boot.qcow2"
wait_for 20 eval '[ "$(cat /sys/block/nbd0/size)" = 2048 ]'
ok "create with that" mtool create "$(config n "phy:/dev/nbd0,hda,w")"
open_serial n
ok "the guest runs from it" \
	wait_for 120 serial_says n 'mtool boot sector: ready'
type_line hello
ok "and answers" wait_for 60 serial_says n hello
ok "destroy" mtool destroy n
close_serial
ok "it is free again" qemu-nbd -d /dev/nbd0
is "nothing is left" "$(leftovers)" "$nothing"

# --- two VMs ---

b=$(guest_disk boot)
ok "a VM" mtool create "$(config one "$b,raw,hda,w" "$GUESTS/linux.img,raw,hdc,cdrom")"
before=$(world) loops=$(losetup -a | sort)
dev=$(xenstore-read "/local/domain/0/backend/vbd/$(domid one)/768/physical-device-path")
refused "its image for another" 4 'in use: it is disk hda of domain [0-9]+ \(one' \
	"$b,raw,hda,w"
refused "read-only" 4 'in use by a writer: it is disk hda of domain' \
	"$b,raw,hda,r"
ln "$b" "$TMP/link"
refused "by another name" 4 'in use: it is disk hda of domain' \
	"$TMP/link,raw,hda,w"
refused "by its loop device" 4 'in use: it is disk hda of domain' \
	"phy:$dev,hda,w"
c=$(guest_disk boot)
ok "one CD image for two" mtool create \
	"$(config two "$c,raw,hda,w" "$GUESTS/linux.img,raw,hdc,cdrom")"
ok "destroy" mtool destroy one
ok "the image is free at once" mtool create "$(config three "$b,raw,hda,w")"
ok "destroy both" mtool destroy two three
is "nothing is left" "$(leftovers)" "$nothing"

# --- what a disk costs ---

# requests NAME DISK...: how many its creation makes on the connection of its own
requests() {
	trace=/run/xenstored/trace.log
	rm -f $trace
	xenstore-control logfile $trace >/dev/null
	xenstore-control log on >/dev/null
	mtool create "$(config "$@")" || return
	xenstore-control log off >/dev/null
	mine=$(awk '$1 == "IN" && / INTRODUCE \(/ { print $2 }' $trace | sort -u)
	awk -v c="$mine" '$1 == "IN" && $2 == c' $trace | wc -l
	rm -f $trace
	mtool destroy "$1"
}
one=$(requests r "$a,raw,hda,w")
for n in 1 2 3; do
	truncate -s 1M "$TMP/disk$n"
done
four=$(requests r "$a,raw,hda,w" "$TMP/disk1,raw,hdb,w" \
	"$TMP/disk2,raw,hdc,w" "$TMP/disk3,raw,hdd,w")
diag "create: $one requests with one disk, $four with four"
ok "at most 60 for each disk, seen by two domains" \
	test $((four - one)) -le 180
done_testing
