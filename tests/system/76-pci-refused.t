#!/bin/sh
# SPDX-License-Identifier: MIT
# What cannot be passed through is refused in one line, and changes nothing.
. ./lib.sh
. ./vm.sh
. ./pci.sh

refused() {	# refused DESC CODE REGEX PCI...
	desc=$1 code=$2 regex=$3
	shift 3
	is "$desc: exit code $code" \
		"$(status mtool create "$(pci_cfg r "$@")")" "$code"
	like "$desc: told why" "$(out)" "$regex"
	is "$desc: in one line" "$(out | wc -l)" 1
	is "$desc: nothing has changed" "$(snapshot)" "$before"
}

before=$(snapshot)
refused "no address" 2 'r.cfg:7: pci: not the address' 'pci = [ "00:04" ]'
refused "an option that is none" 2 'r.cfg:7: pci: unknown key' \
	'pci = [ "00:04.0,colour=1" ]'
refused "the same twice" 2 'is there twice' 'pci = [ "00:04.0", "0:4.0" ]'
refused "not there" 1 'PCI device 0000:00:1c.7: not there' 'pci = [ "00:1c.7" ]'
refused "a bridge" 1 'is a bridge' 'pci = [ "00:1f.0" ]'
refused "dom0's" 1 'not assignable.*mtool pci-assignable-add' \
	'pci = [ "00:04.0" ]'
refused "memory on demand" 2 'memory and maxmem' 'pci = [ "00:04.0" ]' \
	'maxmem = 128'

ok "a VM without passthrough" mtool create "$(pci_cfg p)"
ok "a device" mtool pci-assignable-add $edu
before=$(snapshot)
is "it cannot be given one: exit code 1" "$(status mtool pci-attach p $edu)" 1
like "which says what would help" "$(out)" 'passthrough = "enabled"'
is "one line" "$(out | wc -l)" 1
is "no such VM" "$(status mtool pci-attach nobody $edu)" 3
is "it has none to take" "$(status mtool pci-detach p $edu)" 1
is "nor ever had" "$(status mtool pci-detach p 00:1c.7)" 1
is "wrong words" "$(status mtool pci-attach p)" 2
is "wrong address" "$(status mtool pci-detach p x)" 2
is "nothing has changed" "$(snapshot)" "$before"
like "it is in quarantine all the time" "$(owner $edu)" IO
mtool destroy p
mtool pci-assignable-remove $edu
done_testing
