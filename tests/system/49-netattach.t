#!/bin/sh
# SPDX-License-Identifier: MIT
# Only in make check-full.
# Nics of a running guest: attached and detached under load, refused, forced,
# and what is left of them.
. ./lib.sh
. ./vm.sh
. ./nets.sh

make_bridges
start=$(interfaces)
serve_data
cfg=$TMP/h.cfg
cat >"$cfg" <<EOF
name = "h"
type = "hvm"
memory = 192
vga = "none"
hdtype = "ahci"
serial = "pty"
disk = [ "format=raw,vdev=xvda,access=rw,target=$(guest_disk linux)" ]
vif = [ "mac=$(nic_mac 0),bridge=mbr0,model=e1000" ]
EOF
ok "create" mtool create -t 180 "$cfg"
open_serial h
ok "the guest reaches its shell" \
	wait_for 400 serial_says h 'linux guest: shell ready'
type_line "netaddr $(nic_mac 0) 10.1.0.2/24"
ok "its nic answers" wait_for 60 ping -c 1 -W 3 10.1.0.2
t=$(domid h) s=$(stubid h)
back() { xenstore-read "/local/domain/0/backend/vif/$1"; }
vif_nodes() { xenstore-ls -fp / | grep '/vif/'; }
before=$(interfaces) nodes=$(vif_nodes)

# Again and again, while the guest loads data through the first
# nic and the new one is pinged.
type_line 'while :; do wget -q -O /dev/null http://10.1.0.1:8046/data; sleep 1; done &'
rounds=$(often 20 3)
round=0 attached=0 answered=0 detached=0
while [ $round -lt "$rounds" ]; do
	round=$((round + 1))
	mtool network-attach h "mac=$(nic_mac 1),bridge=mbr1" &&
		attached=$((attached + 1))
	type_line "netaddr $(nic_mac 1) 10.1.1.2/24 | sed s/^/$round-/"
	wait_for 60 serial_says h "^$round-netaddr: $(nic_mac 1)"
	wait_for 30 ping -c 1 -W 3 10.1.1.2 && answered=$((answered + 1))
	ping -q -c 1000 -i 0.1 10.1.1.2 >/dev/null 2>&1 &
	pinger=$!
	mtool network-detach h 1 && detached=$((detached + 1))
	kill $pinger
done
is "$rounds rounds: attached, answered, detached" \
	"$attached $answered $detached" "$rounds $rounds $rounds" ||
	diag "$(mtool log h | grep ^mtool | tail -n 5)"
is "interfaces and ports are those from before" "$(interfaces)" "$before"
is "and the nodes" "$(vif_nodes)" "$nodes"
type_line 'kill %1; echo killed-$((40 + 2))'
wait_for 60 serial_says h killed-42

# refused DESC CODE REGEX ARGUMENT...
refused() {
	desc=$1 code=$2 regex=$3
	shift 3
	was=$(interfaces; vif_nodes)
	mtool "$@" 2>"$TMP/err"
	is "$desc: exit code" $? "$code"
	is "$desc: one line" "$(wc -l <"$TMP/err")" 1
	like "$desc: clear" "$(cat "$TMP/err")" "^mtool: .*$regex"
	is "$desc: nothing has changed" "$(interfaces; vif_nodes)" "$was"
}
refused "attach to no bridge" 1 'bridge nope: no such' \
	network-attach h bridge=nope
refused "attach of an address in use" 4 'domain [0-9]+ has it already' \
	network-attach h "mac=$(nic_mac 0),bridge=mbr1"
refused "attach of an emulated nic" 2 'type=ioemu: ' \
	network-attach h bridge=mbr1,type=ioemu
refused "attach of nonsense" 2 'unknown parameter: frob' \
	network-attach h frob=1
refused "attach to no VM" 3 'nope: no such VM' network-attach nope bridge=mbr1
refused "detach of what is not there" 1 'nic 7: not there' network-detach h 7
refused "detach of what is no nic" 2 'neither the number nor' \
	network-detach h eth0

ok "attach, words apart as in xl" \
	mtool network-attach h "mac=$(nic_mac 1)" bridge=mbr1 mtu=1400
like "it is listed" "$(mtool network-list h)" \
	"^1 +$(nic_mac 1), vif$t.1 on mbr1, PV connected"
is "its MTU" "$(cat "/sys/class/net/vif$t.1/mtu")" 1400
type_line "netaddr $(nic_mac 1) 10.1.1.2/24"
ok "it answers" wait_for 60 ping -c 1 -W 3 10.1.1.2

mtool pause h
refused "attach to a paused guest" 4 'the guest is paused' \
	network-attach h bridge=mbr0
refused "detach that the guest does not answer" 5 \
	'nic 1: the guest did not let go of it within 2 s \(-t\): it stays' \
	network-detach -t 2 h 1
mtool unpause h
ok "it still answers" wait_for 60 ping -c 1 -W 3 10.1.1.2

type_line 'reboot -f'
started() { [ "$(serial_log h | grep -c 'linux guest: shell ready')" -ge 2 ]; }
ok "the guest reboots" wait_for 400 started
t=$(domid h) s=$(stubid h)
like "its nic has come back" "$(mtool network-list h)" \
	"^1 +$(nic_mac 1), vif$t.1 on mbr1, PV connected"
mtool pause h
ok "detach by force from a paused guest" mtool network-detach -F -t 2 h 1
mtool unpause h
not_ok "its interface is gone" test -e "/sys/class/net/vif$t.1"
ok "detach by address of one that came with an emulated card" \
	mtool network-detach h "$(nic_mac 0)"
is "nothing of both is left" "$(interfaces)" "$start"
not_ok "nor a node" back "$t/0/state"
not_ok "nor the stub's" back "$s/0/state"
type_line 'echo still-$((40 + 2))'
ok "the guest lives" wait_for 60 serial_says h still-42
ok "destroy" mtool destroy h
close_serial

# Without a PV driver.
ok "create a guest that has none" \
	mtool create "$(boot_cfg b 'vif = [ "bridge=mbr0,model=e1000" ]')"
s=$(stubid b)
stub_connected() { [ "$(back "$s/0/state")" = 4 ]; }
wait_for 30 stub_connected
refused "attach where nobody takes it" 5 'did not take it within 3 s' \
	network-attach -t 3 b bridge=mbr1
refused "detach of an emulated card in use" 1 'uses the emulated card' \
	network-detach b 0
ok "unless by force" mtool network-detach -F -t 2 b 0
is "nothing of it is left" "$(interfaces)" "$start"
not_ok "not the stub's either" back "$s/0/state"
ok "destroy" mtool destroy b
kill $httpd
remove_bridges
is "nothing is left" "$(leftovers)" "$nothing"
done_testing
