#!/bin/sh
# SPDX-License-Identifier: MIT
# Only in make check-full.
# The Linux guest's network through emulated nics of three models, PV drivers
# kept off: guest, QEMU, the stub's bridges, netback, dom0's bridges.
. ./lib.sh
. ./vm.sh
. ./nets.sh

back() { xenstore-read "/local/domain/0/backend/vif/$1"; }

make_bridges
start=$(interfaces)
serve_data
boot_linux emu linux-emu
t=$(domid emu) s=$(stubid emu)
addresses emu e1000 8139cp virtio_net
is "dom0's ends are in their bridges" \
	"$(ls /sys/class/net/mbr0/brif /sys/class/net/mbr1/brif | grep vif |
		sort | xargs)" \
	"$(printf 'vif%d.%d\n' "$s" 0 "$s" 1 "$s" 2 "$t" 0 "$t" 1 "$t" 2 |
		sort | xargs)"
is "the stub is connected" "$(back "$s/0/state")$(back "$s/1/state")$(
	back "$s/2/state")" 444
is "the guest's PV nics wait for a driver" \
	"$(back "$t/0/state")$(back "$t/1/state")$(back "$t/2/state")" 222
pings emu 0.4
transfers emu
finish emu
done_testing
