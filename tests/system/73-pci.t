#!/bin/sh
# SPDX-License-Identifier: MIT
# A guest that is made with a PCI device: what it can do with it, strictly and
# permissively, and what is left when it has gone.
. ./lib.sh
. ./vm.sh
. ./pci.sh

before=$(snapshot)
ok "two devices are assignable" mtool pci-assignable-add $edu $edu2
ready=$(snapshot)

ok "create with edu, strict" mtool create "$(pci_cfg p "pci = [ \"00:04.0\" ]")" ||
	pci_state p
t=$(domid p) s=$(stubid p)
open_monitor p
ok "the guest comes up" monitor p || pci_state p
diag "rights of the guest: $(rights "$t")"
diag "rights of the stub: $(rights "$s")"
like "the guest may touch its memory" "$(rights "$t")" 'Memory \{ [0-9a-f]+-[0-9a-f]+ \}'
like "and so may the stub" "$(rights "$s")" 'Memory \{ [0-9a-f]+-[0-9a-f]+ \}'
like "Xen says that it is the guest's" "$(owner $edu)" "^d\[?$t"
slot=$(mon p "f 0")
like "the guest sees it" "$slot" '^000000[01][0-9a-f]$' || pci_state p
is "its address is 1234:11e8" "$(mon p "c 0")" 11e81234
is "its identification" "$(mon p "r 0")" 010000ed
mon p "w 4 12345678" >/dev/null
is "its liveness register" "$(mon p "r 4")" edcba987 || pci_state p
list=$(mtool pci-list p)
diag "$list"
like "pci-list has it" "$list" "^$edu 1234:11e8 class 00ff00, attached in slot $(dec "$slot"), strict"
like "so has info" "$(mtool info p)" "^pci  *$edu .*strict"
is "no second VM gets it: exit code 4" \
	"$(status mtool create "$(pci_cfg q "pci = [ \"00:04.0\" ]")")" 4
like "and it is said who has it" "$(out)" "domain $t has it"
is "nor does dom0" "$(status mtool pci-assignable-remove $edu)" 4

is "nor can it be saved: exit code 4" "$(status mtool save p "$TMP/p.save")" 4
like "which says what to do" "$(out)" 'mtool pci-detach'

# Interrupts: a level interrupt may come more than once.
mon p "w 60 1" >/dev/null
n=$(mon p "i")
ok "its interrupt arrives" test "$(dec "$n")" -ge 1 ||
	{ pci_state p; diag "$(grep pciback /proc/interrupts)" \
		"$(pciback irq_handlers)"; }
mon p "C 44 fee00000" >/dev/null
mon p "C 48 0" >/dev/null
mon p "C 4c 50" >/dev/null
diag "MSI control, written 0081: $(mon p "h 42 81")"
n=$(mon p "i")
mon p "w 60 2" >/dev/null
is "a strict device has MSI" "$(mon p "m")" 00000001 ||
	diag "allowed: $(pciback allow_interrupt_control)"
is "and then no INTx" "$(mon p "i")" "$n"
mon p "h 42 80" >/dev/null

# Strict: an unknown register stays as it is.
was=$(config $edu 0x80)
mon p "C 80 deadbeef" >/dev/null
is "a strict device's register 0x80 does not change" "$(config $edu 0x80)" "$was"
is "pciback says that it is not permissive" "$(pciback permissive)" ""
list=$(mtool pci-list p)
# QEMU tells of the first only: the MSI registers' above.
like "pci-list tells what was refused" "$list" 'refused .*: 0x4c ' || {
	diag "$list"
	diag "$(mtool log p | grep -i write-back)"
}
like "the log says strict" "$(mtool log p)" "PCI device $edu: attached, strict"

# It goes, refusing at first: the monitor ejects nothing by itself.
is "a guest that does not let go: exit code 5" \
	"$(status mtool pci-detach -t 5 p $edu)" 5
diag "$(out)"
like "it keeps the device" "$(mtool pci-list p)" 'attached'
is "which still works" "$(mon p "r 0")" 010000ed
is "-F ejects it" "$(status mtool pci-detach -F -t 5 p 00:04.0)" 0 ||
	pci_state p
diag "$(out)"
is "the guest has it no more" "$(mon p "c 0")" ffffffff
unlike "nor rights on its memory" "$(rights "$t")" 'Memory \{ [0-9a-f]'
unlike "nor the stub" "$(rights "$s")" 'Memory \{ [0-9a-f]'
like "it is in quarantine" "$(owner $edu)" IO
is "pci-list is empty" "$(mtool pci-list p)" ""
is "detached once more: exit code 1" "$(status mtool pci-detach p $edu)" 1

# Permissive, and two at once, into the running guest.
ok "attach it again, permissive" mtool pci-attach -t 120 p "$edu,permissive=1" ||
	pci_state p
like "pciback says so" "$(pciback permissive)" "$edu"
ok "and another right behind it" mtool pci-attach -t 120 p $edu2 || pci_state p
list=$(mtool pci-list p)
diag "$list"
is "it has two" "$(echo "$list" | grep -c attached)" 2
like "one is permissive, loudly" "$list" "^$edu .*, PERMISSIVE"
like "the other is not" "$list" "^$edu2 .*, strict"
like "the log says it" "$(mtool log p)" "PCI device $edu: attached, PERMISSIVE"
first=$(mon p "f 0")
like "the guest finds it" "$first" '^000000[01][0-9a-f]$' || pci_state p
mon p "C 80 cafe0001" >/dev/null
is "a permissive device's register 0x80 changes" "$(config $edu 0x80)" 0100feca ||
	pci_state p
like "and the other one" "$(mon p "f 1")" '^000000[01][0-9a-f]$'
mon p "C 80 cafe0002" >/dev/null
unlike "whose register does not" "$(config $edu2 0x80)" 0200feca
mon p "f 0" >/dev/null
is "what was attached late works, too" "$(mon p "r 0" 120)" 010000ed ||
	pci_state p
ok "one goes" mtool pci-detach -F -t 5 p $edu || pci_state p
is "it is permissive no longer" "$(pciback permissive)" ""
is "its sister stays" "$(mtool pci-list p | cut -d' ' -f1)" $edu2

ok "destroy with a device attached" mtool destroy p
close_serial
like "which is in quarantine" "$(owner $edu2)" IO
is "nothing is left of the VM" "$(snapshot)" "$ready"

# Permissive from the start.
ok "create, permissive" \
	mtool create -p "$(pci_cfg p "pci = [ \"$edu\" ]" "pci_permissive = 1")" ||
	pci_state p
like "it is" "$(pciback permissive)" "$edu"
like "info is loud" "$(mtool info p)" 'PERMISSIVE'
mtool destroy p
is "and it is not when the VM is gone" "$(pciback permissive)" ""

ok "dom0 has both back" mtool pci-assignable-remove -r $edu $edu2
is "and nothing is left" "$(snapshot)" "$before"
done_testing
