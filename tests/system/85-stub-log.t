#!/bin/sh
# SPDX-License-Identifier: MIT
# When QEMU dies its stubdomain says why and powers off, and the VM ends.
. ./lib.sh
. ./vm.sh

mtool create -t 120 "$(boot_cfg q \
	'device_model_args = [ "-device", "no-such-device" ]')" \
	>"$TMP/out" 2>"$TMP/err"
is "QEMU that cannot start: exit code 6" $? 6
like "the stub powered itself off" "$(head -n 1 "$TMP/err")" \
	'stubdomain \(domain [0-9]+\) powered itself off$'
like "QEMU's own words are shown" "$(cat "$TMP/err")" \
	"^  .*'no-such-device' is not a valid device model name"
like "and the stub's" "$(cat "$TMP/err")" '^  stubdom: .*QEMU'
is "nothing is left" "$(leftovers)" "$nothing"
done_testing
