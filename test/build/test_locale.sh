# shellcheck shell=sh source=test/build/lib.sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The user's language does not change the flags or the build.
. test/build/lib.sh
enter_small_tree

LC_ALL=C scripts/kamailio-flags.sh "$server" "$headers/src" >"$scratch/flags"
for locale in $(locale -a) de_DE.UTF-8 tr_TR.UTF-8; do
	LC_ALL=$locale LANGUAGE=de scripts/kamailio-flags.sh "$server" "$headers/src" |
		cmp "$scratch/flags" -
done
# With LANGUAGE set, messages are translated under C.UTF-8 too.
LC_ALL=C.UTF-8 LANGUAGE=de make all check-symbols
LC_ALL=C.UTF-8 LANGUAGE=de scripts/deps.sh "$headers"
