# SPDX-License-Identifier: MIT
# The Linux guest's network, for the system tests; sourced after vm.sh. Three
# nics on the two bridges of make_bridges.
#
#   serve_data                dom0 serves 16 MiB (make check: 1) over HTTP; $sum
#                             is its digest
#   boot_linux NAME IMAGE     $GUESTS/IMAGE.img with three nics
#   addresses NAME DRIVER...  gives them 10.1.N.2; these drivers serve them
#   pings NAME INTERVAL       200 (make check: 40) each way through each nic, three
#                             at once
#   transfers NAME            that data in and out through each nic
#   finish NAME               destroys it; nothing is left

serve_data() {
	mkdir "$TMP/www"
	dd if=/dev/urandom of="$TMP/www/data" bs=1M count="$(often 16 1)" 2>/dev/null
	sum=$(sha256sum <"$TMP/www/data" | cut -d' ' -f1)
	httpd -f -p 8046 -h "$TMP/www" &
	httpd=$!
}

boot_linux() {
	cat >"$TMP/$1.cfg" <<-EOF2
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
	EOF2
	ok "create" mtool create -t 180 "$TMP/$1.cfg"
	open_serial "$1"
	ok "the guest reaches its shell" \
		wait_for 400 serial_says "$1" 'linux guest: shell ready' ||
		diag "$(tail -n 20 "$TMP/$1.serial" | tr -cd '\12\40-\176')"
}

# By their MACs: how the guest calls them depends on which driver came first.
addresses() {
	vm=$1 n=0
	shift
	for driver; do
		type_line "netaddr $(nic_mac $n) 10.1.$n.2/24"
		ok "nic $n is there, served by $driver" wait_for 60 \
			serial_says "$vm" "netaddr: $(nic_mac $n) .* $driver"
		n=$((n + 1))
	done
	for n in 0 1 2; do	# its link takes a while to come up
		ok "nic $n answers" wait_for 60 ping -c 1 -W 3 "10.1.$n.2"
	done
}

# Twenty more than count, for busybox's ping does not wait for answers to the
# last ones; and the very first may be lost.
pings=$(often 200 40)
counted="seq=([1-9]|$(often '[1-9][0-9]|1[0-9]' '[1-3]')[0-9]) "

# from_dom0 N INTERVAL: pings through nic N; from_guest NAME, through each of
# the nics $pinged at once. What they printed is in $TMP/pingN and /pN.
from_dom0() {
	ping -c $((pings + 20)) -i "$2" "10.1.$1.2" >"$TMP/ping$1" 2>&1
}
from_guest() {
	for n in $pinged; do
		type_line "ping -c $((pings + 20)) -i $2 10.1.$n.1 >/p$n 2>&1 &"
	done
	counts=$((counts + 1))
	type_line "wait; for n in $pinged; do echo pings\$n \$(grep -cE '$counted' /p\$n); done; echo counted-\$(($counts + 0))"
	wait_for 200 serial_says "$1" "^counted-$counts"
}
dom0_count() { grep -cE "$counted" "$TMP/ping$1"; }
guest_count() {
	serial_log "$1" | sed -n "s/^pings$2 \([0-9]*\).*/\1/p" | tail -n 1
}

# A machine that stands still for a while may lose one packet; a nic that is
# set up wrongly loses more. So a count that is short is shown, with who
# dropped what, and that nic's pings are counted once more.
pings() {
	want=$((pings - 1)) counts=0
	for n in 0 1 2; do
		from_dom0 $n "$2" &
		eval "ping$n=$!"
	done
	wait "$ping0" "$ping1" "$ping2"
	for n in 0 1 2; do
		[ "$(dom0_count $n)" = $want ] || {
			diag "nic $n: $(dom0_count $n) of $want; once more"
			show_drops
			from_dom0 $n "$2"
		}
		is "nic $n: dom0 loses no ping after the first" \
			"$(dom0_count $n)" $want
		diag "$(tail -n 1 "$TMP/ping$n")"
	done
	pinged='0 1 2'
	from_guest "$1" "$2"
	for nic in 0 1 2; do
		[ "$(guest_count "$1" $nic)" = $want ] || {
			diag "nic $nic: $(guest_count "$1" $nic) of $want; once more"
			show_pings "$1" $nic
			pinged=$nic
			from_guest "$1" "$2"
		}
		is "nic $nic: nor does the guest" "$(guest_count "$1" $nic)" $want
	done
}

# show_pings NAME N: what the guest's ping printed, its numbers only, and who
# on the way dropped a packet
show_pings() {
	type_line "cat /p$2; cat /proc/net/dev /proc/net/softnet_stat; echo shown-$((40 + 2))-$2"
	wait_for 60 serial_says "$1" "^shown-42-$2"
	diag "$(serial_log "$1" | grep -o "seq=[0-9]*\|time=.*\|.*packets.*" |
		tr -cd '\40-\176')"
	diag "$(serial_log "$1" | tail -n 20)"
	show_drops
}

show_drops() {
	diag "$(cat /proc/net/dev /proc/net/softnet_stat)"
	diag "$(grep -E '^(Icmp|Ip):' /proc/net/snmp)"
}

# transfer DESC COMMAND...
transfer() {
	begin=$(cut -d. -f1 /proc/uptime)
	ok "$@"
	diag "in $(($(cut -d. -f1 /proc/uptime) - begin)) s"
}

transfers() {
	for n in 0 1 2; do
		type_line "wget -q -O /d$n http://10.1.$n.1:8046/data; sha256sum /d$n"
		transfer "nic $n: 16 MiB come in whole" \
			wait_for 200 serial_says "$1" "$sum  /d$n"
	done
	type_line 'httpd -p 80 -h / && echo httpd-$((40 + 2))'
	wait_for 60 serial_says "$1" httpd-42
	for n in 0 1 2; do
		transfer "nic $n: and go out whole" came_out "$n"
	done
}

came_out() {
	timeout 200 wget -q -O "$TMP/out" "http://10.1.$1.2/d$1" &&
		[ "$(sha256sum <"$TMP/out" | cut -d' ' -f1)" = "$sum" ]
}

finish() {
	ok "destroy" mtool destroy "$1"
	close_serial
	kill $httpd
	is "interfaces and ports are those of the start" "$(interfaces)" "$start"
	is "nothing is left" "$(leftovers)" "$nothing"
	remove_bridges
}
