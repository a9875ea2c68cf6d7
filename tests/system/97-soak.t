#!/bin/sh
# SPDX-License-Identifier: MIT
# Only in make check-full.
# A VM comes and goes, and then VMs of all kinds, some with their creators killed
# half-way; what the host has is counted before and after each:
# make soak N=1000 SEED=7.
. ./lib.sh
. ./vm.sh

same=$(often 100 4) many=${SOAK_N:-$(often 100 4)}
seed=${SOAK_SEED:-1} everything=''
make_bridges
disk=$(guest_disk boot)
truncate -s 8M "$TMP/more"

random() {	# random N: sets $rand, 0 to N - 1
	seed=$(((seed * 1103515245 + 12345) & 0x7fffffff))
	rand=$((seed / 65536 % $1))
}
maybe() {	# maybe LINE: into the configuration, or not
	random 2
	[ $rand = 0 ] && [ -z "$everything" ] || echo "$1"
}
# a VM's configuration with options by chance
some_cfg() {
	cat <<-EOF
		name = "g"
		type = "hvm"
		vga = "none"
		memory = $1
		serial = [ "pty" ]
	EOF
	maybe 'hdtype = "ahci"'
	maybe 'vcpus = 2'
	maybe 'vif = [ "bridge=mbr0,model=e1000", "bridge=mbr1,type=vif" ]'
	random 2
	if [ $rand = 0 ] && [ -z "$everything" ]; then
		echo "disk = [ \"$disk,raw,hda,w\" ]"
	else
		echo "disk = [ \"$disk,raw,hda,w\", \"$TMP/more,raw,xvdb,w\" ]"
	fi
}
# Once it has no more of them, nor less, for a second.
fds() {
	was='' now=''
	while [ -z "$now" ] || [ "$now" != "$was" ]; do
		was=$now
		sleep 1
		now=$(ls "/proc/$(cat /run/mtool/g/supervisor.pid)/fd" | wc -l)
	done
	echo "$now"
}

xen_free() {
	mtool --json host-info | sed -n 's/.*"free_memory_kb": *\([0-9]*\).*/\1/p'
}

# xen_keeps N: how many kB Xen itself has less of once N domains with two vcpus
# and nothing else have come and gone, by its own two calls: 4.17 loses some
# 280 bytes each time, and none for one vcpu. The first ones fill the holes that
# its heap has just got. Rounding to pages adds one on each side.
xen_keeps() {
	/host/helpers/bare-domains 200 2 || return
	had=$(xen_free)
	/host/helpers/bare-domains "$1" 2 || return
	echo $((had - $(xen_free) + 8))
}

# What dom0 could have free, in kB. It frees some of it late: the most of five
# looks. The log, which has its limit, is in memory here.
dom0_free() {
	most=0
	for look in 1 2 3 4 5; do
		echo 3 >/proc/sys/vm/drop_caches
		free=$(awk '/^MemAvailable:/ { print $2 }' /proc/meminfo)
		[ "$free" -le $most ] || most=$free
		[ $look = 5 ] || sleep 0.5
	done
	echo $((most + $(du -sk /var/log/mtool | cut -f1)))
}

# What there is, a line each.
counters() {
	echo "nodes $(xenstore-ls -f / | wc -l)"
	echo "xen_free_kb $(xen_free)"
	echo "dom0_kib $(dom0_free)"
	echo "loops $(losetup -a | wc -l)"
	echo "interfaces $(interfaces | wc -l)"
	# the kernel's own threads, in brackets, come and go, as does sleep
	echo "processes $(ps -o args | grep -vcE '^(\[|sleep )')"
	echo "ports $(/usr/lib/xen-*/bin/lsevtchn 0 | wc -l)"
	echo "files $(find /run/mtool /var/log/mtool | wc -l)"
}

cycle() {	# cycle KILL: 1 if its creator is to be killed
	random 4
	[ -z "$everything" ] || rand=3
	some_cfg $((64 + rand * 32)) >"$TMP/g.cfg"
	random 80
	if [ "$1" = 0 ]; then
		mtool create "$TMP/g.cfg" || return
		mtool destroy g
		return
	fi
	mtool create "$TMP/g.cfg" >/dev/null 2>&1 &
	sleep $((rand / 10)).$((rand % 10))
	killall -KILL mtool
	wait $!
	mtool gc >/dev/null || return
	[ ! -e /run/mtool/g ] || mtool destroy g
}

plain=$(boot_cfg g)
descriptors() {	# that a supervisor has, always for the same VM
	mtool create "$plain" && fds && mtool destroy g
}
first=$(descriptors)

drift() {	# drift NAME: after - before
	awk -v name="$1" '$1 == name { was = now; now = $2 }
		END { print now - was }' "$TMP/before" "$TMP/after"
}
# may_lose COUNTER TWO: so many kB
may_lose() {
	case $1 in
	dom0_kib) echo 1023 ;;
	xen_free_kb) xen_keeps "$2" ;;
	*) echo 0 ;;
	esac
}
# as_before TWO: all counters are equal to those in $TMP/before, but for memory:
# dom0 moves by less than 1 MB, Xen has lost no more than by its own doing, TWO
# of the domains having had two vcpus.
as_before() {
	wait_for 30 eval '[ "$(leftovers)" = "$nothing" ]'
	is "nothing is left" "$(leftovers)" "$nothing"
	counters >"$TMP/after"
	while read -r what was; do
		diag "$what: $(drift "$what") more than $was"
		lost=$(may_lose "$what" "$1")
		if [ "$lost" = 0 ]; then
			is "as much as before: $what" "$(drift "$what")" 0
		else
			ok "as much as before but for $lost kB: $what" \
				test "$(drift "$what")" -ge "-$lost"
		fi
	done <"$TMP/before"
	is "a supervisor has as many descriptors as the first" \
		"$(descriptors)" "$first"
}

# cycles N: some killed, if they are of all kinds
cycles() {
	done=0 two=0
	while [ $done -lt "$1" ]; do
		random 4
		[ -z "$everything" ] || rand=1
		cycle $((rand == 0)) >"$TMP/out" 2>&1 || break
		done=$((done + 1))
		two=$((two + $(grep -c 'vcpus = 2' "$TMP/g.cfg")))
	done
}

# The same VM, with everything. What is there from the first dozen on: modules,
# caches, a log, and what Xen's heap has for pieces of such sizes.
everything=y
cycle 1
cycles "$(often 12 2)"
counters >"$TMP/before"
cycles "$same"
is "$same times the same VM comes and goes" $done "$same" ||
	diag "$(cat "$TMP/out")"
as_before $two

# VMs of all kinds, likewise.
everything=''
cycles "$(often 12 1)"
counters >"$TMP/before"
cycles "$many"
is "$many VMs come and go" $done "$many" ||
	diag "$(cat "$TMP/g.cfg" "$TMP/out")"
as_before $two
remove_bridges
done_testing
