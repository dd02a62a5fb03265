#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# run.sh RESULTS
#
# Runs the tests of the build, every test_*.sh beside this file, from the top
# folder. Writes one line for each to the file RESULTS, in the format TAP.

set -eu

[ $# -eq 1 ] || {
	echo "usage: $0 RESULTS" >&2
	exit 2
}
mkdir -p "$(dirname "$1")"
: >"$1"
log=$(mktemp)
trap 'rm -f "$log"' EXIT

bad=0
for test in test/build/test_*.sh; do
	name=$(basename "$test" .sh)
	began=$(date +%s)
	if sh "$test" >"$log" 2>&1; then
		result=ok
	else
		result='not ok'
		bad=1
		sed 's/^/    /' "$log"
	fi
	echo "$result - $name" >>"$1"
	printf '  %-6s  %s, %s s\n' "$result" "$name" "$(($(date +%s) - began))"
done
exit "$bad"
