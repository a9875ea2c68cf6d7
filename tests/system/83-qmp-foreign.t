#!/bin/sh
# SPDX-License-Identifier: MIT
# Only in make check-full.
# QMP to a stubdomain that serves it with Xen's own vchan-socket-proxy: it
# gives a new client what the old one left, and not always a greeting.
. ./lib.sh
. ./vm.sh
. ./qmp.sh

foreign() {	# foreign LINE...: a VM with such a stubdomain has booted
	cfg=$(boot_cfg f "$(debug_exit)" 'stubdomain_memory = 320' \
		'stubdomain_ramdisk = "/host/foreign/initrd-dm-argv"' "$@")
	ok "create" mtool create -t 180 "$cfg"
	open_serial f
	ok "the guest has booted" \
		wait_for 120 serial_says f 'boot sector: ready'
	ok "QMP works" mtool qmp f query-status
}

foreign
like "large replies as well" "$(mtool qmp f query-qmp-schema | tail -c 40)" \
	'\]$'
survives f "$(often 100 10)"
device_model_dies f
close_serial

# one that does not notice that its QEMU is gone
foreign 'stubdomain_cmdline = "foreign.stay"'
device_model_dies f
close_serial

# without the marker that such a server does not know
foreign 'qmp_marker = 0'
survives f 3
ok "destroy" mtool destroy f
close_serial
is "nothing is left" "$(leftovers)" "$nothing"
done_testing
