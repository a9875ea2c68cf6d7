#!/bin/sh
# SPDX-License-Identifier: MIT
# Only in make check-full.
# Stubdomains that are not ours: one that does as the protocol says, by either
# convention for the incoming state, and one that lies about what it saves.
. ./lib.sh
. ./vm.sh
. ./save.sh

foreign() {	# foreign KIND [WORDS]
	begin f "stubdomain_ramdisk = \"/host/foreign/initrd-$1\"" \
		'stubdomain_memory = 320' 'stubdomain_timeout = 180' \
		"stubdomain_cmdline = \"$2\""
}

f=$TMP/f.save
for kind in dmargs dm-argv; do
	foreign $kind
	ok "$kind: save" mtool save f "$f" || why f
	ok "$kind: restore" mtool restore -t 180 "$f" || why f
	view f
	answers "$kind: it is back" f "back-$kind"
	ok "$kind: destroy" mtool destroy f
	exec 9>&-
done

foreign dm-argv foreign.lie
lie() {		# lie WORD REGEX: one save that has to fail, and why
	xenstore-write "/local/domain/$(stubid f)/control/lie" "$1"
	rm -f "$f"
	exits 1 "$1: the save fails" mtool save f "$f"
	like "$1: and says why" "$(out)" "$2"
	not_ok "$1: there is no file" test -e "$f"
	runs_on f
}
lie none 'none came'
lie cut 'without an end'
lie text 'does not begin'
# how much of it comes in time depends on the machine
lie endless 'more than|does not begin'
lie refuse 'device model: save its state'
xenstore-write "/local/domain/$(stubid f)/control/lie" honest
ok "an honest save of the same stub" mtool save -c f "$f" || why f
runs_on f
n=0 size=''
while [ $n -lt "$(often 50 10)" ]; do
	n=$((n + 1))
	mtool save -c f "$f" >"$TMP/out" 2>&1 || fail "save $n: $(out)"
	xenstore-read "/local/domain/$(stubid f)/data/sum" >"$TMP/sum"
	now=$(mtool --json info "$f" | sed -n 's/.*"device": \([0-9]*\).*/\1/p')
	[ "$now" = "$(cut -d' ' -f2 "$TMP/sum")" ] ||
		fail "save $n: $now bytes of $(cat "$TMP/sum")"
done
ok "$n saves had as many bytes as QEMU wrote" test $n -gt 0
ok "destroy" mtool destroy f
exec 9>&-
is "nothing is left" "$(leftovers)" "$nothing"
done_testing
