#!/bin/sh
# SPDX-License-Identifier: MIT
# Only in make check-full.
# Whatever dies while a device is attached, the device ends in quarantine, and
# never with a driver of dom0's.
. ./lib.sh
. ./vm.sh
. ./pci.sh

before=$(snapshot)
ok "edu is assignable" mtool pci-assignable-add $edu
ready=$(snapshot)
cfg=$(pci_cfg p "pci = [ \"$edu\" ]")

settled() {	# settled WHAT: and no trace of the VM
	like "$1: in quarantine" "$(owner $edu)" IO
	is "$1: pciback has it" "$(basename "$(readlink $sys/devices/$edu/driver)")" \
		pciback
	is "$1: nothing is left of the VM" "$(snapshot)" "$ready" || pci_state p
}
gone() { test ! -e /run/mtool/p; }

ok "create" mtool create "$cfg" || pci_state p
xl destroy "$(domid p)"
ok "the guest is destroyed by another: the VM goes" wait_for 60 gone
settled "guest destroyed"

ok "create" mtool create "$cfg" || pci_state p
xl destroy "$(stubid p)"
ok "its stub is killed: the VM goes" wait_for 60 gone
settled "stub killed"

ok "create" mtool create "$cfg" || pci_state p
kill_supervisor p
is "its supervisor is killed: the VM lives" "$(mtool list | grep -c '^p ')" 1
like "and has its device" "$(mtool pci-list p)" "^$edu .*attached"
ok "destroy" mtool destroy p
settled "supervisor killed"

ok "create" mtool create "$cfg" || pci_state p
t=$(domid p) s=$(stubid p)
kill_supervisor p
xl destroy "$s"
xl destroy "$t"
diag "gc: $(mtool gc 2>&1)"
settled "everything killed"

# mtool itself, at any moment of an attach.
ok "create without a device" mtool create \
	"$(pci_cfg p 'passthrough = "enabled"')" || pci_state p

for ms in 050 200 500 900 1500; do
	mtool pci-attach -t 120 p $edu >/dev/null 2>&1 &
	pid=$!
	sleep "${ms%???}.${ms#"${ms%???}"}"
	kill -KILL $pid 2>/dev/null
	wait $pid 2>/dev/null
	diag "killed after $ms ms: $(mtool pci-list p)"
	case $(mtool pci-list p) in
	*", attached"*) mtool pci-detach -F -t 5 p $edu ;;
	*) diag "gc: $(mtool gc 2>&1)" ;;
	esac
	is "killed after $ms ms: no device" "$(mtool pci-list p)" ""
	like "but in quarantine" "$(owner $edu)" IO
done
ok "it can be attached all the same" mtool pci-attach -t 120 p $edu || pci_state p
ok "destroy" mtool destroy p
settled "attach killed"

# Creation, killed; and a failing one.
mtool create "$cfg" >/dev/null 2>&1 &
pid=$!
sleep 3
kill -KILL $pid
wait $pid 2>/dev/null
wait_for 60 gone || diag "gc: $(mtool gc 2>&1)"
settled "create killed"
is "the device model is too slow: create fails" \
	"$(status mtool create -t 1 "$cfg")" 5
diag "$(out | head -n 3)"
settled "create failed"

ok "dom0 has it back" mtool pci-assignable-remove -r $edu
is "nothing is left" "$(snapshot)" "$before"
done_testing
