# SPDX-License-Identifier: MIT
# QMP for the system tests; sourced after vm.sh.
#
#   supervisor NAME           prints its process id
#   now                       prints the time in 1/100 s
#   debug_exit                prints a configuration line: a device that ends
#                             QEMU when something is written to it
#   device_model_dies NAME    end it so, and test what becomes of the VM
#   survives NAME KILLS       kill the supervisor so often in the middle of a
#                             large reply; the next command works within 5 s

supervisor() { cat "/run/mtool/$1/supervisor.pid"; }

now() { tr -d . </proc/uptime | cut -d' ' -f1; }

debug_exit() {
	echo 'device_model_args = [ "-device",' \
		'"isa-debug-exit,iobase=0xf4,iosize=0x04" ]'
}

dm_log_now() { tail -n "+$((dm_before + 1))" "$dm_log"; }

device_model_dies() {
	dm_log=/var/log/mtool/$1.log
	dm_before=$(wc -l <"$dm_log")	# other VMs have had this name
	dm_start=$(now)
	out=$(mtool qmp "$1" human-monitor-command \
		command-line='o /b 0xf4 1' 2>&1)
	is "the device model dies at a command: exit code 1" $? 1
	like "which tells so" "$out" 'the connection to QEMU was lost'
	ok "it is noticed" wait_for 20 eval 'dm_log_now | grep -qE \
		"^mtool: (stubdomain .*|device model died); its last words: "'
	dm_took=$(($(now) - dm_start))
	diag "after $dm_took/100 s"
	ok "soon" test $dm_took -lt 300
	like "with its last words" "$(dm_log_now | grep '^mtool: ')" \
		'its last words: .*QEMU ended with (exit status )?3'
	ok "the VM is gone" wait_for 30 test ! -e "/run/mtool/$1"
}

survives() {
	kill_worst=0 kill_failed=0
	for i in $(seq "$2"); do
		mtool qmp "$1" query-qmp-schema >"$TMP/schema" 2>&1 &
		wait_for 10 test -e "/run/mtool/$1/qmp.sock"
		# at another moment of it each time
		sleep 0.$((i * 3 % 10))
		kill_supervisor "$1"
		kill_start=$(now)
		mtool qmp --timeout 5 "$1" query-status >"$TMP/status" 2>&1 ||
			{ kill_failed=$((kill_failed + 1)); diag "$(cat "$TMP/status")"; }
		kill_took=$(($(now) - kill_start))
		[ $kill_took -le $kill_worst ] || kill_worst=$kill_took
		wait $!
	done
	is "after each of $2 kills of the supervisor the next command works" \
		$kill_failed 0
	diag "the slowest took $kill_worst/100 s"
	ok "within 5 s" test $kill_worst -le 500
}
