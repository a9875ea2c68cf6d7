#!/bin/sh
# SPDX-License-Identifier: MIT
# The stubdomain's QMP channel: every client gets a clean greeting, whatever
# the one before did.
. ./lib.sh
. ./vm.sh

ok "create" mtool create "$(boot_cfg g)"
t=$(domid g) s=$(stubid g)
supervisor_gone g	# which would have the channel for itself
qmp() { timeout 120 /host/helpers/qmp-vchan "$s" "$t" "$1"; }
greeting='^\{"QMP": \{"version": '

out=$(qmp query)
like "a client is greeted" "$(echo "$out" | head -n 1)" "$greeting"
like "and can ask" "$(echo "$out" | tail -n 1)" '"status": "running"'
for i in 1 2 3; do
	qmp drop
	like "after one that left at once ($i)" "$(qmp query | head -n 1)" \
		"$greeting"
	qmp cut >/dev/null
	like "after one that left a long answer unread ($i)" \
		"$(qmp query | head -n 1)" "$greeting"
done
out=$(qmp mark)
is "the reconnect marker gives a second greeting" \
	"$(echo "$out" | grep -cE "$greeting")" 2
like "and the channel still works" "$(qmp query | tail -n 1)" \
	'"status": "running"'
ok "destroy" mtool destroy g
is "nothing is left" "$(leftovers)" "$nothing"
done_testing
