#!/bin/sh
# SPDX-License-Identifier: MIT
# Whatever is killed, whenever: gc finds what is left, and only that.
. ./lib.sh
. ./vm.sh

KILLS=$(often 200 10)

# --- what gc must not touch ---
ok "a VM that runs" mtool create "$(boot_cfg keep)"
kill_supervisor keep
sed 's/^name = .*/name = "xl-guest"/' "$(boot_cfg x)" >"$TMP/xl.cfg"
grep -E '^(device_model|stubdomain)' /root/xl-boot.cfg >>"$TMP/xl.cfg"
ok "a guest of another toolstack" xl create -p "$TMP/xl.cfg"
others=$(snapshot)
is "gc finds nothing" "$(mtool gc)" ""
is "and touches nothing" "$(snapshot)" "$others"
is "not even with nobody to supervise it" "$(mtool gc -n)" ""

# --- creators and supervisors killed at any moment of a create ---
victim() { cat /run/mtool/g/supervisor.pid 2>/dev/null; }
round=0 left=0
while [ $round -lt "$KILLS" ]; do
	mtool create "$(boot_cfg g)" >/dev/null 2>&1 &
	creator=$!
	sleep "$((round % 4)).$((round * 7 % 10))"
	kill -KILL $creator $(victim) 2>/dev/null
	wait $creator
	[ ! -e /run/mtool/g ] || left=$((left + 1))
	mtool gc -n >"$TMP/dry"
	mtool gc >"$TMP/gc" || break
	rm -f "$TMP"/boot.*
	if [ "$(snapshot)" != "$others" ] || [ -e /run/mtool/g ]; then
		snapshot >"$TMP/now"
		echo "$others" | diff - "$TMP/now" | sed 's/^/# /'
		break
	fi
	round=$((round + 1))
done
is "$KILLS creates killed: gc leaves nothing, and the others as they were" \
	$round "$KILLS" || diag "$(cat "$TMP/dry" "$TMP/gc")"
ok "there was something for it to do" test $left -gt 0
diag "$left of $KILLS left something"

# --- a VM that nobody remembers ---
ok "create" mtool create "$(boot_cfg g)"
kill_supervisor g
t=$(domid g)
rm -rf /run/mtool/g
like "gc -n finds its domains" "$(mtool gc -n)" "^domain $t: "
ok "and leaves them" xl domname "$t"
like "gc removes them" "$(mtool gc)" "^domain $t: .* is removed"
is "all of them" "$(snapshot)" "$others"

# --- a half-built VM is no obstacle to the next of its name ---
mtool create "$(boot_cfg g)" >/dev/null 2>&1 &
creator=$!
built() { grep -q '^stub ' /run/mtool/g/journal; }
ok "a create is half-way" wait_for 60 built
kill -KILL $creator $(victim) 2>/dev/null
wait $creator
mtool create "$(boot_cfg g)" >"$TMP/out" 2>&1
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
is "nothing is left" "$(leftovers)" "$nothing"
done_testing
