# shellcheck shell=sh source=test/build/lib.sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The server refuses a module that was built with headers of another release,
# even if the module says that it is of this release. In these headers, a branch
# of tm is 16 bytes longer.
. test/build/lib.sh
enter_copy

cp -R "$headers/." "$scratch/headers"
sed -i '/^typedef struct ua_client/,/^}/ s/^{/{ char other_release[16];/' "$scratch/headers/src/modules/tm/h_table.h"
grep -q other_release "$scratch/headers/src/modules/tm/h_table.h" || fail "the headers could not be changed"
cat >"$scratch/kamailio.cfg" <<CFG
listen=udp:127.0.0.1:$((15100 + $$ % 800))
loadmodule "tm.so"
loadmodule "$PWD/failover.so"
request_route { exit; }
CFG
# serves SECONDS: runs the server for this time, then ends it with all its
# processes.
serves() {
	timeout -k 1 "$1" "$server" -f "$scratch/kamailio.cfg" -DD -E -e -Y "$scratch" -w "$scratch" || status=$?
	[ "${status:-0}" -eq 124 ] || [ "${status:-0}" -eq 137 ]
}
serves 2 || fail "the server does not start with the unchanged module"

find build -name '*.o' -exec rm {} +
make KSRC="$scratch/headers" failover.so
must_fail serves 10
output_has 'failover.so was built with wrong headers: it is for'
