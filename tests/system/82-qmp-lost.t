#!/bin/sh
# SPDX-License-Identifier: MIT
# Only in make check-full.
# A QMP connection that is lost again and again, in the middle of replies.
. ./lib.sh
. ./vm.sh
. ./qmp.sh

ok "create" mtool create "$(boot_cfg g)"
open_serial g
ok "the guest has booted" wait_for 120 serial_says g 'boot sector: ready'
ok "QMP works" mtool qmp g query-status
survives g "$(often 100 10)"
type_line "still-there"
ok "the guest has not noticed" wait_for 60 serial_says g still-there
ok "destroy" mtool destroy g
close_serial
is "nothing is left" "$(leftovers)" "$nothing"
done_testing
