#!/bin/sh
# SPDX-License-Identifier: MIT
# A machine without IOMMU passes nothing through, and says so.
. ./lib.sh
. ./vm.sh
. ./pci.sh

unlike "there is no IOMMU" "$(xl info)" '^virt_caps.* hvm_directio( |$)'
before=$(snapshot)
is "nothing is assignable: exit code 7" \
	"$(status mtool pci-assignable-add $edu)" 7
like "for there is no IOMMU" "$(out)" 'no IOMMU'
is "one line" "$(out | wc -l)" 1
ok "dom0 keeps it" test ! -e $sys/devices/$edu/driver
is "no VM with a device: exit code 7" \
	"$(status mtool create "$(pci_cfg p "pci = [ \"$edu\" ]")")" 7
like "for the same reason" "$(out)" 'no IOMMU'
is "no VM that is to have one: exit code 7" \
	"$(status mtool create "$(pci_cfg p 'passthrough = "enabled"')")" 7
like "check-host knows" "$(mtool check-host)" '^absent +IOMMU'
is "nothing has changed" "$(snapshot)" "$before"
ok "other VMs are made" mtool create -p "$(pci_cfg p)"
mtool destroy p
done_testing
