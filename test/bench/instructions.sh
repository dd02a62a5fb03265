#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# How many instructions a function takes, counted by callgrind: instructions.sh FUNCTION
# PROGRAM [--check]. PROGRAM --ask N calls it N times. With --check it fails above MOST.
set -eu
MOST=6000
TIMES=2000
command -v valgrind >/dev/null || { echo "valgrind is missing: run 'make deps'" >&2; exit 1; }
told=$(valgrind --tool=callgrind --callgrind-out-file=/dev/null --collect-atstart=no \
	--toggle-collect="$1" "$2" --ask "$TIMES" 2>&1)
each=$(printf '%s\n' "$told" | awk -v times="$TIMES" '/Collected :/ { print int($NF / times) }')
echo "$1 takes $each instructions (the target is $MOST at most)"
[ "${3:-}" != --check ] || [ "$each" -le "$MOST" ]
