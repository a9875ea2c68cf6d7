#!/bin/sh
# SPDX-License-Identifier: MIT
# A Linux guest boots from a SCSI disk, which its PV driver then takes over.
. ./lib.sh
. ./vm.sh

disk=$(guest_disk linux)
cfg=$TMP/l.cfg
cat >"$cfg" <<EOF
name = "l"
type = "hvm"
memory = 192
vga = "none"
serial = "pty"
disk = [ "format=raw,vdev=sda,access=rw,target=$disk" ]
EOF
ok "create" mtool create "$cfg"
open_serial l
ok "the guest reaches its shell" \
	wait_for 400 serial_says l 'linux guest: shell ready' ||
	diag "$(tail -n 20 "$TMP/l.serial" | tr -cd '\12\40-\176')"
ok "it has its PV disk" serial_says l '^disk: xvda'
not_ok "and no other way to it" serial_says l '^disk: sd'
type_line 'echo one-$((40 + 2))-two'
ok "its shell answers" wait_for 60 serial_says l one-42-two
t=$(domid l)
is "its frontend is connected" \
	"$(xenstore-read "/local/domain/$t/device/vbd/2048/state")" 4
is "both domains use one loop device" "$(losetup -a | wc -l)" 1

fds() { ls "/proc/$(cat /run/mtool/l/supervisor.pid)/fd" | wc -l; }
before=$(fds)
type_line 'reboot -f'
started() { [ "$(serial_log l | grep -c 'linux guest: shell ready')" -ge "$1" ]; }
ok "a reboot from inside starts it anew" wait_for 400 started 2
ok "in new domains" test "$(domid l)" -gt "$t"
is "the old ones are gone" "$(xl list | awk 'NR > 1 && $2 > 0' | wc -l)" 2
is "its supervisor holds as many descriptors as the first" "$(fds)" "$before"
type_line 'echo again-$((40 + 2))'
ok "the same viewer speaks to it" wait_for 60 serial_says l again-42
type_line 'poweroff -f'
gone() { [ ! -e /run/mtool/l ]; }
ok "a poweroff from inside ends it" wait_for 120 gone
ok "and the viewer" close_serial
wait_for 10 eval '[ "$(leftovers)" = "$nothing" ]'
is "nothing is left" "$(leftovers)" "$nothing"
like "its log tells what happened" "$(mtool log l)" '^mtool: guest powered off'
done_testing
