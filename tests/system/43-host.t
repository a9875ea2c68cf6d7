#!/bin/sh
# SPDX-License-Identifier: MIT
# A dom0 in which xen-init-dom0 never ran, and what check-host says of hosts.
. ./lib.sh
. ./vm.sh

is "check-host: all is there" "$(status mtool check-host)" 0
like "the hypervisor" "$(out)" '^ok +Xen 4\.'
like "what it can do" "$(out)" '^ok +HVM guests$'
like "free memory" "$(out)" '^ok +free memory: [1-9]'
like "dom0's nodes" "$(out)" "^ok +dom0's nodes"
like "modules" "$(out)" '^ok +xen-blkback \(disks\)$'
like "the stub's image" "$(out)" '^ok +the stub.s kernel and initrd can be'
like "check-host --json" "$(mtool check-host --json)" '"state": "ok"'

mv /dev/xen/gntdev /dev/xen/away
is "a device is missing: exit code 7" "$(status mtool check-host)" 7
mv /dev/xen/away /dev/xen/gntdev
like "with its cure" "$(out)" '^missing +/dev/xen/gntdev +modprobe xen-gntdev$'
mv /dev/net/tun /dev/net/away
is "something for some uses is absent: exit code 0" \
	"$(status mtool check-host)" 0
mv /dev/net/away /dev/net/tun
like "with its cure, too" "$(out)" '^absent +tun \(network\) +modprobe tun$'

tree() { xenstore-ls -fp / | grep -v '^/local/domain/0/\(memory\|cpu\)'; }
before=$(tree)
# All that xen-init-dom0 and xenstored have left; what dom0's kernel wrote for
# itself stays.
for node in /tool /local/pool /local/domain/0/name /local/domain/0/domid; do
	xenstore-rm $node
done
bare=$(tree)
unlike "a bare dom0 has no name" "$bare" '/local/domain/0/name'
is "check-host is content" "$(status mtool check-host)" 0
like "but knows the cure" "$(out)" "^absent +dom0's nodes .* mtool host-init"
ok "a VM can be made in it" mtool create "$(boot_cfg g)"
open_serial g
ok "which runs" wait_for 120 serial_says g 'mtool boot sector: ready'
ok "and ends" mtool destroy g
close_serial
is "the bare dom0 is as it was" "$(tree)" "$bare"
ok "host-init" mtool host-init
is "xenstore is as xen-init-dom0 leaves it" "$(tree | sort)" \
	"$(echo "$before" | sort)"
like "xl works with it" "$(xl list)" '^Domain-0 +0 '
xenstore-write /local/domain/0/name my-dom0
ok "host-init again" mtool host-init
is "leaves what is there" "$(xenstore-read /local/domain/0/name)" my-dom0
xenstore-write /local/domain/0/name Domain-0
is "and adds nothing" "$(tree | sort)" "$(echo "$before" | sort)"
done_testing
