# shellcheck shell=sh source=test/build/lib.sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Without server or headers one line says what to run.
. test/build/lib.sh
enter_small_tree

for missing in KAMAILIO KSRC; do
	must_fail make "$missing=$scratch/absent"
	output_has "run 'make deps'"
	[ "$(wc -l <"$scratch/output")" -eq 1 ] || fail "more than one line: $(cat "$scratch/output")"
done
