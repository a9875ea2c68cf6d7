#!/bin/sh
# SPDX-License-Identifier: MIT
# The rig is what the other tests take it for.
. ./lib.sh

info=$(xl info)
like "Xen answers" "$info" '^xen_major *: [0-9]'
like "it can run HVM guests" "$info" '^virt_caps.* hvm( |$)'
like "with hardware assisted paging" "$info" '^virt_caps.* hap( |$)'
like "and give them devices" "$info" '^virt_caps.* hvm_directio( |$)'

is "xenstore knows dom0" "$(xenstore-read /local/domain/0/name)" Domain-0
ok "xenstore takes a value" xenstore-write /tool/rig-test 42
is "and keeps it" "$(xenstore-read /tool/rig-test)" 42
xenstore-rm /tool/rig-test

disk=$(guest_disk boot)
loop=$(losetup -f)
ok "a loop device takes a disk" losetup "$loop" "$disk"
is "of its size" "$(cat "/sys/block/${loop##*/}/size")" 2048
ok "the loop device goes" losetup -d "$loop"

like "/host is the host's directory" "$(cat /proc/mounts)" '^host /host 9p '
echo "from dom0" >/host/rig-test
is "and can be written to" "$(cat /host/rig-test)" "from dom0"
ok "the device to pass through is there" \
	test -e /sys/bus/pci/devices/0000:00:04.0
done_testing
