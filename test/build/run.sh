#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# run.sh RESULTS [TEST]
#
# Runs the tests of the build from the top folder: every test_*.sh in this
# file's folder, or only TEST. It runs as many at a time as there are cores. It
# writes one line for each test to the file RESULTS, in the format TAP.

set -eu

# run_one RESULTS TEST: prints the output of a test in one piece.
run_one() {
	log=$(mktemp)
	trap 'rm -f "$log"' EXIT
	name=$(basename "$2" .sh)
	began=$(date +%s)
	result=ok
	sh "$2" >"$log" 2>&1 </dev/null || result='not ok'
	echo "$result - $name" >>"$1"
	said=$([ "$result" = ok ] || sed 's/^/    /' "$log")
	printf '%s  %-6s  %s, %s s\n' "${said:+$said
}" "$result" "$name" "$(($(date +%s) - began))"
	[ "$result" = ok ]
}

case $# in
1)
	mkdir -p "$(dirname "$1")"
	: >"$1"
	printf '%s\n' test/build/test_*.sh | xargs -P "$(nproc)" -n 1 "$0" "$1"
	;;
2) run_one "$1" "$2" ;;
*)
	echo "usage: $0 RESULTS [TEST]" >&2
	exit 2
	;;
esac
