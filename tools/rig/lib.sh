# SPDX-License-Identifier: MIT
# What the rig's builders share; sourced, never run.

PATH=$PATH:/usr/sbin:/sbin	# depmod and modprobe live there, users' PATH does not

die() {
	echo "${0##*/}: $*" >&2
	exit 1
}

need() {	# need COMMAND...: all of them are here, or say how to get them
	for c; do
		command -v "$c" >/dev/null ||
			die "$c is missing; see the package list in $rig/packages"
	done
}

# fingerprint FILE...: one word that changes when a file or one of the
# packages the rig copies from changes.
fingerprint() {
	{
		cat "$@"
		sed 's/#.*//' "$rig/packages" |
			xargs dpkg-query -W -f '${Package} ${Version}\n' 2>/dev/null
	} | sha256sum | cut -d' ' -f1
}

# up_to_date STAMP WORD FILE...: the stamp holds this word, the files exist
up_to_date() {
	[ "$(cat "$1" 2>/dev/null)" = "$2" ] || return 1
	shift 2
	for f; do
		[ -e "$f" ] || return 1
	done
}

# put ROOT FILE...: copies into ROOT at the same path, symlinks followed,
# with the shared libraries a program needs.
put() {
	root=$1
	shift
	for f; do
		[ -e "$f" ] || die "$f is missing; see $rig/packages"
		[ -e "$root$f" ] && continue
		mkdir -p "$root${f%/*}"
		cp -L "$f" "$root$f"
		# ldd names the loader without an arrow
		ldd "$f" 2>/dev/null | sed -n \
			's/.*=> \(\/[^ ]*\).*/\1/p; s/^[[:space:]]*\(\/[^ ]*\) (.*/\1/p' |
		while read -r so; do
			[ -e "$root$so" ] && continue
			mkdir -p "$root${so%/*}"
			cp -L "$so" "$root$so"
		done
	done
}

# put_modules ROOT KERNELDIR MODULE...: with all they depend on, and the
# indexes modprobe wants
put_modules() {
	root=$1 kdir=$2 rel=$(cat "$2/release")
	shift 2
	for m; do
		modprobe -d "$kdir" -S "$rel" --show-depends "$m" ||
			die "no module $m in $kdir"
	done | sed -n 's/^insmod \([^ ]*\).*/\1/p' | sort -u |
	while read -r ko; do
		to=$root/lib/modules/$rel/${ko#*"/$rel/"}
		mkdir -p "${to%/*}"
		cp "$ko" "$to"
	done
	for f in modules.order modules.builtin modules.builtin.modinfo; do
		cp "$kdir/lib/modules/$rel/$f" "$root/lib/modules/$rel/" \
			2>/dev/null || :
	done
	depmod -b "$root" "$rel"
}

# put_busybox ROOT: busybox with a link per applet
put_busybox() {
	mkdir -p "$1/bin" "$1/sbin" "$1/usr/bin" "$1/usr/sbin"
	cp "$(command -v busybox)" "$1/bin/busybox"
	busybox --list | while read -r a; do
		[ "$a" = busybox ] || ln -sf busybox "$1/bin/$a"
	done
}

# pack ROOT: ROOT as a newc archive on stdout, owned by root, same bytes each
# time.
pack() {
	(cd "$1" && find . | LC_ALL=C sort |
		cpio -o -H newc -R 0:0 --quiet --reproducible)
}

# fill_share BUILD SHARE: what changes often and comes over the share: mtool,
# the stubdomain, the guests, programs for tests, as far as they were made
fill_share() {
	rm -rf "$2"
	mkdir -p "$2/stubdom" "$2/helpers" "$2/foreign"
	"$rig/fetch-kernel" "$1/kernel"
	"$rig/mkguests" "$1" "$1/guests"
	cp -R "$1/guests" "$2"
	cp "$rig/setup" "$2"
	# RIG_MTOOL is another build of it: static, or one that counts
	[ ! -e "${RIG_MTOOL:-$1/mtool}" ] || cp "${RIG_MTOOL:-$1/mtool}" "$2/mtool"
	[ ! -e "$1/static/mtool" ] || cp "$1/static/mtool" "$2/mtool-static"
	for f in "$1"/*.deb; do
		[ ! -e "$f" ] || { mkdir -p "$2/debs" && cp "$f" "$2/debs"; }
	done
	[ ! -e "$1/faults/mtool" ] || cp "$1/faults/mtool" "$2/mtool-faults"
	for f in "$1"/stubdom/stubdom-kernel "$1"/stubdom/stubdom-initrd; do
		[ ! -e "$f" ] || cp --sparse=always "$f" "$2/stubdom"
	done
	for f in "$1"/helpers/* "$1"/foreign/initrd*; do
		case $f in
		*.d | *'*') ;;
		*/helpers/*) cp "$f" "$2/helpers" ;;
		*) cp "$f" "$2/foreign" ;;
		esac
	done
}
