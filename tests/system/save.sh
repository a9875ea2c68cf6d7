# SPDX-License-Identifier: MIT
# Save and restore, for the system tests; sourced after vm.sh.
#
#   begin NAME [LINE...]      creates the boot sector guest, viewed on serial0
#   answers DESC NAME WORD    it echoes
#   view NAME                 its serial again, after it came back
#   exits CODE DESC COMMAND...  it ends with this exit status
#   runs_on NAME              nothing of a save is left, and it echoes
#   why NAME                  diagnostics

begin() {
	ok "create" mtool create "$(boot_cfg "$@")" || why "$1"
	open_serial "$1"
	ok "the guest boots" \
		wait_for 120 serial_says "$1" 'mtool boot sector: ready'
}

answers() {
	type_line "$3"
	ok "$1" wait_for 60 serial_says "$2" "$3" || why "$2"
}

view() {
	exec 9>&-
	wait_for 30 test -e "$TMP/viewer.done"
	open_serial "$1"
}

exits() {
	want=$1 desc=$2
	shift 2
	is "$desc" "$(status "$@")" "$want" || diag "$(out)"
	diag "$(tail -n 1 "$TMP/out")"
}

echoed=0
runs_on() {
	echoed=$((echoed + 1))
	not_ok "no save is noted" test -e "/run/mtool/$1/saving"
	is "no half file is left" "$(ls -A "$TMP" | grep -c '^\.')" 0
	answers "the guest runs on" "$1" "still-$echoed"
}

why() {
	diag "$(mtool log "$1" 2>&1 | tail -n 25 | tr -cd '\12\40-\176')"
	diag "$(mtool info "$1" 2>&1)"
	diag "$(ls -la "/run/mtool/$1" "$TMP" 2>&1)"
	diag "$(xl dmesg | tail -n 10)"
	diag "$(dmesg | tail -n 20)"
}
