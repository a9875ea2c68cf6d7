#!/bin/sh
# SPDX-License-Identifier: MIT
# A guest without PV drivers is saved, goes on, comes back, and is copied.
. ./lib.sh
. ./vm.sh
. ./save.sh

f=$TMP/g.save
begin g
answers "it echoes" g one

# --- checkpoints ---
n=0
while [ $n -lt "$(often 20 2)" ]; do
	n=$((n + 1))
	ok "checkpoint $n" mtool save -c g "$f" || why g
	answers "and the guest goes on" g "after-$n"
done
ok "the file is whole" mtool info "$f"
diag "$(mtool info "$f")"
like "and belongs to one user" "$(stat -c %a "$f")" '^600$'
ok "save -p" mtool save -p g "$TMP/p.save"
like "leaves it paused" "$(mtool list g)" '(paused|--p)' || diag "$(mtool list)"
ok "unpause" mtool unpause g
answers "it goes on" g after-pause

# --- the end, and a new beginning ---
exits 4 "no restore while it runs" mtool restore "$f"
ok "save to standard output" sh -c "mtool save g - >$TMP/s.save"
is "it is gone" "$(leftovers)" "$nothing"
ok "restore from standard input" sh -c "mtool restore - <$TMP/s.save" || why g
view g
answers "it is back" g back-again
t=$(domid g)
begun=$(cut -d. -f1 /proc/uptime)
ok "save" mtool save g "$f"
diag "save: $(($(cut -d. -f1 /proc/uptime) - begun)) s"
is "nothing of the VM is left" "$(leftovers)" "$nothing"
begun=$(cut -d. -f1 /proc/uptime)
ok "restore" mtool restore "$f" || why g
diag "restore: $(($(cut -d. -f1 /proc/uptime) - begun)) s"
ok "in new domains" test "$(domid g)" -gt "$t"
view g
answers "it is back a second time" g twice
ok "the device state is not kept" test ! -e /run/mtool/g/state
is "nor is the save file" \
	"$(ls -l "/proc/$(cat /run/mtool/g/supervisor.pid)/fd" | grep -c save)" 0
mtool trigger g reset
ok "a reset starts it from its disk" \
	wait_for 240 serial_says g 'boot sector: ready' || why g

# --- a copy ---
cp "$GUESTS/boot.img" "$TMP/copy.img"
ok "a copy beside it" mtool restore "$f" name=copy \
	uuid=01234567-89ab-4cde-8123-456789abcdef \
	"disk=['format=raw,vdev=hda,access=rw,target=$TMP/copy.img']" || why copy
exits 4 "not one of the same name" mtool restore "$f" name=g \
	uuid=01234567-89ab-4cde-8123-456789abcdee
exits 2 "nor with a key that is none" mtool restore "$f" nmae=x
open_serial copy
answers "it echoes, too" copy i-am-a-copy
exec 9>&-
ok "destroy both" mtool destroy g copy

# --- files that are not whole ---
size=$(stat -c %s "$f")
some="0 40 $((size / 2)) $((size - 1))"
for cut in $(often "20 100 5000 $((size - 11000)) $((size - 41)) $some" "$some"); do
	head -c "$cut" "$f" >"$TMP/cut.save"
	exits 1 "cut at $cut: restore" mtool restore "$TMP/cut.save"
	exits 1 "cut at $cut: from a pipe" \
		sh -c "cat $TMP/cut.save | mtool restore -"
done
rm "$TMP/cut.save"
flip() {	# flip OFFSET
	byte=$(dd if="$f" bs=1 skip="$1" count=1 2>/dev/null | hexdump -v -e '1/1 "%u"')
	printf "\\$(printf %o $((byte ^ 16)))" |
		dd of="$f" bs=1 seek="$1" conv=notrunc 2>/dev/null
}
some="9 60 $((size / 2)) $((size - 10))"
for at in $(often "3 33 4000 $((size - 2000)) $some" "$some"); do
	flip $at
	exits 1 "a bit of byte $at is flipped" mtool restore "$f"
	flip $at
done
mkdir "$TMP/dir"
exits 1 "a directory is no save file" mtool restore "$TMP/dir"
is "nothing is left" "$(leftovers)" "$nothing"
ok "the file itself still restores" mtool restore -p "$f"
ok "destroy" mtool destroy g
is "nothing is left" "$(leftovers)" "$nothing"
done_testing
