#!/bin/sh
# SPDX-License-Identifier: MIT
# The manual pages are well formed, and readable in a terminal of 80 columns.
# What they say is compared with the program in tests/unit/manual.c.
. tests/system/lib.sh

for page in tools/man/*.[1-9]; do
	ok "${page##*/}: mandoc finds nothing" mandoc -Tlint -Wwarning "$page"
	is "${page##*/}: no line is wider than 80 columns" \
		"$(mandoc -Tascii -Owidth=78 "$page" | sed 's/.\x08//g' |
			awk 'length > 80')" ""
done
is "there are three pages" "$(ls tools/man/*.[1-9] | wc -l)" 3
done_testing
