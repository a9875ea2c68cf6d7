#!/bin/sh
# SPDX-License-Identifier: MIT
# Bad input: one clear line, the right exit code, nothing created or left.
. ./lib.sh
. ./vm.sh

good=$(boot_cfg g)
before=$(snapshot)

# refused DESC CODE REGEX ARGUMENT...: mtool's error is this one line
run=mtool
refused() {
	desc=$1 code=$2 regex=$3
	shift 3
	$run "$@" >"$TMP/out" 2>"$TMP/err"
	got=$?
	is "$desc: exit code $code" $got "$code" || diag "$(cat "$TMP/err")"
	is "$desc: one line" "$(wc -l <"$TMP/err")" 1 || diag "$(cat "$TMP/err")"
	like "$desc: clear" "$(cat "$TMP/err")" "^mtool: .*$regex"
	is "$desc: nothing was created" "$(snapshot)" "$before"
	ok "$desc: no run directory" test ! -e /run/mtool/g
}

# bad DESC CODE REGEX LINE...: the good configuration with these lines
bad() {
	desc=$1 code=$2 regex=$3
	shift 3
	cp "$good" "$TMP/bad.cfg"
	for line; do
		echo "$line" >>"$TMP/bad.cfg"
	done
	refused "$desc" "$code" "$regex" create "$TMP/bad.cfg"
}

bad "no kernel" 7 'kernel: open /nope: No such file' \
	'stubdomain_kernel = "/nope"'
bad "kernel is a directory" 7 'kernel: /tmp: not a regular file' \
	'stubdomain_kernel = "/tmp"'
echo "no kernel at all, but longer than a header; $(cat "$good" "$good")" \
	>"$TMP/text"
bad "kernel is text" 7 'not a 64-bit Linux kernel' \
	"stubdomain_kernel = \"$TMP/text\""
bad "no initrd" 7 'initrd: open /nope: No such file' \
	'stubdomain_ramdisk = "/nope"'
bad "no hvmloader" 7 'hvmloader: open /nope: No such file' \
	'firmware_override = "/nope"'
bad "no BIOS" 7 'BIOS: open /nope: No such file' \
	'bios_path_override = "/nope"'
bad "no disk" 1 'g: disk xvda: open /nope: No such file' \
	'disk = [ "/nope,raw,xvda,w" ]'
bad "disk is a directory" 1 'disk xvda: ' 'disk = [ "/tmp,raw,xvda,r" ]'
bad "two disks with one vdev" 2 'bad.cfg:[0-9]+: disk: .*xvda' \
	"disk = [ \"$TMP/a,raw,xvda,w\", \"$TMP/b,raw,xvda,w\" ]"
bad "stub too small" 2 'stubdomain_memory: 40 MiB, but .* need [0-9]+ MiB' \
	'stubdomain_memory = 40'
bad "more memory than there is" 1 \
	'memory: [0-9]+ MiB needed .* [0-9]+ MiB free' 'memory = 100000'
bad "name not allowed" 2 'bad.cfg:[0-9]+: name: ' 'name = "../g"'
bad "empty name" 2 'bad.cfg:[0-9]+: name: ' 'name = ""'
bad "unknown key" 2 'bad.cfg:[0-9]+: frobnicate: unknown key' 'frobnicate = 1'
bad "wrong type" 2 'bad.cfg:[0-9]+: memory: ' 'memory = "much"'
bad "out of range" 2 'bad.cfg:[0-9]+: memory: ' 'memory = 1'
bad "list where a string belongs" 2 'bad.cfg:[0-9]+: name: ' 'name = [ "g" ]'
bad "unclosed quote" 2 'bad.cfg:[0-9]+: name: unclosed "' 'name = "g'
bad "key known, not done" 2 'bad.cfg:[0-9]+: cpus_soft: ' 'cpus_soft = "0"'

# Nics. xenbr0, where a nic goes if nothing else is said, is no bridge here.
tunctl -t xenbr0 >/dev/null
brctl addbr mbr0
bad "no bridge" 1 'g: nic 0: bridge nope: no such interface' \
	'vif = [ "bridge=nope" ]'
