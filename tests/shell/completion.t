#!/bin/bash
# SPDX-License-Identifier: MIT
# bash completes every command and option of the program's own table, and
# what is no command is refused.
build=${BUILD:-build}
. tests/system/lib.sh
. tools/completion/mtool
TMP=$(mktemp -d)
trap 'rm -rf "$TMP"' EXIT
_mtool_vms() { echo "guest other"; }

# completed WORD... : what the last word can become, in one line
completed() {
	COMP_WORDS=("$build/mtool" "$@")
	COMP_CWORD=$#
	_mtool
	echo "${COMPREPLY[*]}"
}

has() {	# has DESC WORDS WORD: WORD is among them
	case " $2 " in
	*" $3 "*) pass "$1" ;;
	*) fail "$1" && diag "$3 is not in: $2" ;;
	esac
}

commands=$("$build/mtool" help | sed -n 's/^  \([a-z][a-z-]*\)\( .*\)\{0,1\}$/\1/p')
ok "there are commands" test "$(echo "$commands" | wc -l)" -gt 30
offered=$(completed '')
for c in $commands; do
	has "$c is offered" "$offered" "$c"
	# the words of its usage that begin with a dash
	for o in $("$build/mtool" help "$c" | sed -n 1p | tr -s '[]| ' '\n' |
		grep '^-'); do
		has "$c offers $o" "$(completed "$c" -)" "$o"
	done
done
is "a beginning is completed" "$(completed host-)" "host-info host-init"
is "behind options, too" "$(completed -v --json host-)" "host-info host-init"
is "and the file of a trace" "$(completed --trace t.json host-)" \
	"host-info host-init"
is "a VM is one of those that run" "$(completed pause '')" "guest other"
is "options and their values are no arguments" \
	"$(completed shutdown -w -t 5 g)" "guest"
is "an option's value is not guessed" "$(completed shutdown -t '')" ""
is "of a choice, all" "$(completed trigger guest '')" \
	"power sleep nmi reset init"
has "a configuration is a file" "$(completed create examples/)" \
	examples/linux.cfg
is "help has the commands" "$(completed help host-)" "host-info host-init"

# what does not exist refuses plainly
"$build/mtool" nonsense guest >"$TMP/out" 2>"$TMP/err"
is "a command that does not exist: exit code" $? 2
is "one line that says so" "$(cat "$TMP/out" "$TMP/err")" \
	'mtool: nonsense: unknown command; "mtool help" lists them'
done_testing
