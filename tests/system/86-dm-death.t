#!/bin/sh
# SPDX-License-Identifier: MIT
# The stubdomain ends while its guest runs: on_dm_death says what then.
. ./lib.sh
. ./vm.sh

gone() { [ ! -e "/run/mtool/$1" ]; }
state() { mtool --json info "$1" | sed -n 's/^ *"state": "\(.*\)".*/\1/p' | head -n 1; }
in_state() { [ "$(state "$1")" = "$2" ]; }
# A panic from inside: its kernel is told to heed every SysRq.
crash() { xenstore-write "/local/domain/$(stubid "$1")/control/sysrq" c; }

# destroy is what happens by default
ok "create" mtool create "$(boot_cfg g)"
xl destroy "$(stubid g)" 2>/dev/null
ok "stub destroyed: the VM goes" wait_for 30 gone g
like "its log tells why" "$(mtool log g)" '^mtool: stubdomain was destroyed; its last words: '
mtool info g >"$TMP/out" 2>&1
is "info knows no such VM: exit code 3" $? 3
like "but what became of the last one" "$(cat "$TMP/out")" \
	'^mtool: g: no such VM; the last one: 20.*: stubdomain was destroyed$'
is "nothing is left" "$(leftovers)" "$nothing"

ok "create" mtool create "$(boot_cfg g \
	'stubdomain_cmdline = "sysrq_always_enabled"')"
crash g
ok "stub panics: the VM goes" wait_for 30 gone g
like "the kernel's last words are in the log" "$(mtool log g)" 'Kernel panic'
like "and ours" "$(mtool log g)" '^mtool: stubdomain crashed; its last words: '
is "nothing is left" "$(leftovers)" "$nothing"

ok "create with on_dm_death = pause" mtool create "$(boot_cfg g \
	'on_dm_death = "pause"')"
t=$(domid g) s=$(stubid g)
xl destroy "$s" 2>/dev/null
ok "stub destroyed: the guest stays" wait_for 30 in_state g no-dm
is "in its domain" "$(domid g)" "$t"
like "paused" "$(mtool --json info g)" '"paused": true'
like "info tells why" "$(mtool info g)" \
	'^ended  .*: stubdomain was destroyed$'
# Xen keeps its shell, for the guest's ioreq server names it.
stub_mb() { xl list | awk -v s="$s" '$2 == s { print $3 }'; }
empty() { [ "$(stub_mb)" -le 1 ]; }
ok "the stub's memory is free again" wait_for 30 empty || diag "$(xl list)"
kill_supervisor g
like "a new supervisor leaves it as it is" "$(mtool info g)" \
	'^supervisor +running'
is "in the same state" "$(state g)" no-dm
ok "destroy" mtool destroy g
is "nothing is left" "$(leftovers)" "$nothing"

ok "create with on_dm_death = restart" mtool create "$(boot_cfg g \
	'on_dm_death = "restart"')"
open_serial g
ok "the guest speaks" wait_for 120 serial_says g 'mtool boot sector: ready'
pty=$(readlink /run/mtool/g/serial0)
t=$(domid g)
pid=$(cat /run/mtool/g/supervisor.pid)
xl destroy "$(stubid g)" 2>/dev/null
twice() { [ "$(serial_log g | grep -c 'boot sector: ready')" = 2 ]; }
ok "stub destroyed: the VM starts anew" wait_for 120 twice
ok "in new domains" test "$(domid g)" -gt "$t"
is "with the same supervisor" "$(cat /run/mtool/g/supervisor.pid)" "$pid"
is "and the same pty" "$(readlink /run/mtool/g/serial0)" "$pty"
type_line "hello-again"
ok "the same viewer speaks to it" wait_for 60 serial_says g hello-again
like "info knows why" "$(mtool info g)" '^ended  .*: stubdomain was destroyed$'

# --- rename-restart: the dead guest is kept, another takes its place ---
ok "destroy" mtool destroy g
close_serial
ok "create with on_reboot = rename-restart" mtool create "$(boot_cfg g \
	'on_reboot = "rename-restart"')"
open_serial g
ok "the guest speaks" wait_for 120 serial_says g 'mtool boot sector: ready'
t=$(domid g)
uuid() { mtool --json info "$1" | sed -n 's/^ *"uuid": "\(.*\)".*/\1/p'; }
old=$(uuid g)
ok "reset" mtool trigger g reset
ok "the VM starts anew" wait_for 120 twice
is "with the same uuid" "$(uuid g)" "$old"
is "the dead guest is g-1 now" "$(domid g-1)" "$t"
is "as it was" "$(state g-1)" reboot
ok "with a uuid of its own" test "$(uuid g-1)" != "$old"
like "info tells how it came to be" "$(mtool info g-1)" \
	'^ended  .*: guest asked for a reboot'
not_ok "it has no devices" xenstore-exists \
	"/local/domain/0/backend/vbd/$t"
ok "reset again" mtool trigger g reset
thrice() { [ "$(serial_log g | grep -c 'boot sector: ready')" = 3 ]; }
ok "the VM starts anew" wait_for 120 thrice
is "there is a g-2, too" "$(state g-2)" reboot
ok "they can be destroyed" mtool destroy g-1 g-2
like "and g runs on" "$(state g)" '^(running|blocked)$'
ok "destroy" mtool destroy g
close_serial
is "nothing is left" "$(leftovers)" "$nothing"

# destroy in the middle of a restart
ok "create" mtool create "$(boot_cfg g 'on_dm_death = "restart"')"
open_serial g
xl destroy "$(stubid g)" 2>/dev/null
ok "a restart begins" wait_for 60 in_state g starting
ok "destroy ends it" mtool destroy g
ok "and the viewer" close_serial
is "nothing is left" "$(leftovers)" "$nothing"
done_testing
