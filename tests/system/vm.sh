# SPDX-License-Identifier: MIT
# VMs for the system tests; sourced after lib.sh.
#
#   boot_cfg NAME [LINE...]   writes $TMP/NAME.cfg: the echoing boot sector on
#                             an IDE disk, and LINEs; prints the file's path
#   snapshot                  prints all nodes and domains there are
#   leftovers                 counts what a VM could leave behind, one line
#   domid NAME, stubid NAME
#   open_serial NAME          views serial0; type_line TEXT types into it
#   serial_says NAME TEXT     TEXT has appeared there
#   kill_supervisor NAME      without waiting for its end: a command has to notice
#   supervisor_gone NAME      kill it, and wait until it is gone: for what is no
#                             command of mtool's and takes its place
#   close_serial              waits until the viewer has ended
#   awake NAME                the shell of a Linux guest hears what is typed
#   ask NAME TEXT [SECONDS]   types a command into a Linux guest's shell and
#                             prints its exit status, or "timeout"
#   often FULL QUICK          how often: FULL for make check-full
#   status COMMAND...         runs it, prints its exit code; out prints the rest

boot_cfg() {
	cfg=$TMP/$1.cfg
	cat >"$cfg" <<-EOF
		name = "$1"
		type = "hvm"
		memory = 64
		vga = "none"
		serial = "pty"
		disk = [ "format=raw,vdev=hda,access=rw,target=$(guest_disk boot)" ]
	EOF
	shift
	for line; do
		echo "$line" >>"$cfg"
	done
	echo "$cfg"
}

domid() { mtool domid "$1"; }

stubid() { xenstore-read "/local/domain/$(domid "$1")/image/device-model-domid"; }

# Of dom0 only what a VM could add to: its own state changes all the time.
snapshot() {
	xenstore-ls -fp / | grep -v '^/local/domain/0/\(memory\|cpu\)'
	xl list | awk 'NR > 1 { print "domain", $2, $1 }'
}

leftovers() {
	doms=$(xl list | awk 'NR > 1 && $2 > 0' | wc -l)
	nodes=$(xenstore-ls -f / | grep -c -e '^/vm/' \
		-e '^/local/domain/[1-9]' -e '^/local/domain/0/backend')
	loops=$(losetup -a | wc -l)
	procs=$(ps -o comm | grep -c '^mtool')
	echo "domains $doms nodes $nodes loops $loops processes $procs"
}

nothing="domains 0 nodes 0 loops 0 processes 0"

serial_log() { cat "$TMP/$1.serial" 2>/dev/null; }

serial_says() { serial_log "$1" | grep -q "$2"; }

# A viewer of serial0 in the background, into $TMP/NAME.serial, until the VM
# ends; what is written to $TMP/NAME.keys is typed.
open_serial() {
	rm -f "$TMP/$1.keys" "$TMP/viewer.done"
	mkfifo "$TMP/$1.keys"
	{
		mtool console "$1" <"$TMP/$1.keys" >"$TMP/$1.serial" 9>&-
		: >"$TMP/viewer.done"
	} 2>"$TMP/$1.err" &
	exec 9>"$TMP/$1.keys"
}

# The viewer has ended, as it does with its VM.
close_serial() {
	exec 9>&-
	wait_for 30 test -e "$TMP/viewer.done"
}

kill_supervisor() { kill -KILL "$(cat "/run/mtool/$1/supervisor.pid")"; }

# A process that was sent SIGKILL lives, and holds its lock, for a moment more.
supervisor_gone() {
	dying=$(cat "/run/mtool/$1/supervisor.pid")
	kill -KILL "$dying"
	wait_for 30 test ! -e "/proc/$dying"
}

type_line() { printf '%s\r' "$1" >&9; }

# Nics: two bridges, mbr0 and mbr1, dom0 having 10.1.N.1 for the guest's Nth
# nic, whose address is 00:16:3e:46:00:0N. The first and third nic are on mbr0.
#
#   make_bridges, remove_bridges
#   interfaces                prints all there are, and the bridges' ports
#   nic_mac N
make_bridges() {
	for n in 0 1; do
		brctl addbr mbr$n
		ip link set mbr$n up
	done
	ip address add 10.1.0.1/24 dev mbr0
	ip address add 10.1.1.1/24 dev mbr1
	ip address add 10.1.2.1/24 dev mbr0
}

remove_bridges() {
	for n in 0 1; do
		ip link set mbr$n down
		brctl delbr mbr$n
	done
}

interfaces() { ls /sys/class/net /sys/class/net/*/brif; }

nic_mac() { echo "00:16:3e:46:00:0$1"; }

often() { [ -n "${FULL:-}" ] && echo "$1" || echo "$2"; }

status() {
	"$@" >"$TMP/out" 2>&1
	echo $?
}

out() { cat "$TMP/out"; }

# The count is a file, for $(ask ...) is a subshell.
ask() {
	asked=$(($(cat "$TMP/asked" 2>/dev/null || echo 0) + 1))
	echo $asked >"$TMP/asked"
	type_line "{ $2; }; echo =$asked=\$?="
	wait_for "${3:-60}" serial_says "$1" "^=$asked=[0-9]*=" || echo timeout
	serial_log "$1" | sed -n "s/^=$asked=\([0-9]*\)=.*/\1/p"
}

# What is typed while the guest's kernel brings back its UART, or before its
# shell has opened it, is lost: asks until it answers.
awake() {	# awake NAME
	n=0
	while [ $n -lt 10 ]; do
		n=$((n + 1))
		[ "$(ask "$1" true 20)" != 0 ] || return 0
	done
	return 1
}
