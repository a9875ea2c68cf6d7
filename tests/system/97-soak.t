#!/bin/sh
# SPDX-License-Identifier: MIT
# Only in make check-full.
# A VM comes and goes, and then VMs of all kinds, some with their creators killed
# half-way; what the host has is counted before and after each:
# make soak N=1000 SEED=7.
. ./lib.sh
. ./vm.sh

same=$(often 100 4) cycles=${SOAK_N:-$(often 100 4)}
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

# What there is, a line each.
counters() {
	echo 3 >/proc/sys/vm/drop_caches
	echo "nodes $(xenstore-ls -f / | wc -l)"
	echo "xen_free_kb $(mtool --json host-info |
		sed -n 's/.*"free_memory_kb": *\([0-9]*\).*/\1/p')"
	# the log, which has its limit, is in memory here
	echo "dom0_kib $(($(awk '/^MemAvailable:/ { print $2 }' /proc/meminfo) +
		$(du -sk /var/log/mtool | cut -f1)))"
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
# as_before COUNTER=KB...: all counters are equal to those in $TMP/before, but
# for these, which may have lost so much
as_before() {
	wait_for 30 eval '[ "$(leftovers)" = "$nothing" ]'
	is "nothing is left" "$(leftovers)" "$nothing"
	counters >"$TMP/after"
	while read -r what was; do
		diag "$what: $(drift "$what") more than $was"
		lost=0
		for may; do
			[ "${may%=*}" != "$what" ] || lost=${may#*=}
		done
		if [ $lost = 0 ]; then
			is "as much as before: $what" "$(drift "$what")" 0
		else
			ok "as much as before but for $lost kB: $what" \
				test "$(drift "$what")" -gt -"$lost"
		fi
	done <"$TMP/before"
	is "a supervisor has as many descriptors as the first" \
		"$(descriptors)" "$first"
}

# The same VM, with everything. What is there from the first one on: modules,
# caches, a log. Xen's heap keeps some pages of the first dozen, as below.
everything=y
cycle 1
done=0
while [ $done -lt "$(often 12 2)" ]; do
	cycle 0 >"$TMP/out" 2>&1 || break
	done=$((done + 1))
done
counters >"$TMP/before"
done=0
while [ $done -lt "$same" ]; do
	cycle 0 >"$TMP/out" 2>&1 || break
	done=$((done + 1))
done
is "$same times the same VM comes and goes" $done "$same" ||
	diag "$(cat "$TMP/out")"
as_before dom0_kib=1024

# VMs of all kinds. Of what they make Xen allocate in small pieces, its heap
# keeps some pages: as many for a dozen of xl's, and no more after a dozen.
everything=''
counters >"$TMP/before"
done=0
while [ $done -lt "$cycles" ]; do
	random 4
	cycle $((rand == 0)) >"$TMP/out" 2>&1 || break
	done=$((done + 1))
done
is "$cycles VMs come and go" $done "$cycles" ||
	diag "$(cat "$TMP/g.cfg" "$TMP/out")"
as_before dom0_kib=1024 xen_free_kb=64
remove_bridges
done_testing
