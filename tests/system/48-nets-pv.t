#!/bin/sh
# SPDX-License-Identifier: MIT
# The same guest with its PV drivers: it has the emulated nics unplugged, and
# talks to netback itself.
. ./lib.sh
. ./vm.sh
. ./nets.sh

back() { xenstore-read "/local/domain/0/backend/vif/$1"; }

make_bridges
start=$(interfaces)
serve_data
boot_linux pv linux
t=$(domid pv)
addresses pv vif vif vif
is "the guest's PV nics are connected" \
	"$(back "$t/0/state")$(back "$t/1/state")$(back "$t/2/state")" 444
is "it has no others" "$(serial_log pv | grep -c '^nic: ')" 3
pings pv 0.1
transfers pv
finish pv
done_testing
