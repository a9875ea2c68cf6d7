#!/bin/sh
# SPDX-License-Identifier: MIT
# QMP to a stubdomain that serves it with Xen's own vchan-socket-proxy: it
# gives a new client what the old one left, and not always a greeting.
. ./lib.sh
. ./vm.sh
. ./qmp.sh

foreign() {	# foreign WORD...: a VM with such a stubdomain
	boot_cfg f "$(debug_exit)" 'stubdomain_memory = 320' \
		'stubdomain_ramdisk = "/host/foreign/initrd-dm-argv"' "$@"
}

ok "create" mtool create -t 180 "$(foreign)"
ok "QMP works" wait_for 60 mtool qmp f query-status
like "large replies as well" "$(mtool qmp f query-qmp-schema | tail -c 40)" \
	'\]$'
survives f "${KILLS:-10}"
device_model_dies f

# one that does not notice that its QEMU is gone
ok "create" mtool create -t 180 \
	"$(foreign 'stubdomain_cmdline = "foreign.stay"')"
ok "QMP works" wait_for 60 mtool qmp f query-status
device_model_dies f

ok "create, without the marker" mtool create -t 180 \
	"$(foreign 'qmp_marker = 0')"
ok "QMP works" wait_for 60 mtool qmp f query-status
survives f 3
ok "destroy" mtool destroy f
is "nothing is left" "$(leftovers)" "$nothing"
done_testing
