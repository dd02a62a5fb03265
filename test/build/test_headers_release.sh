# shellcheck shell=sh source=test/build/lib.sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Headers of another release than that of the server are refused.
. test/build/lib.sh
enter_small_tree

fake_server 's/^\(version: kamailio [0-9]*\)[.0-9]*/\1.99.1/'
must_fail make
output_has '.99.1'
output_has "'make deps' fetches the right ones"
