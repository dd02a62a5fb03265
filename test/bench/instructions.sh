#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# instructions.sh FUNCTION PROGRAM [--check]
#
# Prints how many instructions one call of FUNCTION takes. Callgrind counts them.
# PROGRAM --ask N must call the function N times. With --check the script fails if
# there are more than MOST.
set -eu
MOST=6000
TIMES=2000
command -v valgrind >/dev/null || { echo "valgrind is missing: run 'make deps'" >&2; exit 1; }
told=$(valgrind --tool=callgrind --callgrind-out-file=/dev/null --collect-atstart=no \
	--toggle-collect="$1" "$2" --ask "$TIMES" 2>&1)
each=$(printf '%s\n' "$told" | awk -v times="$TIMES" '/Collected :/ { print int($NF / times) }')
echo "$1 takes $each instructions (the target is $MOST at most)"
[ "${3:-}" != --check ] || [ "$each" -le "$MOST" ]
