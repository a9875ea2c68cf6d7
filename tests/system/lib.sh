# SPDX-License-Identifier: MIT
# TAP for test files in the rig; sourced, for busybox sh. The description
# comes first everywhere:
#
#   plan N                      how many tests follow, or at the end:
#   done_testing
#   skip_all REASON             there is nothing to test here
#   ok DESC COMMAND...          the command succeeds
#   not_ok DESC COMMAND...      it fails
#   is DESC GOT WANT            equal texts
#   like DESC GOT REGEX         a line of GOT matches (grep -E)
#   unlike DESC GOT REGEX
#   pass DESC, fail DESC, skip DESC REASON
#   diag TEXT...
#   wait_for SECONDS COMMAND... polls until it succeeds; 1 if it never did
#   guest_disk NAME             prints the path of a fresh copy of
#                               $GUESTS/NAME.img that may be written to

tap_n=0 tap_failed=0

plan() { echo "1..$1"; }

done_testing() {
	echo "1..$tap_n"
	exit $tap_failed
}

skip_all() {
	echo "1..0 # SKIP $*"
	exit 0
}

diag() { echo "$*" | sed 's/^/# /'; }

pass() {
	tap_n=$((tap_n + 1))
	echo "ok $tap_n - $*"
}

fail() {
	tap_n=$((tap_n + 1)) tap_failed=1
	echo "not ok $tap_n - $*"
	return 1
}

skip() { pass "$1 # SKIP $2"; }

ok() {
	tap_desc=$1
	shift
	if tap_out=$("$@" 2>&1); then
		pass "$tap_desc"
	else
		tap_status=$?
		fail "$tap_desc"
		diag "$*: exit status $tap_status"
		[ -z "$tap_out" ] || diag "$tap_out"
		return 1
	fi
}

not_ok() {
	tap_desc=$1
	shift
	if tap_out=$("$@" 2>&1); then
		fail "$tap_desc"
		diag "$* succeeded"
		[ -z "$tap_out" ] || diag "$tap_out"
		return 1
	else
		pass "$tap_desc"
	fi
}

is() {
	if [ "$2" = "$3" ]; then
		pass "$1"
	else
		fail "$1"
		diag "got:  $2"
		diag "want: $3"
		return 1
	fi
}

like() {
	if echo "$2" | grep -qE -- "$3"; then
		pass "$1"
	else
		fail "$1"
		diag "got: $2"
		diag "no line matches $3"
		return 1
	fi
}

unlike() {
	if echo "$2" | grep -qE -- "$3"; then
		fail "$1"
		diag "got: $2"
		diag "a line matches $3"
		return 1
	else
		pass "$1"
	fi
}

wait_for() {
	tap_end=$(($(cut -d. -f1 /proc/uptime) + $1))
	shift
	until "$@" >/dev/null 2>&1; do
		[ "$(cut -d. -f1 /proc/uptime)" -lt $tap_end ] || return 1
		sleep 0.2
	done
}

guest_disk() {
	tap_copy=$(mktemp "$TMP/$1.XXXXXX") &&
		cp "$GUESTS/$1.img" "$tap_copy" && echo "$tap_copy"
}
