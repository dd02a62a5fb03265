# shellcheck shell=sh source=test/build/lib.sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Each header of the project begins with its licence, then its own name and what
# it is. Its guard is its path: text/arena.h has FAILOVER_TEXT_ARENA_H.
. test/build/lib.sh

# faults FOLDER: prints one line for each header that breaks this rule.
faults() {
	(
		cd "$1"
		for header in *.h */*.h; do
			[ -e "$header" ] || continue
			name=$(basename "$header" .h)
			guard=FAILOVER_$(echo "${header#failover_}" | tr 'a-z/.' 'A-Z__')
			[ "$(head -n 1 "$header")" = '/* SPDX-License-Identifier: GPL-2.0-or-later */' ] ||
				echo "$header: the first line is not the licence"
			sed -n 2p "$header" | grep -q "^/\* $name: " ||
				echo "$header: the second line does not begin with [/* $name: ] and say what it is"
			grep -m 1 '^#ifndef' "$header" | grep -qx "#ifndef $guard" ||
				echo "$header: the guard is not $guard"
		done
	)
}

found=$(faults .)
[ -z "$found" ] || fail "$found"

mkdir "$scratch/text"
printf '%s\n' '/* other: a header */' '#ifndef FAILOVER_PART_H' >"$scratch/text/part.h"
faults "$scratch" >"$scratch/output"
output_has 'text/part.h: the first line is not the licence'
output_has 'the second line does not begin with [/* part: ]'
output_has 'the guard is not FAILOVER_TEXT_PART_H'
