#!/bin/sh
# SPDX-License-Identifier: MIT
# Stubdomains that fail: told at once and why, and nothing stays.
. ./lib.sh
. ./vm.sh

cfg=$(boot_cfg g)
before=$(snapshot)

mtool create "$cfg" 'stubdomain_cmdline=rdinit=/nonexistent panic=1' \
	>"$TMP/out" 2>"$TMP/err"
is "a stub that dies at once: exit code 6" $? 6
like "which is said" "$(head -n 1 "$TMP/err")" \
	'^mtool: g: stubdomain \(domain [0-9]+\) '
like "with its last words, indented" "$(cat "$TMP/err")" '^  .*panic'
ok "at most 20 of them" test "$(wc -l <"$TMP/err")" -le 21
is "nothing is left" "$(leftovers)" "$nothing"
is "xenstore and Xen are as before" "$(snapshot)" "$before"

# A kernel that waits for ever before init: it never becomes ready.
start=$(cut -d. -f1 /proc/uptime)
mtool create -t 6 "$cfg" 'stubdomain_cmdline=root=/dev/nope rootwait rdinit=/x' \
	>"$TMP/out" 2>"$TMP/err"
is "a stub that is never ready: exit code 5" $? 5
took=$(($(cut -d. -f1 /proc/uptime) - start))
ok "after the limit" test "$took" -ge 6
like "the limit is named" "$(head -n 1 "$TMP/err")" \
	'^mtool: g: device model: not within 6 s \(create -t, or stubdomain_t'
like "the log's end is shown" "$(cat "$TMP/err")" '^  '
is "nothing is left" "$(leftovers)" "$nothing"
is "xenstore and Xen are as before" "$(snapshot)" "$before"

# The same stub destroyed from outside in mid-boot: create must not wait.
mtool create -t 120 "$cfg" 'stubdomain_cmdline=root=/dev/nope rootwait rdinit=/x' \
	>"$TMP/out" 2>"$TMP/err" &
creator=$!
stub_there() { xl list | grep -q '^g-dm '; }
ok "a second stub boots" wait_for 60 stub_there
stub_runs() {
	xl list g-dm | awk 'NR == 2 { runs = $5 ~ /^[rb-]*$/ } END { exit !runs }'
}
ok "and runs" wait_for 60 stub_runs
s=$(xl list | awk '$1 == "g-dm" { print $2 }')
start=$(cut -d. -f1 /proc/uptime)
xl destroy "$s" 2>/dev/null
wait $creator
is "a stub that is destroyed: exit code 6" $? 6
took=$(($(cut -d. -f1 /proc/uptime) - start))
ok "told long before the limit" test $took -lt 30
diag "told after $took s"
is "nothing is left" "$(leftovers)" "$nothing"

# The user gives up.
mtool create -t 120 "$cfg" 'stubdomain_cmdline=root=/dev/nope rootwait rdinit=/x' \
	>"$TMP/out" 2>"$TMP/err" &
creator=$!
wait_for 60 stub_runs
kill -TERM $creator
wait $creator
is "a create that is interrupted fails" $? 1
like "saying so" "$(cat "$TMP/err")" 'interrupted'
is "and leaves nothing" "$(leftovers)" "$nothing"
is "xenstore and Xen are as before" "$(snapshot)" "$before"

# Nobody can clear up after SIGKILL, but the supervisor is there already.
mtool create -t 120 "$cfg" 'stubdomain_cmdline=root=/dev/nope rootwait rdinit=/x' \
	>"$TMP/out" 2>"$TMP/err" &
creator=$!
wait_for 60 stub_runs
kill -KILL $creator
gone() { [ ! -e /run/mtool/g ]; }
ok "a create that is killed half-way is cleared up" wait_for 60 gone
is "nothing is left" "$(leftovers)" "$nothing"
is "xenstore and Xen are as before" "$(snapshot)" "$before"

# The VM's stub dies while it runs.
ok "a good one" mtool create "$cfg"
s=$(stubid g)
xl destroy "$s" 2>/dev/null
ok "its stub destroyed, the VM ends" wait_for 30 gone
is "nothing is left" "$(leftovers)" "$nothing"
done_testing
