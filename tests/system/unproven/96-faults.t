#!/bin/sh
# SPDX-License-Identifier: MIT
# Every call that create and destroy make to Xen, xenstore, the kernel or for
# memory fails once: create takes everything back, or does without; destroy is
# done at the second attempt at the latest.
#
# make check-full does all of them, which takes an hour; else the first call of
# each function in each of the two.
. ./lib.sh
. ./vm.sh

which=$(often all first)
faulty=/host/mtool-faults
cfg=$(boot_cfg g)
log=$TMP/calls

# The world: what a VM could leave. Xen's free memory counts in MiB.
world() {
	snapshot
	losetup -a
	ls -A /run/mtool
	ps -o comm | grep '^mtool'
	xl info | grep '^free_memory'
}
settled() { [ "$(world)" = "$before" ]; }
before=$(world)

# fault N WORD...: mtool, whose call number N fails
fault() {
	n=$1
	shift
	rm -f "$log"
	FAULT=$n FAULT_LOG=$log timeout 200 $faulty "$@" >"$TMP/out" 2>"$TMP/err"
}

# numbers FILE: those to try
numbers() {
	if [ "$which" = all ]; then
		cut -d' ' -f1 "$1"
	else
		awk '!seen[$2]++ { print $1 }' "$1"
	fi
}

# one_line: what a failure may say, before a stub's last words
one_line() { [ "$(grep -vc '^  ' "$TMP/err")" -le 1 ]; }

ok "create works when nothing fails" fault 0 create "$cfg"
cp "$log" "$TMP/create"
ok "so does destroy" fault 0 destroy g
cp "$log" "$TMP/destroy"
ok "and all is as before" wait_for 30 settled
diag "$(wc -l <"$TMP/create") calls in create, $(wc -l <"$TMP/destroy") in destroy"

tried=0
for n in $(numbers "$TMP/create"); do
	fault "$n" create "$cfg"
	status=$?
	name=$(cat "$log" 2>/dev/null)
	if [ $status = 0 ]; then
		mtool destroy g >/dev/null 2>&1
	fi
	if [ $status -gt 7 ] || { [ $status != 0 ] && ! one_line; }; then
		fail "create, call $name: exit status $status, one line"
		diag "$(cat "$TMP/err")"
	fi
	if ! wait_for 30 settled; then
		fail "create, call $name: nothing is left"
		diag "exit status $status: $(cat "$TMP/err")"
		world >"$TMP/now"
		diag "$(echo "$before" | diff - "$TMP/now")"
		mtool destroy g >/dev/null 2>&1
		mtool gc >/dev/null 2>&1
		wait_for 30 settled || before=$(world)
	fi
	tried=$((tried + 1))
done
ok "$tried calls of create" test $tried -gt 30

tried=0
for n in $(numbers "$TMP/destroy"); do
	mtool create "$cfg" >"$TMP/out" 2>&1 || {
		fail "create before destroy"
		diag "$(cat "$TMP/out")"
		break
	}
	fault "$n" destroy g
	status=$?
	name=$(cat "$log" 2>/dev/null)
	if [ $status -gt 7 ] || { [ $status != 0 ] && ! one_line; }; then
		fail "destroy, call $name: exit status $status, one line"
		diag "$(cat "$TMP/err")"
	fi
	[ $status = 0 ] || mtool destroy g >"$TMP/out" 2>&1 || {
		fail "destroy, call $name: the second one succeeds"
		diag "$(cat "$TMP/out")"
	}
	if ! wait_for 30 settled; then
		fail "destroy, call $name: nothing is left"
		world >"$TMP/now"
		diag "$(echo "$before" | diff - "$TMP/now")"
		before=$(world)
	fi
	tried=$((tried + 1))
done
ok "$tried calls of destroy" test $tried -gt 5
done_testing
