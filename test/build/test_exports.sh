# shellcheck shell=sh source=test/build/lib.sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The module exports the names that the server looks up (core/sr_module.c,
# ksr_load_module), and no other names. Another name might be the same as a name
# of the server; the module's would then replace the server's without a message.
. test/build/lib.sh

seen() {
	nm -D -j --defined-only "$1" | sort | tr '\n' ' '
}
expected='exports mod_register module_flags module_version '
found=$(seen failover.so)
[ "$found" = "$expected" ] || fail "failover.so exports [$found], the server looks up [$expected]"

# This test finds a name that is exported without need.
enter_small_tree
make failover.so
found=$(seen failover.so)
[ "$found" != "$expected" ] || fail "the test did not find that the module exports module_interface_ver too"
