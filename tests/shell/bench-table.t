#!/bin/sh
# SPDX-License-Identifier: MIT
# The statistics of make bench, with numbers that are known.
. tests/system/lib.sh
TMP=$(mktemp -d)
trap 'rm -rf "$TMP"' EXIT
table() { tests/bench/table "$@" 2>"$TMP/err"; }

cat >"$TMP/metrics" <<END
# id unit words base kind goal
create s create to running - ratio 0.5
own s with its own kernel create ratio 0.33
requests - xenstore requests - value 150
gone s never measured - ratio 0.1
free kB no goal at all - - -
END
cat >"$TMP/samples" <<END
fact Xen 4.17, "quoted" \\ and so on
create xl 20.5
create mtool 9
create xl 18
create mtool 12.25
create xl 10
create mtool 10
own mtool 3
own mtool 4
requests mtool 151
requests xl 1351
free mtool 1500
END
ok "a table is made" table "$TMP/metrics" "$TMP/samples"
out=$(table "$TMP/metrics" "$TMP/samples")
row() { echo "$out" | grep "^$1" | tr -s ' '; }
like "facts come first" "$(echo "$out" | head -n 1)" '^Xen 4.17, "quoted"'
is "medians, ranges, ratio, and the goal beside them" "$(row create)" \
	"create to running, s 18 (10..20.5) 10 (9..12.2) 0.56 ratio <= 0.5: MISSED"
is "an even number of samples, compared with another metric" "$(row with)" \
	"with its own kernel, s 18 (10..20.5) 3.50 (3..4) 0.19 ratio <= 0.33: met"
is "a goal that is a number" "$(row xenstore)" \
	"xenstore requests 1351 151 0.11 <= 150: MISSED"
is "what is not there" "$(row never)" \
	"never measured, s - - ratio <= 0.1: not measured"
is "no goal, and nothing to compare" "$(row 'no goal' | sed 's/ *$//')" \
	"no goal at all, kB - 1500"
is "no line more" "$(echo "$out" | wc -l)" 8

table --json "$TMP/metrics" "$TMP/samples" >"$TMP/json"
ok "it is JSON" perl -MJSON::PP -e '
	local $/; my $j = decode_json(<STDIN>);
	my %m = map { $_->{metric} => $_ } @{$j->{metrics}};
	die "facts" unless $j->{facts}[0] eq "Xen 4.17, \"quoted\" \\ and so on";
	die "median" unless $m{create}{xl}{median} == 18;
	die "range" unless $m{create}{mtool}{min} == 9
		&& $m{create}{mtool}{max} == 12.25;
	die "samples" unless "@{$m{create}{xl}{samples}}" eq "20.5 18 10";
	die "ratio" unless abs($m{create}{ratio} - 10 / 18) < 1e-5;
	die "goal" unless $m{create}{goal}{at_most} == 0.5
		&& !$m{create}{goal}{met} && $m{own}{goal}{met};
	die "base" unless $m{own}{xl}{median} == 18;
	die "none" if defined $m{gone}{xl} || defined $m{gone}{ratio}
		|| defined $m{gone}{goal}{met} || defined $m{free}{goal};
	die "count" unless @{$j->{metrics}} == 5;' <"$TMP/json"

wrong() {	# wrong DESC LINE
	echo "$2" >"$TMP/bad"
	not_ok "$1 is refused" table "$TMP/metrics" "$TMP/bad"
	like "$1: with its line" "$(cat "$TMP/err")" "^table: .*/bad:1: .*: $2"
}
wrong "an unknown metric" "creat xl 1"
wrong "an unknown tool" "create chaos 1"
wrong "no number" "create xl fast"
wrong "a missing number" "create xl"
wrong "a negative number" "create xl -1"
: >"$TMP/none"
ok "no samples at all is a table, too" table "$TMP/metrics" "$TMP/none"
is "of what make bench measures, every line is understood" \
	"$(tests/bench/table tests/bench/metrics "$TMP/none" | wc -l)" \
	$(($(grep -vc '^#' tests/bench/metrics) + 1))
is "and every goal is a number" "$(grep -v '^#' tests/bench/metrics |
	awk '$(NF - 1) != "-" && $NF !~ /^[0-9.]+$/')" ""

# Two programs, a domain whose connection has a pointer used before, the
# kernel's, which is older than the trace, and who switches that off.
cat >"$TMP/trace" <<END
IN 0x1 20261122 16:45:00 READ (x )
OUT 0x1 20261122 16:45:00 READ (x )
CREATE connection 0x2
IN 0x2 20261122 16:45:00 TRANSACTION_START ( )
OUT 0x2 20261122 16:45:00 TRANSACTION_START (1 )
IN 0x2 20261122 16:45:00 WRITE (/a b )
IN 0x2 20261122 16:45:00 TRANSACTION_END (T )
CREATE connection 0x3
IN 0x3 20261122 16:45:00 READ (/a )
DESTROY connection 0x3
IN 0x2 20261122 16:45:00 INTRODUCE (4 )
CREATE connection 0x3
OUT 0x2 20261122 16:45:00 INTRODUCE (OK )
IN 0x3 20261122 16:45:00 WRITE (/c d )
IN 0x3 20261122 16:45:00 TRANSACTION_START ( )
CREATE connection 0x5
IN 0x5 20261122 16:45:00 CONTROL (log off )
END
is "requests, transactions and connections are counted" \
	"$(tests/bench/xs-count "$TMP/trace")" "5 1 2"
is "of nothing, none" "$(tests/bench/xs-count "$TMP/none")" "0 0 0"
for s in tests/bench/*job tests/bench/table tests/bench/xs-count \
	tests/bench/stub-variants tools/rig/bench tools/rig/stub-bench; do
	ok "$s is a shell script" sh -n "$s"
done
done_testing
