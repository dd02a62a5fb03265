# shellcheck shell=sh source=test/build/lib.sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The module shows what the server looks up (core/sr_module.c, ksr_load_module), and
# nothing else: a further name might be one of the server's, which would silently
# take its place.
. test/build/lib.sh

seen() {
	nm -D -j --defined-only "$1" | sort | tr '\n' ' '
}
expected='exports mod_register module_flags module_version '
found=$(seen failover.so)
[ "$found" = "$expected" ] || fail "failover.so shows [$found], the server looks up [$expected]"

# The test sees what is too much.
enter_small_tree
make failover.so
found=$(seen failover.so)
[ "$found" != "$expected" ] || fail "a module that shows module_interface_ver too was not told apart"
