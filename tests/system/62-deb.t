#!/bin/sh
# SPDX-License-Identifier: MIT
# Only in make check-full.
# The Debian packages, unpacked, carry a VM: started and stopped as the host's
# init would. They are in /host/debs: make deb, before the rig is filled.
. ./lib.sh
. ./vm.sh

set -- /host/debs/*.deb
[ -e "$1" ] || skip_all "make deb has not made any"
mv /usr/bin/mtool "$TMP/mtool.before"
mv /usr/local/lib/mtool "$TMP/lib.before"
for p; do
	ok "${p##*/} is unpacked" dpkg-deb -x "$p" /
done
# busybox may not know the format: then it is done by hand
[ -x /usr/bin/mtool ] || for p; do
	(cd / && ar p "$p" data.tar.xz | unxz | tar x)
done
ok "the program runs" /usr/bin/mtool version
not_ok "it does not look in /usr/local" grep -q /usr/local/lib/mtool \
	/usr/bin/mtool
ok "check-host is content with the stubdomain" sh -c \
	'mtool check-host | grep -i stub'
diag "$(mtool check-host)"
cp "$(boot_cfg g)" /etc/mtool/auto/g.cfg
ok "the init script starts the VM" /etc/init.d/mtool start
like "it runs" "$(mtool list)" '^g '
ok "starting twice is no failure" /etc/init.d/mtool start
like "status shows it" "$(/etc/init.d/mtool status)" '^g '
# the boot sector heeds no power button: it is destroyed at the end
sed -i 's/shutdown -w -F/shutdown -w -F -t 5/' /usr/lib/mtool/mtool-vms
ok "the init script stops it" /etc/init.d/mtool stop
is "nothing is left" "$(leftovers)" "$nothing"
rm -rf /etc/mtool/auto /usr/lib/mtool /etc/init.d/mtool
mv "$TMP/mtool.before" /usr/bin/mtool
mv "$TMP/lib.before" /usr/local/lib/mtool
done_testing
