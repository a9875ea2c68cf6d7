#!/bin/sh
# SPDX-License-Identifier: MIT
# Only in make check-full.
# The end of several VMs at once.
. ./lib.sh
. ./vm.sh

centiseconds() { cut -d' ' -f1 /proc/uptime | tr -d .; }
took() {	# took COMMAND...: its time in centiseconds
	begin=$(centiseconds)
	"$@" >/dev/null 2>&1 || echo failed
	echo $(($(centiseconds) - begin))
}
# Small ones: two emulated CPUs spend most of this on freeing pages.
for vm in one v1 v2 v3 v4 v5; do
	mtool create "$(boot_cfg $vm 'memory = 32' 'stubdomain_memory = 160')" ||
		fail "create $vm"
done
ok "pause" mtool pause v1
is "shutdown -F -w: a guest that sleeps: exit code 5" \
	"$(status mtool shutdown -F -w -t 2 v1)" 5
like "which is said" "$(out)" '^mtool: v1: the guest has not done it within 2 s'
like "it is there still" "$(mtool list v1)" ' paused '
one=$(took mtool destroy one)
five=$(took mtool destroy --all)
diag "one VM is gone after ${one}0 ms, five after ${five}0 ms"
# How much longer than one is a matter of CPUs: the rig has two.
ok "they go side by side" test "$five" -lt $((one * 4))
is "nothing is left" "$(leftovers)" "$nothing"
done_testing
