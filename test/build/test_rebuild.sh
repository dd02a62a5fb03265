# shellcheck shell=sh source=test/build/lib.sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A second make does nothing. If a header changes, the files that include it are
# compiled again.
. test/build/lib.sh
enter_small_tree

make
[ -z "$(make)" ] || fail "the second make did something"

make -W text/part.h >"$scratch/output"
output_has 'CC      text/part.c'
output_has 'CC      failover_mod.c'

fake_server 's/^flags: /flags: ANOTHER_FLAG, /'
make >"$scratch/output"
output_has 'CC      text/part.c'
