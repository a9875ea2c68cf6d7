#!/bin/sh
# SPDX-License-Identifier: MIT
# PCI devices go from dom0 to quarantine and back.
. ./lib.sh
. ./vm.sh
. ./pci.sh

driver_of() { basename "$(readlink "$sys/devices/$1/driver")" 2>/dev/null; }
before=$(snapshot)

is "nothing is assignable" "$(mtool pci-assignable-list)" ""
like "the device is dom0's" "$(owner $edu)" '^d0$|^d\[0\]$'

# A device without a driver.
is "edu is taken" "$(status mtool pci-assignable-add $edu)" 0
diag "$(out)"
is "by pciback" "$(driver_of $edu)" pciback
like "it is in quarantine" "$(owner $edu)" 'IO'
like "it is listed, and free" "$(mtool pci-assignable-list)" \
	"^$edu 1234:11e8 class 00ff00, free$"
is "a short address, and once more: nothing to do" \
	"$(status mtool pci-assignable-add 00:04.0)" 0
like "JSON tells the same" "$(mtool --json pci-assignable-list)" \
	"\"bdf\": \"$edu\""
is "it is given back" "$(status mtool pci-assignable-remove -r $edu)" 0
is "to nobody, as it was" "$(driver_of $edu)" ""
like "it is dom0's again" "$(owner $edu)" '^d0$|^d\[0\]$'
is "once more: nothing to do" "$(status mtool pci-assignable-remove $edu)" 0

# A nic with its driver.
modprobe e1000e
wait_for 30 test -d $sys/devices/$nic/net
if_name=$(ls $sys/devices/$nic/net)
diag "the e1000e is $if_name"
ip link set "$if_name" up
is "a nic that is up is refused: exit code 4" \
	"$(status mtool pci-assignable-add $nic)" 4
like "and told why" "$(out)" "dom0 uses it: network interface $if_name is up"
is "one line" "$(out | wc -l)" 1
is "nothing has changed" "$(driver_of $nic)" e1000e
ip link set "$if_name" down
is "down, it is taken" "$(status mtool pci-assignable-add $nic)" 0
diag "$(out)"
is "by pciback" "$(driver_of $nic)" pciback
like "its driver is remembered" "$(mtool pci-assignable-list)" \
	"^$nic .*was driver e1000e$"
is "it goes back" "$(status mtool pci-assignable-remove -r $nic)" 0
diag "$(out)"
is "to its driver" "$(driver_of $nic)" e1000e
ok "which has an interface for it" wait_for 30 test -d $sys/devices/$nic/net
if_name=$(ls $sys/devices/$nic/net)
ok "that comes up" ip link set "$if_name" up
is "--force takes it though it is up" \
	"$(status mtool pci-assignable-add --force $nic)" 0
diag "$(out)"
is "back once more" "$(status mtool pci-assignable-remove -r $nic)" 0

# What stays.
share=$(basename "$(readlink -f /sys/bus/virtio/devices/virtio0/..)")
is "what dom0 needs is refused" \
	"$(status mtool pci-assignable-add --force "$share")" 1
like "and told why" "$(out)" 'dom0 cannot do without it: 9p share'
is "a bridge is refused" "$(status mtool pci-assignable-add 00:1f.0)" 1
like "and told why" "$(out)" 'is a bridge'
is "a device that is not there" "$(status mtool pci-assignable-add 00:1c.7)" 1
like "is named" "$(out)" '^mtool: PCI device 0000:00:1c.7: not there$'
for bad in 4 00:04 00:04.8 00:20.0 0000:00:04.0.0 x; do
	is "$bad is no address" "$(status mtool pci-assignable-add $bad)" 2
done
is "no address at all" "$(status mtool pci-assignable-add)" 2
is "a second that is wrong: the first is not taken either" \
	"$(status mtool pci-assignable-add $edu x)" 2
is "indeed" "$(driver_of $edu)" ""
is "two at once" "$(status mtool pci-assignable-add $edu $edu2)" 0
is "are two" "$(mtool pci-assignable-list | wc -l)" 2
is "and go" "$(status mtool pci-assignable-remove $edu $edu2)" 0
rmmod e1000e
is "nothing is left" "$(snapshot)" "$before"
done_testing
