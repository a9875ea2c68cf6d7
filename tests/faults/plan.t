#!/bin/sh
# SPDX-License-Identifier: MIT
# Every call that `plan` makes is made to fail, one after the other: each time
# one clear line, or the whole plan as if nothing had been.
build=${BUILD:-build}
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
truncate -s 1M "$tmp/a.img" "$tmp/b.img"
cat >"$tmp/g.cfg" <<EOF
name = "g"
type = "hvm"
memory = 64
serial = [ "pty", "pty" ]
usb = 1
usbdevice = [ "tablet" ]
disk = [ "$tmp/a.img,raw,hda,w", "$tmp/b.img,raw,xvdb,w" ]
vif = [ "model=e1000,rate=1MB/s", "type=vif" ]
pci = [ "00:04.0,permissive=1" ]
EOF
run() { "$build/faults/mtool" plan "$tmp/g.cfg" >"$tmp/out" 2>"$tmp/err"; }

FAULT=0 FAULT_LOG=$tmp/calls run || {
	sed 's/^/# /' "$tmp/err"
	echo "1..1"
	echo "not ok 1 - plan works when nothing fails"
	exit 1
}
mv "$tmp/out" "$tmp/whole"
calls=$(wc -l <"$tmp/calls")
echo "1..$((calls + 1))"
n=1
while [ "$n" -le "$calls" ]; do
	name=$(sed -n "${n}s/.* //p" "$tmp/calls")
	FAULT=$n run
	status=$?
	if [ $status = 0 ] && cmp -s "$tmp/out" "$tmp/whole"; then
		echo "ok $n - $name: not needed"
	elif [ $status -ge 1 ] && [ $status -le 7 ] &&
		[ "$(wc -l <"$tmp/err")" = 1 ]; then
		echo "ok $n - $name: $(cut -c1-60 "$tmp/err")"
	else
		echo "not ok $n - call $n, $name: exit status $status"
		sed 's/^/# /' "$tmp/err"
	fi
	n=$((n + 1))
done
[ "$calls" -gt 100 ] || printf 'not '
echo "ok $n - these were all calls of a whole plan"
