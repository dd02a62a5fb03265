# shellcheck shell=sh source=test/build/lib.sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Each Python file can be compiled, also those that no test runs: measurements
# and what draws pictures.
. test/build/lib.sh

find examples scripts test -name '*.py' | sort >"$scratch/files"
[ "$(wc -l <"$scratch/files")" -gt 50 ] || fail "there are too few Python files; find did not find them"
while read -r file; do
	/usr/bin/python3 -c 'import sys; compile(open(sys.argv[1]).read(), sys.argv[1], "exec")' "$file" ||
		fail "$file cannot be compiled"
done <"$scratch/files"
