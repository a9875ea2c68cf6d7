#!/bin/sh
# SPDX-License-Identifier: MIT
# Only in make check-full.
# xenstored is killed, for good: what needs it says so at once, what does not
# goes on. Nothing works in this dom0 afterwards, so this file is the last one.
. ./lib.sh
. ./vm.sh

hundredths() { cut -d' ' -f1 /proc/uptime | tr -d .; }
store() { pidof oxenstored || pidof xenstored; }
no_store() { [ -z "$(store)" ]; }

# timed COMMAND...: its exit code and its lines on stderr; $TMP/err has them
timed() {
	from=$(hundredths)
	timeout 20 mtool "$@" >"$TMP/out" 2>"$TMP/err" </dev/null
	code=$?
	took=$(($(hundredths) - from))
	said="$code, $(wc -l <"$TMP/err") lines"
	diag "$took hundredths: $(head -n 1 "$TMP/err")"
}

refuses() {
	timed "$@"
	is "$*: exit code 7, one line" "$said" "7, 1 lines" ||
		diag "$(cat "$TMP/out" "$TMP/err")"
	like "$1 names xenstored" "$(cat "$TMP/err")" xenstored
	ok "$1: within 2 s" test $took -lt 200
}

works() {
	timed "$@"
	is "$*: works" "$said" "0, 0 lines" ||
		diag "$(cat "$TMP/out" "$TMP/err")"
	ok "$1: within 2 s" test $took -lt 200
}

cfg=$(boot_cfg g)
h=$(boot_cfg h)
truncate -s 1M "$TMP/x.img"
ok "create" mtool create "$cfg"
open_serial g
ok "the guest speaks" wait_for 120 serial_says g 'mtool boot sector: ready'
t=$(domid g) s=$(stubid g) sup=$(cat /run/mtool/g/supervisor.pid)
ok "its QMP answers" mtool qmp g query-status

# one that is half-way waits for nothing
{
	mtool create "$h" >"$TMP/create.out" 2>&1
	echo $? >"$TMP/create.code"
} &
ok "another VM is begun" wait_for 120 test -e /run/mtool/h/supervisor.pid
pid=$(store)
diag "xenstored is process $pid, $(cat "/proc/$pid/comm")"
# shellcheck disable=SC2086 # words
kill -KILL $pid
ok "xenstored is killed" wait_for 30 no_store
from=$(hundredths)
ok "the create that was half-way ends" wait_for 60 test -s "$TMP/create.code"
diag "$(($(hundredths) - from)) hundredths after its death"
is "with exit code 7" "$(cat "$TMP/create.code")" 7
like "which it explains" "$(cat "$TMP/create.out")" '^mtool: .*xenstored is gone'
diag "$(cat "$TMP/create.out")"
ok "and its run directory is gone" test ! -e /run/mtool/h

# --- the supervisor of the one that runs ---
log_says() { mtool log g | grep -q "$1"; }
ticks() { awk '{ print $14 + $15 }' "/proc/$sup/stat"; }
ok "its supervisor tells" wait_for 30 log_says '^mtool: xenstored is gone: '
before=$(ticks)
sleep 5 # what is measured
spent=$(($(ticks) - before))
diag "the supervisor took $spent ticks in 5 s"
ok "and does not spin" test $spent -le 20
is "it says it once" "$(mtool log g | grep -c 'xenstored is gone')" 1
type_line "still-here"
ok "the guest's console answers" wait_for 60 serial_says g still-here

# --- what needs no xenstore ---
works list
works list -s g
works info g
works domid g
works domname "$t"
works log g
works qmp g query-status
works pause g
works unpause g
works plan "$h"
works help
works version

# --- what does ---
refuses block-attach g "format=raw,vdev=xvdf,access=rw,target=$TMP/x.img"
refuses block-detach g hda
refuses block-list g
refuses create "$h"
refuses destroy g
refuses destroy --all
refuses gc
refuses gc -n
refuses host-info
refuses host-init
refuses mem-max g 64
refuses mem-set g 64
refuses migrate -s false g nowhere
refuses network-attach g bridge=none
refuses network-detach g 0
refuses network-list g
refuses pci-assignable-add 00:1f.7
refuses pci-assignable-list
refuses pci-assignable-remove 00:1f.7
refuses pci-attach g 00:1f.7
refuses pci-detach g 00:1f.7
refuses pci-list g
refuses reboot g
refuses rename g other
refuses save g "$TMP/g.save"
refuses shutdown g
refuses shutdown -w g
refuses supervise --replace g
refuses sysrq g s
refuses trigger g nmi
refuses vcpu-list g
refuses vcpu-pin g 0 0
refuses vcpu-set g 1
timed check-host
is "check-host: exit code 7" "$code" 7
like "xenstored is missing" "$(cat "$TMP/out")" '^missing +xenstored '
is "and nothing else" "$(grep -c '^missing' "$TMP/out")" 1
ok "check-host: within 2 s" test $took -lt 200
is "nothing has been renamed, or made" "$(ls /run/mtool)" g
is "the supervisor has lived through all that" \
	"$(cat /run/mtool/g/supervisor.pid)" "$sup"
type_line "here-yet"
ok "and serves the console" wait_for 60 serial_says g here-yet

# --- as if it had never run: the device is there, and nobody behind it ---
rm -f /run/xenstored/socket /var/run/xenstored/socket
refuses block-list g
refuses create "$h"
refuses host-init
works list
timed check-host
is "check-host: exit code 7" "$code" 7
like "xenstored is missing" "$(cat "$TMP/out")" '^missing +xenstored '
ok "check-host: within 2 s" test $took -lt 200

# --- the end of a guest that nobody tells of ---
gone() { [ ! -d "/proc/$sup" ]; }
ok "the domains are destroyed" /host/helpers/destroy-domain "$t" "$s"
ok "the supervisor notices, and ends" wait_for 60 gone
# which waits half a minute for another supervisor
exec 9>&-
ok "so does the viewer" wait_for 90 test -e "$TMP/viewer.done"
works list
like "what it could not remove is listed" "$(cat "$TMP/out")" \
	'^g .* (dying|gone) '
like "its log tells why" "$(mtool log g)" '^mtool: remove .*: xenstored is gone'
diag "$(mtool log g | grep '^mtool:' | tail -n 5)"
done_testing
