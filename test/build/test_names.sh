# shellcheck shell=sh source=test/build/lib.sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# No function or variable of the module has the name of one of the server's: at
# load the server's would silently take its place.
. test/build/lib.sh

names() {
	nm -D -j --defined-only "$1" | sort
}
names /usr/sbin/kamailio >"$scratch/server"
names failover.so >"$scratch/module"
[ -s "$scratch/server" ] || fail "/usr/sbin/kamailio shows no names"
[ -s "$scratch/module" ] || fail "failover.so shows no names"
clash=$(comm -12 "$scratch/server" "$scratch/module")
[ -z "$clash" ] || fail "rename, the server has them too: $clash"
