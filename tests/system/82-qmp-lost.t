#!/bin/sh
# SPDX-License-Identifier: MIT
# A QMP connection that is lost again and again, in the middle of replies.
. ./lib.sh
. ./vm.sh
. ./qmp.sh

ok "create" mtool create "$(boot_cfg g)"
ok "QMP works" wait_for 60 mtool qmp g query-status
survives g "${KILLS:-10}"
ok "destroy" mtool destroy g
is "nothing is left" "$(leftovers)" "$nothing"
done_testing
