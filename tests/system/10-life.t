#!/bin/sh
# SPDX-License-Identifier: MIT
# A guest's whole life: created, spoken to, paused, destroyed without a trace.
. ./lib.sh
. ./vm.sh

cfg=$(boot_cfg g)
before=$(snapshot)
ok "create returns when the device model runs" mtool create "$cfg"
t=$(domid g) s=$(stubid g)
is "the device model said so" \
	"$(xenstore-read "/local/domain/$s/device-model/$t/state")" running

open_serial g
ok "the guest's own words arrive on its serial" \
	wait_for 120 serial_says g 'mtool boot sector: ready'
type_line "echo-this-word"
ok "what is typed comes back" wait_for 60 serial_says g echo-this-word

like "list shows it" "$(mtool list)" "^g +$t +$s +63 +256 +1 "
like "list --json too" "$(mtool list --json)" '"name": "g"'
like "list of one VM" "$(mtool list g)" "^g +$t "
is "domname of the guest" "$(mtool domname "$t")" g
is "domname of the stub" "$(mtool domname "$s")" g-dm
info=$(mtool info g)
like "info tells the uuid" "$info" '^uuid +[0-9a-f-]{36}$'
like "info tells where the serial is" "$info" '^serial0 .*/dev/pts/'
like "info counts what consoles carried" "$info" '^serial0 +connected +[1-9]'
like "info --json is an object" "$(mtool info --json "$t")" '"stub_domid": '
like "the stub's log is there" "$(mtool log g)" '^stubdom: QMP is served'
is "the serial is a link to a pty" \
	"$(readlink /run/mtool/g/serial0)" \
	"$(xenstore-read "/local/domain/$s/device/console/3/tty")"

like "the configuration as used is kept" "$(cat /run/mtool/g/config)" \
	'^memory = 64$'
like "with the uuid that was made" "$(cat /run/mtool/g/config)" \
	"^uuid = \"$(xenstore-read "/local/domain/$t/vm" | cut -c5-)\"\$"

pss=$(awk '/^Pss:/ { print $2 }' \
	"/proc/$(cat /run/mtool/g/supervisor.pid)/smaps_rollup")
ok "its supervisor takes at most 1.5 MB" test "$pss" -le 1536 || diag "$pss kB"

ok "pause" mtool pause g
like "the guest is paused" "$(mtool list g)" ' paused '
ok "pause again is no second pause" mtool pause g
ok "unpause" mtool unpause g
unlike "the guest runs" "$(mtool list g)" ' paused '
type_line "after-the-pause"
ok "and answers" wait_for 60 serial_says g after-the-pause

mtool create "$cfg" >"$TMP/out" 2>&1
is "a name can be taken once: exit code 4" $? 4
like "which is said" "$(cat "$TMP/out")" '^mtool: g: .*exists already$'
like "and harms nobody" "$(mtool list g)" "^g +$t "

ok "destroy" mtool destroy g
ok "the console viewer ends with it" close_serial
is "nothing is left" "$(leftovers)" "$nothing"
is "xenstore and Xen are as before" "$(snapshot)" "$before"
ok "the run directory is gone" test ! -e /run/mtool/g
ok "destroy again is no error" mtool destroy g
like "the log outlives the VM" "$(mtool log g)" '^stubdom: '

ok "create -p" mtool create -p "$cfg"
like "leaves the guest paused" "$(mtool list g)" ' paused '
ok "unpause starts it" mtool unpause g
open_serial g
ok "it boots" wait_for 120 serial_says g 'mtool boot sector: ready'
ok "destroy by domid" mtool destroy "$(domid g)"
close_serial
is "nothing is left" "$(leftovers)" "$nothing"

ok "create with changed keys" mtool create "$cfg" name=other memory=96
like "which hold" "$(mtool list other)" '^other .* 95 +256 '
ok "create -p of a second one, by way of the kernel to xenstored" \
	env XENSTORED_PATH=/dev/xen/xenbus mtool create -p "$cfg" 'disk=[]'
supervisor_gone other
is "destroy --all, one of them without a supervisor" \
	"$(status timeout 60 sh -c "trap '' CHLD; exec mtool destroy --all")" 0
is "has nothing to say" "$(out)" ""
is "nothing is left" "$(leftovers)" "$nothing"
done_testing
