#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# check-symbols.sh LIST OBJECT...
#
# Checks that the OBJECTs use no symbols except each other's and those of LIST
# (one symbol per line, # begins a comment). Prints each other symbol that they
# use.

set -eu
export LC_ALL=C

[ $# -ge 2 ] || {
	echo "usage: $0 LIST OBJECT..." >&2
	exit 2
}
list=$1
shift

# symbols OBJECT CONDITION: its symbols for which the CONDITION of awk is true. (nm
# reads the code that is kept for the link, which lacks calls such as of memset that
# the compiler makes later.)
symbols() {
	readelf -W --symbols "$1" | awk "\$8 != \"\" && ($2) { print \$8 }"
}

known=$(mktemp)
trap 'rm -f "$known"' EXIT
sed 's/[[:space:]]*#.*//; /^$/d' "$list" >"$known"
for object in "$@"; do
	symbols "$object" '$7 ~ /[0-9]/ && $5 != "LOCAL"'
done >>"$known"

bad=0
for object in "$@"; do
	for symbol in $(symbols "$object" '$7 == "UND"' | grep -vxF -f "$known"); do
		echo "$object: uses $symbol, which is not in $list: the result of a pure file must depend only on its arguments" >&2
		bad=1
	done
done
[ "$bad" -ne 0 ] || echo "  $# objects use only the symbols of $list"
exit "$bad"
