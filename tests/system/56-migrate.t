#!/bin/sh
# SPDX-License-Identifier: MIT
# Only in make check-full.
# A migration from this host to this host, under another name.
. ./lib.sh
. ./vm.sh
. ./save.sh

cat >"$TMP/near" <<'EOF2'
#!/bin/sh
# in place of ssh: HOST COMMAND
shift
exec sh -c "$*"
EOF2
cat >"$TMP/deaf" <<'EOF2'
#!/bin/sh
echo ready
head -c 100000 >/dev/null
EOF2
cat >"$TMP/mute" <<'EOF2'
#!/bin/sh
# the other side's last word is lost
shift
sh -c "$*" | while read -r word; do
	[ "$word" = running ] || echo "$word"
done
EOF2
chmod 755 "$TMP/near" "$TMP/deaf" "$TMP/mute"
there() {	# there NAME DIGIT IMAGE
	echo "name=$1" "uuid=0123456$2-89ab-4cde-8123-456789abcdef" \
		"disk=['format=raw,vdev=hda,access=rw,target=$TMP/$3']"
}
cp "$GUESTS/boot.img" "$TMP/a.img"
cp "$GUESTS/boot.img" "$TMP/b.img"

begin g
answers "it echoes" g one
exits 2 "no host" mtool migrate g
exits 2 "an option is none" mtool migrate g -oProxyCommand=x
exits 6 "nobody there" mtool migrate -s false g here
runs_on g
exits 4 "its name is taken there" mtool migrate -s "$TMP/near" g here
runs_on g
exits 1 "its disk is not there" mtool migrate -s "$TMP/near" g here \
	name=h uuid=01234567-89ab-4cde-8123-456789abcdef \
	"disk=['format=raw,vdev=hda,access=rw,target=/no']"
runs_on g
exits 6 "one that says it is ready, and leaves" mtool migrate -s "$TMP/deaf" \
	g here
runs_on g
exits 6 "its last word is lost" mtool migrate -s "$TMP/mute" g here \
	$(there h 1 a.img)
like "what to do is said" "$(tail -n 1 "$TMP/out")" \
	'g.*here it is paused; if it does, mtool destroy g, else mtool unpause g$'
like "it is paused" "$(mtool list g)" ' paused '
unlike "the other is not" "$(mtool list h)" ' paused '
ok "so the user decides: the other goes" mtool destroy h
ok "and it goes on" mtool unpause g
runs_on g
ok "migrate" mtool migrate -s "$TMP/near" g here $(there h 1 a.img) || why g
is "it is not here any more" "$(status mtool domid g)" 3
open_serial h
answers "it is there" h moved
ok "live" mtool migrate --live -s "$TMP/near" h here $(there i 2 b.img) || {
	why h
	why i
}
open_serial i
answers "it is there" i moved-live
ok "destroy" mtool destroy i
exec 9>&-
is "nothing is left" "$(leftovers)" "$nothing"
done_testing