bad "bridge is no bridge" 1 'g: nic 0: xenbr0 is not a bridge' 'vif = [ "" ]'
bad "second nic without bridge" 1 'g: nic 1: bridge nope: no such interface' \
	'vif = [ "bridge=mbr0", "bridge=nope" ]'
bad "MAC malformed" 2 'bad.cfg:[0-9]+: vif: mac is not like .*: 00:16:3e:1' \
	'vif = [ "mac=00:16:3e:1" ]'
bad "MAC multicast" 2 'bad.cfg:[0-9]+: vif: mac 01:16:3e:00:00:01 is a multi' \
	'vif = [ "mac=01:16:3e:00:00:01" ]'
bad "MAC used twice" 2 'bad.cfg:[0-9]+: vif: mac 00:16:3e:00:00:0a is there' \
	'vif = [ "mac=00:16:3e:00:00:0a", "mac=00:16:3E:00:00:0A" ]'
bad "MTU too small" 2 'bad.cfg:[0-9]+: vif: mtu is not a number in 68\.\.' \
	'vif = [ "mtu=67" ]'
bad "MTU too large" 2 'bad.cfg:[0-9]+: vif: mtu is not a number in 68\.\.' \
	'vif = [ "mtu=65518" ]'
bad "rate malformed" 2 'bad.cfg:[0-9]+: vif: rate is not like .*: 10mb/s' \
	'vif = [ "rate=10mb/s" ]'
bad "vifname too long" 2 'bad.cfg:[0-9]+: vif: vifname: more than 11 char' \
	'vif = [ "vifname=longer-than-11" ]'
bad "vifname taken" 4 'g: nic 0: vifname lo: .* lo already' \
	'vif = [ "vifname=lo,bridge=mbr0" ]'
bad "vifname used twice" 2 'bad.cfg:[0-9]+: vif: vifname a is there twice' \
	'vif = [ "vifname=a", "vifname=a" ]'
bad "model unknown" 2 'bad.cfg:[0-9]+: vif: .* no such model .*: ne3000' \
	'vif = [ "model=ne3000" ]'
bad "hotplug script" 2 'bad.cfg:[0-9]+: vif: .*no scripts.*: vif-route' \
	'vif = [ "script=vif-route" ]'
brctl delbr mbr0
tunctl -d xenbr0 >/dev/null

refused "no such file" 2 'nope.cfg: No such file' create "$TMP/nope.cfg"
refused "no file named" 2 'usage: mtool create ' create
refused "wrong option" 2 '-x' create -x "$good"
refused "bad limit" 2 '-t 0: not a number in 1\.\.' create -t 0 "$good"
refused "bad override" 2 'memory: ' create "$good" memory=1
refused "no such command" 2 'frob: unknown command' frob
refused "no VM of that name" 3 'nope: no such VM' info nope
refused "console of no VM" 3 'nope: no such VM' console nope
refused "no VM named" 2 'usage: mtool destroy' destroy
mv "$good" "$TMP/x" && : >"$good"
refused "empty file" 2 'g.cfg: name' create "$good"
mv "$TMP/x" "$good"

# What is missing on the host, as a process sees it that has /dev/xen, or the
# way to xenstored, or its privilege taken away.
mkdir "$TMP/dev" "$TMP/nothing"
cp -a /dev/xen/privcmd /dev/xen/evtchn /dev/xen/gntdev "$TMP/dev"
chmod 755 "$TMP"
no_xen() {
	unshare -m sh -c 'mount --bind $0 /dev/xen &&
		mount --bind $0 /proc/xen && exec mtool "$@"' \
		"$TMP/nothing" "$@"
}
no_xenstored() {
	unshare -m sh -c 'mount --bind $0/dev /dev/xen &&
		mount --bind $0/nothing /proc/xen &&
		mount --bind $0/nothing /run/xenstored && exec mtool "$@"' \
		"$TMP" "$@"
}
not_root() {
	unshare -U mtool "$@"
}
run=no_xen
refused "no Xen" 7 'hypervisor: no Xen here' create "$good"
run=no_xenstored
refused "no xenstored" 7 'xenstored is not running' create "$good"
run=not_root
refused "not root" 7 'not root' create "$good"
done_testing
