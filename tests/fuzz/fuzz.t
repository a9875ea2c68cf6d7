#!/bin/sh
# SPDX-License-Identifier: MIT
# Every fuzzer in BUILD/fuzz for its part of T seconds, beginning with all
# inputs that were ever new: tests/fuzz/corpus/NAME.tar.xz and what earlier runs
# have found, in BUILD/fuzz/NAME.corpus. An input that breaks a promise stays in
# BUILD/fuzz/NAME.found; run BUILD/fuzz/NAME with it.
set -u
cd "$(dirname "$0")"
fuzz=$(cd "../../${BUILD:-build}" 2>/dev/null || cd "$BUILD" && pwd)/fuzz
names=$(ls ./*.c | sed 's,./\(.*\)\.c,\1,')
number=$(echo "$names" | wc -l)
seconds=$((${T:-60} / number))
[ $seconds -gt 0 ] || seconds=1

corpus() {	# corpus NAME: as a directory, whose name it prints
	dir=$fuzz/$1.corpus
	if [ ! -d "$dir" ]; then
		mkdir -p "$dir"
		[ ! -f "corpus/$1.tar.xz" ] || tar -C "$dir" -xJf "corpus/$1.tar.xz"
	fi
	echo "$dir"
}

n=0 failed=0
echo "1..$number"
for name in $names; do
	n=$((n + 1)) log=$fuzz/$name.log
	if "$fuzz/$name" -max_total_time=$seconds -verbosity=0 \
		-print_final_stats=1 -artifact_prefix="$fuzz/$name.found." \
		"$(corpus "$name")" >"$log" 2>&1; then
		runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
		echo "ok $n - fuzz $name: $runs inputs in $seconds s"
	else
		failed=1
		echo "not ok $n - fuzz $name"
		tail -n 40 "$log" | sed 's/^/# /'
	fi
done
exit $failed
