#!/bin/sh
# SPDX-License-Identifier: MIT
# Asking guests to stop and to start anew, buttons, other names.
. ./lib.sh
. ./vm.sh

gone() { [ ! -e "/run/mtool/$1" ]; }

# --- a guest without PV drivers ---

ok "create a boot sector" mtool create "$(boot_cfg g)"
mtool console --no-input g >"$TMP/g.serial" 2>&1 &
ok "it runs" wait_for 120 serial_says g 'mtool boot sector: ready'
is "shutdown: it cannot be asked: exit code 1" "$(status mtool shutdown g)" 1
like "which is said" "$(out)" '^mtool: g: the guest has no PV drivers'
is "nor can sysrq" "$(status mtool sysrq g h)" 1
is "a trigger that Xen has not: exit code 7" "$(status mtool trigger g init)" 7
is "one that nobody has: exit code 2" "$(status mtool trigger g on)" 2
ok "trigger nmi" mtool trigger g nmi
is "of a vcpu it has not: exit code 2" "$(status mtool trigger g nmi 1)" 2
t=$(domid g)
ok "reboot -F -w presses the reset button" mtool reboot -F -w g
ok "in new domains" test "$(domid g)" -gt "$t"
ready() { [ "$(serial_log g | grep -c 'sector: ready')" -ge "$1" ]; }
ok "it booted again" wait_for 120 ready 2
pss=$(awk '/^Pss:/ { print $2 }' \
	"/proc/$(cat /run/mtool/g/supervisor.pid)/smaps_rollup")
ok "its supervisor still takes at most 1.5 MB" test "$pss" -le 1536 ||
	diag "$pss kB"

# --- a Linux guest ---

cat >"$TMP/l.cfg" <<EOF
name = "l"
type = "hvm"
memory = 192
vga = "none"
serial = "pty"
disk = [ "format=raw,vdev=sda,access=rw,target=$(guest_disk linux)" ]
EOF
ok "create a Linux guest" mtool create "$TMP/l.cfg"
open_serial l
ok "it reaches its shell" wait_for 400 serial_says l 'linux guest: shell ready'
ok "sysrq" mtool sysrq l h
ok "its kernel handles it" wait_for 60 serial_says l 'sysrq: HELP'

ok "pause" mtool pause l
like "its stub goes on serving" "$(mtool qmp l query-status)" '"status":'
is "shutdown: it does not answer: exit code 5" \
	"$(status mtool shutdown -t 2 l)" 5
like "which is said" "$(out)" '^mtool: l: the guest has not answered within 2 s'
is "the request is withdrawn" \
	"$(xenstore-read "/local/domain/$(domid l)/control/shutdown")" ""
ok "unpause" mtool unpause l
type_line 'echo still-$((40 + 2))'
ok "it goes on as if nobody had asked" wait_for 60 serial_says l still-42

is "rename to a name that is taken: exit code 4" \
	"$(status mtool rename l g)" 4
like "which is said" "$(out)" '^mtool: l: g: a VM of this name exists already$'
is "rename to what is none: exit code 2" "$(status mtool rename l a/b)" 2
like "neither changes anything" "$(mtool list l g)" '^l '
ok "rename" mtool rename l other.one
t=$(domid other.one) s=$(stubid other.one)
ok "the old name is free" gone l
is "the guest's node" "$(xenstore-read "/local/domain/$t/name")" other.one
is "the stub's node" "$(xenstore-read "/local/domain/$s/name")" other.one-dm
is "below /vm" "$(xenstore-read "$(xenstore-read "/local/domain/$t/vm")/name")" \
	other.one
is "the stub's below /vm" \
	"$(xenstore-read "$(xenstore-read "/local/domain/$s/vm")/name")" \
	other.one-dm
is "xl sees it" "$(xl domname "$t")" other.one
like "the log has the name, too" "$(mtool log other.one)" '^stubdom: QMP'
ok "and not the old one" test ! -e /var/log/mtool/l.log
type_line 'echo renamed-$((40 + 2))'
ok "a viewer stays with it" wait_for 60 serial_says l renamed-42
kill_supervisor other.one
like "a new supervisor knows the name" "$(mtool info other.one)" \
	'^name +other.one$'
close_serial

# --- both ---

open_serial other.one
t=$(domid other.one)
is "reboot of several, one without PV drivers: exit code 1" \
	"$(status mtool reboot -w other.one g)" 1
like "which is said" "$(out)" '^mtool: g: the guest has no PV drivers'
ok "the other is in new domains" test "$(domid other.one)" -gt "$t"
like "which run" "$(mtool list other.one)" ' (running|blocked) '
ok "its kernel did it" serial_says other.one 'reboot: Restarting system'
ok "shutdown -F -w presses the power button" mtool shutdown -F -w g
ok "the guest is gone" gone g
like "by its own doing" "$(mtool log g)" '^mtool: guest powered off'

# --- the end ---

t=$(domid other.one)
/host/helpers/hold-page "$t" >"$TMP/held" &
holder=$!
ok "somebody holds a page" wait_for 20 grep -q held "$TMP/held"
is "destroy: Xen does not let it go: exit code 5" \
	"$(status mtool destroy -t 3 other.one)" 5
like "it says which domain, and who may hold it" "$(out)" \
	"^mtool: other.one: domain $t is still dying: .*hold-page \($holder\)"
kill $holder
ok "destroy again, when nobody holds it" mtool destroy other.one
close_serial
wait_for 30 eval '[ "$(leftovers)" = "$nothing" ]'
is "nothing is left" "$(leftovers)" "$nothing"

is "destroy of what is not there is no error" \
	"$(status mtool destroy v1 v2 v3)" 0
done_testing
