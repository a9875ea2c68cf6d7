#!/bin/sh
# SPDX-License-Identifier: MIT
# Every call that mtool makes to Xen, xenstore, QEMU, the kernel or for memory
# fails once: create takes everything back, or does without; destroy and detach
# are done at the second attempt at the latest; attach leaves the VM with the
# device or as it was; a VM that cannot be rebooted is gone, or is supervised by
# the next command. And wherever create dies, gc clears what it left.
#
# make check-faults does all of them, which takes hours; else some of each,
# evenly over the functions.
#
#   FAULT_PARTS  which: create,destroy,reboot,hot,die
#   FAULT_FROM   the first number of a part, to go on after
. ./lib.sh
. ./vm.sh

parts=$(echo "${FAULT_PARTS:-create,destroy,reboot,hot,die}" | tr , " ")
from=${FAULT_FROM:-1}
faulty=/host/mtool-faults
# A stub whose kernel says little: a supervisor makes two calls for each line.
cfg=$(boot_cfg g "stubdomain_cmdline = \"$(sed -n \
	's/^stubdomain_cmdline = "\(.*\)"/\1/p' /etc/mtool/mtool.conf) loglevel=1\"")
log=$TMP/calls order=$TMP/order
make_bridges
mkdir -p /run/mtool
more=$TMP/more
truncate -s 8M "$more"
mac=00:16:3e:46:00:09

linux_cfg() {
	cat >"$TMP/linux.cfg" <<-EOF
		name = "g"
		type = "hvm"
		memory = 192
		tsc_mode = "native"
		vga = "none"
		serial = "pty"
		disk = [ "format=raw,vdev=sda,access=rw,target=$(guest_disk linux)" ]
		vif = [ "mac=$(nic_mac 0),bridge=mbr1" ]
	EOF
	echo "$TMP/linux.cfg"
}

# The world: what a VM could leave. Xen's free memory counts in MiB.
world() {
	snapshot
	losetup -a
	ls -A /run/mtool /run/mtool/g 2>/dev/null
	ps -o comm | grep '^mtool'
	xl info | grep '^free_memory'
	interfaces
}
settled() { [ "$(world)" = "$before" ]; }
as_before() {
	wait_for 30 settled && return
	world >"$TMP/now"
	echo "$before" | diff - "$TMP/now"
	return 1
}

# fault N WORD...: mtool, whose call number N fails; its name is in $call
fault() {
	n=$1
	shift
	rm -f "$log"
	FAULT=$n FAULT_LOG=$log timeout 200 $faulty "$@" >"$TMP/out" 2>"$TMP/err"
	status=$?
	call=$(cat "$log" 2>/dev/null)
	return $status
}

# one_line: what a failure may say, before a stub's last words
one_line() { [ "$(grep -vc '^  ' "$TMP/err")" -le 1 ]; }

# Either it is done, or it says why in one line.
answers() {	# answers PART
	[ $status = 0 ] && return
	[ $status -le 7 ] && one_line && return
	fail "$1, call $call: exit status $status, one line"
	diag "$(cat "$TMP/err")"
}
# The world is as it was before this. If not it is told once, and what it is
# now counts from here on.
clean() {	# clean PART
	wait_for 30 settled && return
	fail "$1, call $call: nothing is left"
	world >"$TMP/now"
	diag "exit status $status: $(cat "$TMP/err")"
	diag "$(echo "$before" | diff - "$TMP/now")"
	clear
	wait_for 30 settled || before=$(world)
}
clear() {
	case $part in
	attach | detach)
		# shellcheck disable=SC2086
		mtool ${detach%% *} -F ${detach#* } >/dev/null 2>&1
		return
		;;
	esac
	mtool destroy g >/dev/null 2>&1
	mtool gc >/dev/null 2>&1
}

# each PART FUNCTION COUNT: FUNCTION N, for all the calls in the log, or for
# COUNT of them
each() {
	part=$1 try=$2 tried=0 names=''
	if [ -n "${FULL:-}" ]; then
		cut -d' ' -f1 "$log"
	else
		awk '!seen[$2]++ { print $1 }' "$log" |
			awk -v want="$3" '{ n[NR] = $0 }
				END { for (i = 0; i < want && i < NR; i++)
					print n[int(i * NR / want) + 1] }'
	fi >"$TMP/numbers"
	diag "$part: $(wc -l <"$log") calls"
	while read -r number; do
		[ "$number" -ge "$from" ] || continue
		$try "$number" </dev/null || break
		tried=$((tried + 1))
		[ -n "${FULL:-}" ] || names="$names, $call"
		[ $((tried % 100)) != 0 ] || diag "$part: $tried tried"
	done <"$TMP/numbers"
	[ -z "$names" ] || diag "$part: ${names#, }"
	ok "$part: $tried calls failed, one at a time" \
		test $tried = "$(awk -v from="$from" '$1 >= from' \
			"$TMP/numbers" | wc -l)"
}

create_fails() {
	fault "$1" create "$cfg" && mtool destroy g >/dev/null 2>&1
	answers create
	clean create
}

