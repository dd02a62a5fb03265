# shellcheck shell=sh source=test/build/lib.sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# `make clean` keeps the headers. `make distclean` leaves only the files of the
# project.
. test/build/lib.sh
enter_small_tree

make
make clean
[ "$(ls build)" = kamailio ] || fail "clean left in build/: $(ls build)"
[ ! -e failover.so ] || fail "clean left the module"
make distclean
[ ! -e build ] || fail "distclean left build/"
[ -r "$headers/src/core/str.h" ] || fail "distclean deleted the headers behind the link"
