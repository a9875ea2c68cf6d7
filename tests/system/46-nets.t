#!/bin/sh
# SPDX-License-Identifier: MIT
# The Linux guest's network: three nics on two bridges, first the emulated
# ones, then the PV ones; pings and 16 MiB over TCP, both ways.
. ./lib.sh
. ./vm.sh

make_bridges
start=$(interfaces)
mkdir "$TMP/www"
head -c 16M /dev/urandom >"$TMP/www/data"
sum=$(sha256sum <"$TMP/www/data" | cut -d' ' -f1)
httpd -f -p 8046 -h "$TMP/www" &
httpd=$!

# boot_linux NAME IMAGE
boot_linux() {
	cat >"$TMP/$1.cfg" <<-EOF
		name = "$1"
		type = "hvm"
		memory = 192
		vga = "none"
		hdtype = "ahci"
		serial = "pty"
		disk = [ "format=raw,vdev=xvda,access=rw,target=$(guest_disk "$2")" ]
		vif = [
			"mac=$(nic_mac 0),bridge=mbr0,model=e1000",
			"mac=$(nic_mac 1),bridge=mbr1,model=rtl8139",
			"mac=$(nic_mac 2),bridge=mbr0,model=virtio-net-pci"
		]
	EOF
	ok "$1: create" mtool create -t 180 "$TMP/$1.cfg"
	open_serial "$1"
	ok "$1: the guest reaches its shell" \
		wait_for 400 serial_says "$1" 'linux guest: shell ready' ||
		diag "$(tail -n 20 "$TMP/$1.serial" | tr -cd '\12\40-\176')"
}

# addresses NAME DRIVER...: of the guest's nics, found by their MACs
addresses() {
	vm=$1 n=0
	shift
	for driver; do
		type_line "netaddr $(nic_mac $n) 10.1.$n.2/24"
		ok "$vm: nic $n is there, served by $driver" wait_for 60 \
			serial_says "$vm" "netaddr: $(nic_mac $n) .* $driver"
		n=$((n + 1))
	done
}

# pings NAME: 200 each way through each nic, all six at once
pings() {
	for n in 0 1 2; do
		ping -c 200 -i 0.1 "10.1.$n.2" >"$TMP/ping$n" 2>&1 &
		eval "ping$n=$!"
		type_line "ping -c 200 -i 0.1 10.1.$n.1 >/p$n 2>&1 &"
	done
	wait "$ping0" "$ping1" "$ping2"
	type_line 'wait; for n in 0 1 2; do echo pings$n $(grep -c seq=[1-9] /p$n); done'
	wait_for 120 serial_says "$1" '^pings2'
	for n in 0 1 2; do
		is "$1: nic $n: dom0 loses no ping after the first" \
			"$(replies "$TMP/ping$n")" 199 ||
			diag "$(tail -n 3 "$TMP/ping$n")"
		like "$1: nic $n: nor does the guest" "$(serial_log "$1")" \
			"^pings$n 199"
	done
}

# transfers NAME: 16 MiB in and out through each nic
transfers() {
	for n in 0 1 2; do
		type_line "wget -q -O /d$n http://10.1.$n.1:8046/data; sha256sum /d$n"
		ok "$1: nic $n: 16 MiB come in whole" \
			wait_for 200 serial_says "$1" "$sum  /d$n"
	done
	type_line 'httpd -p 80 -h /'
	for n in 0 1 2; do
		is "$1: nic $n: and go out whole" \
			"$(timeout 200 wget -q -O - "http://10.1.$n.2/d$n" |
				sha256sum | cut -d' ' -f1)" "$sum"
	done
}

# finish NAME
finish() {
	ok "$1: destroy" mtool destroy "$1"
	close_serial
	is "$1: interfaces and ports are those of the start" \
		"$(interfaces)" "$start"
	is "$1: nothing is left" "$(leftovers)" "$nothing"
}

back() { xenstore-read "/local/domain/0/backend/vif/$1"; }

boot_linux emu linux-emu
t=$(domid emu) s=$(stubid emu)
addresses emu e1000 8139cp virtio_net
like "dom0's ends are in their bridges" \
	"$(echo $(ls /sys/class/net/mbr0/brif))" "^vif$s.0 vif$s.2 vif$t.0 vif$t.2$|^vif$t.0 vif$t.2 vif$s.0 vif$s.2$"
is "the stub is connected" "$(back "$s/0/state")$(back "$s/1/state")$(
	back "$s/2/state")" 444
is "the guest's PV nics wait for a driver" \
	"$(back "$t/0/state")$(back "$t/1/state")$(back "$t/2/state")" 222
pings emu
transfers emu
finish emu

boot_linux pv linux
t=$(domid pv)
addresses pv vif vif vif
is "the guest's PV nics are connected" \
	"$(back "$t/0/state")$(back "$t/1/state")$(back "$t/2/state")" 444
pings pv
transfers pv
finish pv

kill $httpd
remove_bridges
done_testing
