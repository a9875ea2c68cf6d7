#!/bin/sh
# SPDX-License-Identifier: MIT
# How much create and destroy ask of xenstored, by its own trace, and what
# more devices cost: requests, not time.
. ./lib.sh
. ./vm.sh

trace=/run/xenstored/trace.log
xenstore-control logfile $trace >/dev/null

# Lines are "IN 0x55... 20261122 16:45:00 WRITE (...)". The domains' and the
# kernel's connections are in it too; only ours introduces domains.
# count DESC CFG: creates it; n is the number of requests, t of transactions
count() {
	rm -f $trace
	xenstore-control log on >/dev/null
	begin=$(cut -d. -f1 /proc/uptime)
	ok "$1: create under xenstored's trace" mtool create "$2"
	took=$(($(cut -d. -f1 /proc/uptime) - begin))
	xenstore-control log off >/dev/null
	mine=$(awk '$1 == "IN" && / INTRODUCE \(/ { print $2 }' $trace | sort -u)
	is "$1: one connection did the work" "$(echo "$mine" | grep -c 0x)" 1
	n=$(awk -v c="$mine" '$1 == "IN" && $2 == c' $trace | wc -l)
	t=$(awk -v c="$mine" '$1 == "IN" && $2 == c && / TRANSACTION_START/' \
		$trace | wc -l)
	diag "$1: create: $n requests, $t transactions, $took s"
	ok "$1: at most 8 transactions" test "$t" -le 8
	ok "$1: and at least one" test "$t" -ge 1
}

cfg=$(boot_cfg g)
count "one disk" "$cfg"
one=$n

rm -f $trace
xenstore-control log on >/dev/null
ok "destroy" mtool destroy g
xenstore-control log off >/dev/null
diag "destroy: $(grep -c '^IN' $trace) requests by all"
is "nothing is left" "$(leftovers)" "$nothing"

# Xenstore takes one node a request, and a device is two directories of nodes
# in each of the two domains: 3 disks and 3 nics more are 12 pairs of them.
make_bridges
cfg=$(boot_cfg g "disk = [ $(for d in hda hdb xvdc xvdd; do
	printf '"%s,raw,%s,w",' "$(guest_disk boot)" $d; done) ]" \
	"vif = [ $(for i in 0 1 2; do
	printf '"bridge=mbr%d,model=e1000",' $((i % 2)); done) ]")
count "4 disks and 3 nics" "$cfg"
diag "a pair of directories: $(((n - one) / 12)) requests"
ok "a pair of directories costs at most 30 requests" \
	test $(((n - one) / 12)) -le 30
ok "destroy" mtool destroy g
is "nothing is left" "$(leftovers)" "$nothing"
remove_bridges
done_testing
