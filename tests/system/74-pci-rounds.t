#!/bin/sh
# SPDX-License-Identifier: MIT
# Only in make check-full.
# A device comes and goes while the guest runs, the guest taking part: ROUNDS
# times (10), and each time it leaves nothing behind.
. ./lib.sh
. ./vm.sh
. ./pci.sh
rounds=${ROUNDS:-10}
now() { tr -d . </proc/uptime | cut -d" " -f1; }

ok "edu is assignable" mtool pci-assignable-add $edu
ok "create without a device, but with passthrough" \
	mtool create "$(pci_cfg p 'passthrough = "enabled"')"
t=$(domid p) s=$(stubid p)
open_monitor p
ok "the guest comes up" monitor p || pci_state p
is "it has no such device" "$(mon p "f 0")" ffffffff
no_rights="$(rights "$t")/$(rights "$s")"
diag "rights without: $no_rights"

# The guest's ACPI code, in slow: look whether a slot is to be let go of.
let_go() {
	down=$(mon p "d")
	[ "$down" != 00000000 ] && [ "$down" != timeout ] &&
		mon p "e $down" >/dev/null
}

failed=0
for i in $(seq "$rounds"); do
	start=$(now)
	mtool pci-attach -t 120 p $edu >"$TMP/attach" 2>&1 || {
		failed=$((failed + 1))
		diag "round $i: attach: $(cat "$TMP/attach")"
		pci_state p
		break
	}
	attached=$(now)
	mtool pci-detach -t 60 p $edu >"$TMP/detach" 2>&1 &
	pid=$!
	wait_for 50 let_go || diag "round $i: nothing to be let go of"
	wait $pid || {
		failed=$((failed + 1))
		diag "round $i: detach: $(cat "$TMP/detach")"
		pci_state p
		break
	}
	diag "round $i: attach $((attached - start))/100 s," \
		"detach $(($(now) - attached))/100 s"
	left="$(rights "$t")/$(rights "$s")"
	[ "$left" = "$no_rights" ] || {
		failed=$((failed + 1))
		diag "round $i: rights left: $left"
	}
	case $(owner $edu) in
	*IO*) ;;
	*)
		failed=$((failed + 1))
		diag "round $i: not in quarantine: $(owner $edu)"
		;;
	esac
done
is "$rounds rounds" $failed 0

mtool destroy p
ok "dom0 has it back" mtool pci-assignable-remove -r $edu
is "nothing is left" "$(leftovers)" "$nothing"
done_testing
