# shellcheck shell=sh source=test/build/lib.sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A module is not built if its flags or version differ from the server's. The
# error names the difference.
. test/build/lib.sh
enter_small_tree

fake_server 's/USE_MCAST, //; s/^flags: /flags: NO_DEBUG, /'
must_fail make
output_has 'missing: USE_MCAST'
output_has 'extra: NO_DEBUG'
[ "$(grep -c '^USE_TCP, ' "$scratch/output")" -eq 2 ] || fail "the output does not show both lines of flags"
[ ! -e failover.so ] || fail "make left a module that the server would refuse"

fake_server 's/^version: kamailio/version: sipserver/'
must_fail make
output_has 'missing: kamailio '
