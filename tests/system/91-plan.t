#!/bin/sh
# SPDX-License-Identifier: MIT
# create writes exactly its plan: the nodes that xenstored's trace has of it are
# those that `mtool plan` prints, each once, with the values it prints, and
# those in the tree have its permissions.
. ./lib.sh
. ./vm.sh

trace=/run/xenstored/trace.log
make_bridges
cfg=$(boot_cfg g 'vcpus = 2' 'uuid = "c0ffee00-0000-4000-8000-000000000091"' \
	"disk = [ \"$(guest_disk boot),raw,hda,w\", \"$(guest_disk boot),raw,xvdb,w\", \",hdc:cdrom,r\" ]" \
	"vif = [ \"bridge=mbr0,model=e1000\", \"bridge=mbr1,type=vif\" ]")
ok "plan" mtool plan "$cfg"
mtool plan "$cfg" >"$TMP/plan"
mtool plan --json "$cfg" >"$TMP/plan.json"

xenstore-control logfile $trace >/dev/null
rm -f $trace
xenstore-control log on >/dev/null
ok "create" mtool --trace "$TMP/trace.json" create -p "$cfg"
xenstore-control log off >/dev/null
t=$(domid g)
s=$(stubid g)
v=c0ffee00-0000-4000-8000-000000000091
sv=$(xenstore-read "/local/domain/$s/vm")

# known TEXT: what was a variable when the plan was printed
known() {
	sed "s,<T>,$t,g; s,<S>,$s,g; s,<uuid>,$v,g; s,/vm/<stub-uuid>,$sv,g
		s,<stub-uuid>,${sv#/vm/},g"
}

# "PATH=VALUE" of each node. What is written is "WRITE (PATH VALUE )".
sed -n 's/^       \(\/[^ ]*\) = "\(.*\)"\(  (.*)\)\{0,1\}$/\1=\2/p' "$TMP/plan" |
	known >"$TMP/planned"
mine=$(awk '$1 == "IN" && / INTRODUCE \(/ { print $2 }' $trace | sort -u)
awk -v c="$mine" '$1 == "IN" && $2 == c && $5 == "WRITE"' $trace |
	sed 's/^.* WRITE (\([^ ]*\) \(.*\))$/\1=\2/; s/ $//' >"$TMP/written"
ok "there are many nodes" test "$(wc -l <"$TMP/planned")" -gt 200
paths() { sed 's/=.*//' "$1" | sort; }
paths "$TMP/planned" >"$TMP/planned.paths"
paths "$TMP/written" >"$TMP/written.paths"
is "what is written is planned" \
	"$(grep -vxF -f "$TMP/planned.paths" "$TMP/written.paths")" ""
is "what is planned is written" \
	"$(grep -vxF -f "$TMP/written.paths" "$TMP/planned.paths")" ""
is "as often as it is planned" "$(cat "$TMP/written.paths" | sort | uniq -c)" \
	"$(cat "$TMP/planned.paths" | sort | uniq -c)"
# values: those without a variable that only create knows
grep -v '<' "$TMP/planned" | sort >"$TMP/planned.known"
sort "$TMP/written" >"$TMP/written.sorted"
is "with the values of the plan" \
	"$(grep -vxF -f "$TMP/written.sorted" "$TMP/planned.known")" ""

# permissions, of what is in the tree yet: "PATH (n0,r7)"
sed -n 's/^       \(\/[^ ]*\) = ".*"  (\(.*\))$/\1 (\2)/p' "$TMP/plan" |
	known | sed 's/<\([0-9]*\)>/\1/g' | sort -u >"$TMP/planned.perms"
xenstore-ls -fp / | sed 's/^\([^ ]*\) = .*   (\([^()]*\))$/\1 (\2)/' |
	sort >"$TMP/tree.perms"
is "with the permissions of the plan" \
	"$(grep -vxF -f "$TMP/tree.perms" "$TMP/planned.perms")" ""

# the JSON has the same paths
is "plan --json has the same nodes" \
	"$(grep -o '"path": "[^"]*"' "$TMP/plan.json" |
		sed 's/"path": "\(.*\)"/\1/' | known | sort)" \
	"$(cat "$TMP/planned.paths")"

# the trace of mtool's own
is "--trace has every write" \
	"$(sed -n 's/.*"kind": "xenstore", "text": "write \([^ ]*\) = .*/\1/p' \
		"$TMP/trace.json" | sort)" "$(cat "$TMP/written.paths")"
is "and every step" "$(grep '"kind": "step", "text": " *[0-9]' "$TMP/trace.json" |
	grep -vc ' ms: build ')" "$(grep -c '"step":' "$TMP/plan.json")"
budget=$(grep '"kind": "step"' "$TMP/trace.json" | tail -n 1)
diag "$budget"
like "create ends with where its time went" "$budget" \
	'[0-9]+ ms: build [0-9]+, waiting for backends [0-9]+, stub boot [0-9]+, QEMU start [0-9]+'
ok "nothing holds the trace open" sh -c "! ls -l /proc/[0-9]*/fd 2>/dev/null |
	grep -q trace.json"
ok "destroy" mtool destroy g
remove_bridges
is "nothing is left" "$(leftovers)" "$nothing"
done_testing
