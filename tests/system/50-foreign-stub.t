#!/bin/sh
# SPDX-License-Identifier: MIT
# Stubdomains that are not ours: a shell script written from the protocol's
# text, that knows only one of the two directories for QEMU's arguments.
. ./lib.sh
. ./vm.sh

for kind in dmargs dm-argv; do
	cfg=$(boot_cfg f "stubdomain_ramdisk = \"/host/foreign/initrd-$kind\"" \
		'stubdomain_memory = 320')
	ok "$kind: create" mtool create -t 180 "$cfg" || diag "$(mtool log f)"
	open_serial f
	ok "$kind: the guest boots" \
		wait_for 120 serial_says f 'mtool boot sector: ready'
	type_line "through-$kind"
	ok "$kind: and answers" wait_for 60 serial_says f "through-$kind"
	ok "$kind: destroy" mtool destroy f
	close_serial
done

# and the other way round: only what the stub reads is written
cfg=$(boot_cfg f "stubdomain_ramdisk = \"/host/foreign/initrd-dmargs\"" \
	'stubdomain_memory = 320' 'stubdomain_protocol = "v5"')
ok "v5 only: create" mtool create -t 180 "$cfg"
image=$(xenstore-read "/local/domain/$(domid f)/vm")/image
ok "v5 only: dmargs is there" xenstore-exists "$image/dmargs/001"
not_ok "v5 only: dm-argv is not" xenstore-exists "$image/dm-argv"
ok "v5 only: destroy" mtool destroy f
is "nothing is left" "$(leftovers)" "$nothing"
done_testing
