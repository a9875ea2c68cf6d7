#!/bin/sh
# SPDX-License-Identifier: MIT
# Only in make check-full.
# Whatever is killed, whenever: gc finds what is left, and only that.
. ./lib.sh
. ./vm.sh

KILLS=$(often 200 9)

# --- what gc must not touch ---
ok "a VM that runs" mtool create "$(boot_cfg keep)"
supervisor_gone keep
sed 's/^name = .*/name = "xl-guest"/' "$(boot_cfg x)" >"$TMP/xl.cfg"
grep -E '^(device_model|stubdomain)' /root/xl-boot.cfg >>"$TMP/xl.cfg"
ok "a guest of another toolstack" xl create -p "$TMP/xl.cfg"
others=$(snapshot) loops=$(losetup -a | wc -l)
is "gc finds nothing" "$(mtool gc)" ""
is "and touches nothing" "$(snapshot)" "$others"
is "not even with nobody to supervise it" "$(mtool gc -n)" ""

# --- all killed at any moment of a create, a reboot and a destroy ---
# (keep has no supervisor, so that every mtool there is is g's)
cfg=$(boot_cfg g) round=0 left=0
# killed_in SECONDS WORD...: mtool and all that it has started
killed_in() {
	limit=$1
	shift
	mtool "$@" >/dev/null 2>&1 &
	started=$!
	sleep "$limit"
	killall -KILL mtool 2>/dev/null
	wait $started
	wait_for 30 eval '! pidof mtool'
}
as_before() {
	[ "$(snapshot)" = "$others" ] && [ ! -e /run/mtool/g ] &&
		[ "$(losetup -a | wc -l)" = "$loops" ]
}
while [ $round -lt "$KILLS" ]; do
	part=$((round * 7 % 10))
	case $((round % 3)) in
	0)	killed_in $((round / 3 % 9)).$part create "$cfg" ;;
	1)	mtool create "$cfg" || break
		killed_in $((round / 3 % 9)).$part reboot -F -w g ;;
	2)	mtool create "$cfg" || break
		killed_in 0.$((round / 3 % 4))$part destroy g ;;
	esac
	[ ! -e /run/mtool/g ] || left=$((left + 1))
	mtool gc -n >"$TMP/dry"
	mtool gc >"$TMP/gc" || break
	# what runs is no garbage, whoever was about to end it
	[ ! -e /run/mtool/g ] || mtool destroy g || break
	if ! wait_for 10 as_before; then
		snapshot >"$TMP/now"
		diag "$(losetup -a)"
		echo "$others" | diff - "$TMP/now" | sed 's/^/# /'
		break
	fi
	round=$((round + 1))
done
is "$KILLS times killed: gc leaves nothing, and the others as they were" \
	$round "$KILLS" || diag "$(cat "$TMP/dry" "$TMP/gc")"
ok "there was something for it to do" test $left -gt 0
diag "$left of $KILLS left something"

# --- a VM that nobody remembers ---
ok "create" mtool create "$cfg"
supervisor_gone g
t=$(domid g)
rm -rf /run/mtool/g
like "as JSON, too" "$(mtool gc -n --json)" "^  \"domain $t: "
like "gc -n finds its domains" "$(mtool gc -n)" "^domain $t: "
ok "and leaves them" xl domname "$t"
like "gc removes them" "$(mtool gc)" "^domain $t: .* is removed"
is "all of them" "$(snapshot)" "$others"

# --- a half-built VM is no obstacle to the next of its name ---
mtool create "$cfg" >/dev/null 2>&1 &
creator=$!
built() { grep -q '^stub ' /run/mtool/g/journal; }
ok "a create is half-way" wait_for 60 built
killall -KILL mtool
wait $creator
mtool create "$cfg" >"$TMP/out" 2>&1
is "create clears it and goes on" $? 0 || diag "$(cat "$TMP/out")"
like "and says so" "$(cat "$TMP/out")" 'g: what was left of a half-built VM'
ok "destroy" mtool destroy g

# --- files ---
mkdir /run/mtool/.gone-999999
: >/run/mtool/.gone-999999/lock
head -c 6000000 /dev/zero | tr '\0' x >/var/log/mtool/nobody.log
like "gc finds files" "$(mtool gc)" 'nobody.log: cut to its end'
not_ok "a directory whose removal was cut short is gone" \
	test -e /run/mtool/.gone-999999
is "the log has its limit" "$(stat -c %s /var/log/mtool/nobody.log)" 4194304
rm /var/log/mtool/nobody.log

ok "the VM still runs" mtool info keep
ok "destroy" mtool destroy keep
ok "so does the other's" xl destroy xl-guest
is "nothing is left" "$(leftovers)" "$nothing" || diag "$(losetup -a)"
done_testing