vm() {	# g is there, and well
	mtool create "$cfg" >"$TMP/out" 2>&1 && return
	fail "create before $part"
	diag "$(cat "$TMP/out")"
}

destroy_fails() {
	vm || return
	fault "$1" destroy g
	answers destroy
	[ $status = 0 ] || ok "destroy, call $call: the second one succeeds" \
		mtool destroy g
	clean destroy
}

# Anywhere in it it dies, supervisor or not.
create_dies() {
	fault "die:$1" create "$cfg"
	mtool gc >"$TMP/err" 2>&1
	[ ! -e /run/mtool/g ] || mtool destroy g >"$TMP/err" 2>&1
	clean 'create that dies'
}

# The device is there, or not; it can be taken away, and then all is as it was.
# shellcheck disable=SC2086 # words
attach_fails() {
	fault "$1" $attach && mtool $detach >"$TMP/out" 2>&1
	answers "$attach"
	clean "$attach"
}
# shellcheck disable=SC2086
detach_fails() {
	mtool $attach >"$TMP/out" 2>&1 || {
		fail "$attach before $detach"
		diag "$(cat "$TMP/out")"
		return 1
	}
	fault "$1" $detach || mtool $detach >"$TMP/out" 2>&1
	answers "$detach"
	clean "$detach"
}
# shellcheck disable=SC2086
hot() {	# with $attach and $detach
	was=$(snapshot; losetup -a)
	ok "works: $attach" fault 0 $attach
	cp "$log" "$TMP/calls.attach"
	ok "works: $detach" fault 0 $detach
	cp "$log" "$TMP/calls.detach"
	ok "and all is as before" wait_for 30 eval \
		'[ "$(snapshot; losetup -a)" = "$was" ]'
	# mtool's list of such devices is there now, and empty
	before=$(world)
	cp "$TMP/calls.attach" "$log"
	each attach attach_fails 4
	cp "$TMP/calls.detach" "$log"
	each detach detach_fails 3
}
# Once with nothing failing: what there is to fail.
calls_of() {	# calls_of WORD...
	rm -f "$TMP/whole"
	ok "works when nothing fails: $*" fault 0 "$@"
}

# A supervisor that can be told to fail; it reboots a VM 5 times a minute.
born() {
	rm -f "$order" "$log"
	FAULT_FILE=$order FAULT_LOG=$log $faulty create "$cfg" >"$TMP/out" 2>&1
	status=$? reboots=0
	supervisor=$(cat /run/mtool/g/supervisor.pid)
	return $status
}
tell() { echo "$1" >"$order.new" && : >"$log" && mv "$order.new" "$order"; }
reboot_fails() {
	if [ ! -e /run/mtool/g ]; then
		born || fail "create before reboot" || return
	fi
	tell "$1"
	mtool reboot -F -w -t 60 g >"$TMP/out" 2>"$TMP/err"
	status=$? reboots=$((reboots + 1))
	call=$(cat "$log")
	answers reboot
	# one that died, or died out, has had its VM's end told by the next
	if [ $reboots -lt 4 ] && [ $status = 0 ] &&
		[ "$(cat /run/mtool/g/supervisor.pid)" = "$supervisor" ]; then
		mtool qmp g query-version >"$TMP/out" 2>&1 ||
			fail "reboot, call $call: it answers"
		return
	fi
	mtool destroy g >"$TMP/out" 2>&1 || {
		fail "reboot, call $call: destroy"
		diag "$(cat "$TMP/out")"
	}
	clean reboot
}

before=$(world)
for p in $parts; do
	case $p in
	create)
		calls_of create "$cfg"
		mtool destroy g
		ok "and all is as before" as_before
		each create create_fails 12
		;;
	destroy)
		part=destroy
		ok "a VM" vm
		calls_of destroy g
		each destroy destroy_fails 4
		;;
	die)
		calls_of create "$cfg"
		mtool destroy g
		each 'create dies' create_dies 4
		;;
	reboot)
		born
		is "a VM with a supervisor that can be told to fail" $status 0
		tell 0
		ok "reboot works when nothing fails" \
			mtool reboot -F -w -t 60 g
		cp "$log" "$TMP/calls.reboot"
		mtool destroy g
		ok "and all is as before" as_before
		cp "$TMP/calls.reboot" "$log"
		each reboot reboot_fails 4
		mtool destroy g
		wait_for 30 settled
		;;
	hot)
		nothing_there=$before
		ok "a guest with PV drivers" mtool create -t 180 "$(linux_cfg)"
		open_serial g
		ok "it reaches its shell" \
			wait_for 400 serial_says g 'linux guest: shell ready'
		attach="block-attach g vdev=xvdf,access=rw,target=$more"
		detach="block-detach g xvdf"
		hot
		attach="network-attach g mac=$mac,bridge=mbr0"
		detach="network-detach g $mac"
		hot
		ok "the VM is destroyed" mtool destroy g
		close_serial
		before=$nothing_there
		ok "and all is as before" as_before
		;;
	esac
done
mtool destroy g >/dev/null 2>&1
remove_bridges
done_testing
