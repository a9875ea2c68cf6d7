#!/bin/sh
# SPDX-License-Identifier: MIT
# Memory and vcpus of a guest: at its creation, and while it runs.
. ./lib.sh
. ./vm.sh

cfg=$TMP/l.cfg
cat >"$cfg" <<EOF
name = "l"
type = "hvm"
memory = 200
maxmem = 264
vcpus = 1
maxvcpus = 2
cpus = [ "0-1", "0-1,^0" ]
cpu_weight = 512
vga = "cirrus"
serial = "pty"
disk = [ "format=raw,vdev=sda,access=rw,target=$(guest_disk linux)" ]
EOF
like "plan shows what the scheduler is told" "$(mtool plan "$cfg")" \
	'vcpu 0 on CPUs 0-1; vcpu 1 on CPUs 0-1,\^0; weight 512$'
is "CPUs that the host has not: exit code 7" \
	"$(status mtool create "$cfg" cpus=7)" 7
like "which is said" "$(out)" '^mtool: l: cpus: 7: this host has CPUs 0-1$'
ok "create with less memory than its maximum" mtool create "$cfg"
open_serial l
ok "the guest boots in it" \
	wait_for 400 serial_says l 'linux guest: shell ready'
t=$(domid l) s=$(stubid l)

# member NAME OBJECT: of a domain in mtool list --json
member() {
	mtool list --json l | tr -d ' \n' |
		sed "s/.*\"$2\":{\([^}]*\)}.*/\1/; s/.*\"$1\":\([0-9.]*\).*/\1/"
}
node() { xenstore-read "/local/domain/$t/memory/$1"; }
has_at_most() { [ "$(member memory_kb target)" -le $(($1 * 1024)) ]; }
has_at_least() { [ "$(member memory_kb target)" -ge $(($1 * 1024)) ]; }

is "its maximum" "$(node static-max)" $((264 * 1024))
is "its target is without video memory and slack" "$(node target)" \
	$((192 * 1024 - 1024))
is "Xen lets it have that, and slack" "$(member max_memory_kb target)" \
	$((201 * 1024))
# Linux's driver takes the difference of maximum and target for what it has to
# give, which counts the video memory twice; it has that much less, with xl too.
ok "and it has it" wait_for 60 has_at_least $((200 - 8 - 4))

ok "mem-set to less" mtool mem-set l 160
is "the target is without video memory" "$(node target)" $((152 * 1024))
is "Xen's limit is with it, and slack" "$(member max_memory_kb target)" \
	$((161 * 1024))
ok "the guest gives memory back" wait_for 60 has_at_most 161
ok "mem-set to more" mtool mem-set l 240
ok "the guest takes it" wait_for 60 has_at_least $((240 - 8 - 4))
type_line 'echo memory-$((40 + 2))'
ok "and lives" wait_for 60 serial_says l memory-42
is "more than its maximum: exit code 2" "$(status mtool mem-set l 265)" 2
like "which is said" "$(out)" 'l: 265 MiB is more than its maximum, 264'
is "nothing but video memory: exit code 2" "$(status mtool mem-set l 8)" 2
is "none of that changed anything" "$(node target)" $((232 * 1024))
ok "mem-max" mtool mem-max l 250
is "is what mem-set may not exceed" "$(status mtool mem-set l 251)" 2
is "less than it has: exit code 2" "$(status mtool mem-max l 239)" 2
is "more than it was made with: exit code 2" "$(status mtool mem-max l 265)" 2

like "vcpu-list shows where vcpus may run" "$(mtool vcpu-list l)" \
	"^l +$t +0 +[01] (running|blocked|ready) .* all / all\$"
like "and which are offline" "$(mtool vcpu-list l)" \
	"^l +$t +1 +- offline .* 1 / all\$"
like "xl agrees" "$(xl vcpu-list "$t")" "^l +$t +1 .* 1 / all\$"
like "xl sees the weight" "$(xl sched-credit2 -d "$t")" '^l .* 512( |$)'
like "vcpu-list -s shows the stub's" "$(mtool vcpu-list -s l)" "^l-dm +$s +0 "
like "vcpu-list --json" "$(mtool vcpu-list --json l)" '"hard": "1"'
ok "vcpu-pin" mtool vcpu-pin l 0 0
like "moves it" "$(xl vcpu-list "$t")" "^l +$t +0 +0 .* 0 / all\$"
ok "vcpu-pin of all to all" mtool vcpu-pin l all all
unlike "frees them" "$(mtool vcpu-list l)" ' [01] / all$'
is "CPUs that the host has not: exit code 2" \
	"$(status mtool vcpu-pin l 0 7)" 2
is "a vcpu that it has not: exit code 2" "$(status mtool vcpu-pin l 2 0)" 2

is "more vcpus than its maximum: exit code 2" "$(status mtool vcpu-set l 3)" 2
ok "vcpu-set" mtool vcpu-set l 2
is "its node says so" \
	"$(xenstore-read "/local/domain/$t/cpu/1/availability")" online
type_line 'dmesg | tail -n 3; echo 1 >/sys/devices/system/cpu/cpu1/online'
ok "the guest sees it come" wait_for 60 serial_says l 'CPU1 has been hot-added'
runs() { mtool vcpu-list l | grep -qE "^l +$t +1 +[01] +(running|blocked|ready)"; }
ok "and lets it run" wait_for 60 runs
ok "vcpu-set to what it has changes nothing" mtool vcpu-set l 2
is "vcpus cannot be taken out: exit code 1" "$(status mtool vcpu-set l 1)" 1
like "which is said" "$(out)" 'QEMU cannot take vcpus out again$'

both=$(($(member memory_kb target) + $(member memory_kb stub)))
like "list counts the stub's memory to its VM" \
	"$(mtool list --json l | tr -d ' \n')" "\"memory_kb\":$both,\"cpu"
like "list -s shows it apart" "$(mtool list -s l)" \
	"^l-dm +$s +$(($(member memory_kb stub) / 1024)) +1 "
like "info tells both together" "$(mtool info l)" \
	"^together +$((both / 1024)) MiB, "
like "host-info counts both" "$(mtool host-info)" \
	"^together +2 domains, $((both / 1024)) MiB"
like "and knows them apart" "$(mtool host-info --json | tr -d ' \n')" \
	"\"stubdomains\":.\"domains\":1,\"memory_kb\":$(member memory_kb stub),"
ok "shutdown -w" mtool shutdown -w l
ok "by its kernel's doing" serial_says l 'reboot: Power down'
close_serial
is "nothing is left" "$(leftovers)" "$nothing"
done_testing
