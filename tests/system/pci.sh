# SPDX-License-Identifier: MIT
# PCI passthrough for the system tests; sourced after vm.sh.
#
#   edu, edu2, nic            addresses in the rig's machine
#   pci_cfg NAME [LINE...]    a VM with the monitor guest (tools/rig/guests/pci.S)
#                             and LINEs; prints the configuration's path
#   monitor NAME              views its serial and waits until it is there
#   mon NAME COMMAND [S]      sends it a command, prints the value, or "timeout"
#   dec VALUE                 such a value as a number for test; -1 if it is none
#   rights DOMID              the Xen-side rights on devices of a domain, a line
#   owner BDF                 whose Xen says it is: "d[IO]", "d0", "d5", ...
#   pciback LIST              an attribute of pciback, one line
#   config BDF OFFSET         4 bytes of config space as dom0 sees them, 8 digits
#   pci_state VM              diagnostics: all there is to know
edu=0000:00:04.0 nic=0000:00:05.0 edu2=0000:00:06.0
sys=/sys/bus/pci

pci_cfg() {
	cfg=$TMP/$1.cfg
	cat >"$cfg" <<-EOF2
		name = "$1"
		type = "hvm"
		memory = 64
		vga = "none"
		serial = "pty"
		disk = [ "format=raw,vdev=hda,access=rw,target=$(guest_disk pci)" ]
	EOF2
	shift
	for line; do
		echo "$line" >>"$cfg"
	done
	echo "$cfg"
}

monitor() {
	rm -f "$TMP/$1.mon"
	open_serial "$1"
	wait_for "${2:-120}" serial_says "$1" 'pci monitor: ready'
}

# The count is a file, for $(mon ...) is a subshell.
mon() {
	mon_n=$(($(cat "$TMP/$1.mon" 2>/dev/null || echo 0) + 1))
	echo $mon_n >"$TMP/$1.mon"
	mon_tag=$(printf '#%08x' $mon_n)
	type_line "$2"
	wait_for "${3:-60}" serial_says "$1" "^$mon_tag ........" || echo timeout
	serial_log "$1" | tr -d '\r' | sed -n "s/^$mon_tag //p"
}

dec() { printf '%d' "0x$1" 2>/dev/null || echo -1; }

# What Xen answers to a debug key.
xen_says() {
	xl dmesg -c >/dev/null
	xl debug-keys "$1"
	sleep 1
	xl dmesg
}

rights() {
	xen_says q | tr -d '\r' | awk -v d="$1" '
		/Rangesets belonging to domain/ { mine = ($NF == d ":") ; next }
		/General information|NODE affinity|Memory pages/ { mine = 0 }
		mine && /Interrupts|I\/O Memory|I\/O Ports/ {
			sub(/^\(XEN\) *(\[[^]]*\])? */, ""); printf "%s ", $0
		}'
}

owner() {
	xen_says Q | tr -d '\r' | sed -n "s/.*$1 - \([^ ]*\) .*/\1/p" | head -n 1
}

pciback() { tr '\n' ' ' <$sys/drivers/pciback/"$1"; }

config() {
	dd if="$sys/devices/$1/config" bs=1 skip=$(($2)) count=4 2>/dev/null |
		hexdump -v -e '4/1 "%02x"'
}

pci_state() {
	diag "mtool pci-list: $(mtool pci-list "$1" 2>&1)"
	diag "assignable: $(mtool pci-assignable-list 2>&1)"
	diag "pciback: slots $(pciback slots) permissive $(pciback permissive)"
	diag "$(xenstore-ls -f /local/domain/0/backend/pci 2>&1)"
	diag "$(xenstore-ls -f /mtool 2>&1)"
	diag "stub's log:"
	diag "$(mtool log "$1" 2>&1 | tail -n 25)"
	diag "dom0:"
	diag "$(dmesg | grep -i 'pciback\|0000:00:0[456]' | tail -n 15)"
	diag "Xen:"
	diag "$(xl dmesg | tail -n 15)"
}
