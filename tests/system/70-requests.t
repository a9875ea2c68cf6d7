#!/bin/sh
# SPDX-License-Identifier: MIT
# How much create and destroy ask of xenstored, by its own trace.
. ./lib.sh
. ./vm.sh

cfg=$(boot_cfg g)
trace=/run/xenstored/trace.log
xenstore-control logfile $trace >/dev/null
xenstore-control log on >/dev/null
ok "create under xenstored's trace" mtool create "$cfg"
xenstore-control log off >/dev/null

# Lines are "IN 0x55... 20261122 16:45:00 WRITE (...)". The domains' and the
# kernel's connections are in it too; only ours introduces domains.
mine=$(awk '$1 == "IN" && / INTRODUCE \(/ { print $2 }' $trace | sort -u)
is "one connection did the work" "$(echo "$mine" | grep -c 0x)" 1
n=$(awk -v c="$mine" '$1 == "IN" && $2 == c' $trace | wc -l)
t=$(awk -v c="$mine" '$1 == "IN" && $2 == c && / TRANSACTION_START/' $trace |
	wc -l)
diag "create: $n requests, $t transactions"
ok "at most 8 transactions" test "$t" -le 8
ok "and at least one" test "$t" -ge 1

rm -f $trace
xenstore-control log on >/dev/null
ok "destroy" mtool destroy g
xenstore-control log off >/dev/null
diag "destroy: $(grep -c '^IN' $trace) requests by all"
is "nothing is left" "$(leftovers)" "$nothing"
done_testing
