#!/bin/sh
# SPDX-License-Identifier: MIT
# make install puts everything where it belongs, whatever PREFIX is, and what
# the host's init runs does its work: here with a mtool that only notes what it
# is asked.
build=${BUILD:-build}
. tests/system/lib.sh
TMP=$(mktemp -d)
trap 'rm -rf "$TMP"' EXIT
# prove may run below a make whose job server is not ours
unset MAKEFLAGS MAKELEVEL

root=$TMP/root
ok "make install" make --no-print-directory BUILD="$build" DESTDIR="$root" \
	install-mtool
for f in bin/mtool share/man/man8/mtool.8 share/man/man5/mtool.cfg.5 \
	share/man/man7/mtool-protocol.7 \
	share/bash-completion/completions/mtool lib/mtool/mtool-vms \
	lib/systemd/system/mtool.service \
	lib/systemd/system/mtool-host.service; do
	ok "$f is there" test -s "$root/usr/local/$f"
done
ok "the init script can be run" test -x "$root/etc/init.d/mtool"
ok "there is a directory of VMs to start" test -d "$root/etc/mtool/auto"
ok "the program can be run" "$root/usr/local/bin/mtool" help
is "no text speaks of @PREFIX@" "$(grep -rl @PREFIX@ "$root")" ""
like "a unit runs what was installed" \
	"$(cat "$root/usr/local/lib/systemd/system/mtool.service")" \
	'^ExecStart=/usr/local/lib/mtool/mtool-vms start$'

# A mtool that writes down how it is called: "old" runs already, "bad" fails,
# "stubborn" does not shut down.
bin=$TMP/bin run=$TMP/run auto=$TMP/auto
mkdir -p "$bin" "$run" "$auto"
cat >"$bin/mtool" <<-END
	#!/bin/sh
	echo "\$*" >>$TMP/calls
	case "\$*" in
	*bad*) exit 1 ;;
	*old*) exit 4 ;;
	"shutdown -w -F "*stubborn*) exit 5 ;;
	"shutdown "*) rm -r $run/* ;;
	"destroy --all") rm -r $run/* ;;
	esac
END
chmod +x "$bin/mtool"
sed "s,^PATH=.*,PATH=$bin:\$PATH,; s,^auto=.*,auto=$auto,; s,^run=.*,run=$run," \
	"$root/usr/local/lib/mtool/mtool-vms" >"$TMP/vms"
vms() {
	: >"$TMP/calls"
	sh "$TMP/vms" "$@" 2>"$TMP/err"
	echo "$?: $(paste -sd, "$TMP/calls")"
}

is "no VMs to start" "$(vms start)" "0: "
: >"$auto/20-new.cfg"
: >"$auto/10-old.cfg"
: >"$auto/30.cfg~"
is "each is created, in order; one that runs is no failure" "$(vms start)" \
	"0: create $auto/10-old.cfg,create $auto/20-new.cfg"
: >"$auto/15-bad.cfg"
is "one that fails does not keep the others from it" "$(vms start)" \
	"1: create $auto/10-old.cfg,create $auto/15-bad.cfg,create $auto/20-new.cfg"
is "no VMs to stop" "$(vms stop)" "0: "
mkdir "$run/a" "$run/b"
: >"$run/a/journal"
: >"$run/b/journal"
is "all are shut down" "$(vms stop)" "0: shutdown -w -F a b"
mkdir "$run/stubborn"
: >"$run/stubborn/journal"
is "one that will not is destroyed" "$(vms stop)" \
	"0: shutdown -w -F stubborn,destroy --all"
is "other words are refused" "$(vms dance)" "2: "

# Here is no Xen: the init script has nothing to do.
[ -e /proc/xen/capabilities ] ||
	ok "the init script does nothing without Xen" \
		sh "$root/etc/init.d/mtool" start
for s in tools/init/mtool-vms tools/init/mtool.init tools/pack/mtool.p* \
	tools/pack/mkdeb tools/pack/static-libs; do
	ok "$s is a shell script" sh -n "$s"
done

# A text of the build changes when PREFIX does, and only then.
config() {
	make -s --no-print-directory BUILD="$TMP/b" "$@" "$TMP/b/config" &&
		cat "$TMP/b/config"
}
like "the build knows its PREFIX" "$(config PREFIX=/usr)" ' /usr$'
stamp=$(stat -c %Y.%Z "$TMP/b/config")
config PREFIX=/usr >/dev/null
is "it is not written again" "$(stat -c %Y.%Z "$TMP/b/config")" "$stamp"
like "and another PREFIX" "$(config PREFIX=/opt/x)" ' /opt/x$'
done_testing
