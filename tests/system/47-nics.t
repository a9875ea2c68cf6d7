#!/bin/sh
# SPDX-License-Identifier: MIT
# What dom0 does for nics: names, MTUs, addresses, rates; nics that the stub
# has no part in; what is refused because of what else runs; other stubs.
. ./lib.sh
. ./vm.sh

make_bridges
ip link set mbr1 mtu 1400
start=$(interfaces)

back() { xenstore-read "/local/domain/0/backend/vif/$1"; }
front() { xenstore-read "/local/domain/$1"; }
mtu() { cat "/sys/class/net/$1/mtu"; }
bridge() { basename "$(readlink "/sys/class/net/$1/master")"; }

cfg=$(boot_cfg n 'uuid = "01234567-89ab-cdef-0123-456789abcdef"' \
	'boot = "cn"' 'vif = [
		"bridge=mbr0,model=virtio-net-pci,vifname=web,rate=10Mb/s@20ms",
		"type=vif,bridge=mbr1,vifname=x-emu,ip=10.1.1.2,untrusted",
		"mac=00:16:3e:46:00:02,bridge=mbr0,model=e1000,mtu=9000"
	]')
ok "create" mtool create "$cfg" || diag "$(mtool log n)"
t=$(domid n) s=$(stubid n)
is "a name is given" "$(bridge web)" mbr0
is "the stub's end has it too" "$(bridge web-emu)" mbr0
not_ok "no interface has the name netback gave" test -e "/sys/class/net/vif$t.0"
is "others keep theirs" "$(bridge "vif$t.2")" mbr0
is "a PV nic is none of the stub's: its second is the guest's third" \
	"$(back "$s/1/bridge")" mbr0
not_ok "and it has no more" back "$s/2/mac"
is "types" "$(back "$t/0/type") $(back "$t/1/type") $(back "$s/0/type")" \
	"vif_ioemu vif vif"
is "an address follows from the VM's uuid" \
	"$(back "$t/0/mac") $(back "$t/1/mac")" \
	"$(mtool plan "$cfg" | sed -n \
		's,.*backend/vif/<T>/[01]/mac = "\(.*\)",\1,p' | xargs)"
is "the stub has one of its own" "$(back "$s/1/mac")" fe:ff:3e:46:00:02
is "dom0's ends have the highest" "$(cat "/sys/class/net/x-emu/address")" \
	fe:ff:ff:ff:ff:ff
is "a bridge's MTU is its ports'" \
	"$(mtu x-emu) $(front "$t/device/vif/1/mtu")" "1400 1400"
is "unless another is asked for" "$(mtu "vif$t.2") $(mtu "vif$s.1") $(
	front "$t/device/vif/2/mtu")" "9000 9000 9000"
is "rate" "$(back "$t/0/rate")" 25000,20000
is "ip" "$(back "$t/1/ip")" 10.1.1.2
is "untrusted" "$(front "$t/device/vif/1/trusted")" 0
is "all are up" "$(ip link show up | grep -cE ' (web|vif|x-emu)')" 5
stub_connected() { [ "$(back "$s/0/state")$(back "$s/1/state")" = 44 ]; }
ok "the stub's are connected" wait_for 30 stub_connected
is "all have been plugged" "$(for v in "$t/0" "$t/1" "$t/2" "$s/0" "$s/1"; do
	back "$v/hotplug-status"; done | sort | uniq -c | xargs)" "5 connected"
like "info shows a nic" "$(mtool info n)" \
	"^nic2 +00:16:3e:46:00:02, vif$t.2 on mbr0, e1000 and PV waiting"
like "one without an emulated card" "$(mtool info n)" \
	'^nic1 +00:16:3e:.*, x-emu on mbr1, PV waiting'
like "and to programs" "$(mtool --json info n | tr -d ' \n')" \
	'"nics":\[\{"id":0,"mac":"00:16:3e:[0-9a-f:]*","bridge":"mbr0","interface":"web","model":"virtio-net-pci","state":"waiting"'

# What another VM has is not to be had twice.
other=$(boot_cfg o)
before=$(snapshot)
cannot() {	# cannot DESC CODE REGEX LINE
	cp "$other" "$TMP/o2.cfg"
	echo "$4" >>"$TMP/o2.cfg"
	mtool create "$TMP/o2.cfg" 2>"$TMP/err"
	is "$1: exit code $2" $? "$2"
	is "$1: one line" "$(wc -l <"$TMP/err")" 1
	like "$1: clear" "$(cat "$TMP/err")" "^mtool: o: $3"
	is "$1: nothing was created" "$(snapshot)" "$before"
	ok "$1: no run directory" test ! -e /run/mtool/o
}
cannot "address of another VM" 4 "mac 00:16:3e:46:00:02: domain $t has it" \
	'vif = [ "mac=00:16:3E:46:00:02,bridge=mbr0" ]'
cannot "name of an interface" 4 'nic 0: vifname web: .* web already' \
	'vif = [ "vifname=web,bridge=mbr0" ]'
cannot "name whose other half is taken" 4 'nic 0: vifname x: .* x-emu already' \
	'vif = [ "bridge=mbr0,vifname=x" ]'
ok "destroy" mtool destroy n
is "interfaces and ports are those of the start" "$(interfaces)" "$start"
is "nothing is left" "$(leftovers)" "$nothing"

# As many as there may be.
n=16
last=$((n - 1))
cfg=$(boot_cfg m "vif = [ $(for i in $(seq $last); do
	printf '"bridge=mbr0,model=e1000",'; done) 'bridge=mbr1' ]")
ok "$n nics: create" mtool create -t 180 "$cfg" || diag "$(mtool log m)"
t=$(domid m) s=$(stubid m)
is "$n nics: all of the target's are there" \
	"$(ls -d /sys/class/net/vif"$t".* | wc -l)" "$n"
is "$n nics: all of the stub's are connected" \
	"$(for i in $(seq 0 $last); do
		back "$s/$i/state"; done | sort | uniq -c | xargs)" "$n 4"
unlike "$n nics: the stub complains of none" "$(mtool log m)" 'nic [0-9]+ \('
ok "$n nics: destroy" mtool destroy m
is "$n nics: interfaces and ports are those of the start" \
	"$(interfaces)" "$start"

# A stub that was not written for mtool.
cfg=$(boot_cfg f 'stubdomain_ramdisk = "/host/foreign/initrd-dm-argv"' \
	'stubdomain_memory = 320' 'vif = [ "bridge=mbr0,model=e1000" ]')
ok "foreign stub: create" mtool create -t 180 "$cfg" || diag "$(mtool log f)"
open_serial f
ok "foreign stub: the guest boots" \
	wait_for 120 serial_says f 'mtool boot sector: ready'
s=$(stubid f)
is "foreign stub: it is connected" "$(back "$s/0/state")" 4
ok "foreign stub: destroy" mtool destroy f
close_serial
is "foreign stub: interfaces and ports are those of the start" \
	"$(interfaces)" "$start"
is "nothing is left" "$(leftovers)" "$nothing"
remove_bridges
done_testing
