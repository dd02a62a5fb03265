# shellcheck shell=sh source=test/build/lib.sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# As a folder of Kamailio's source tree the project is built by what that server
# was built with, make or (from 6.1 on) CMake, and the server takes calls with the result.
. test/build/lib.sh

mkdir -p "$scratch/kamailio/src/modules/failover"
tar -C "$headers" -cf - --exclude=./.git --exclude='*.o' --exclude='*.so' . | tar -C "$scratch/kamailio" -xf -
tar -cf - --exclude=./.git --exclude=./build --exclude='*.so' . |
	tar -xf - -C "$scratch/kamailio/src/modules/failover"
cd "$scratch/kamailio"

# Upstream asks OpenSSL's development files for one flag of the string; the
# packaged server was built with them.
by_make() {
	make -C src cfg LIBSSL_SET_MUTEX_SHARED=1
	make -C src modules modules=modules/failover
	module=$PWD/src/modules/failover/failover.so
}
by_cmake() {
	cmake -S . -B "$scratch/cmake" -DUSE_GIT=OFF -DMODULE_GROUP_NAME= -DINCLUDE_MODULES=failover
	make -C "$scratch/cmake" failover
	module=$scratch/cmake/src/modules/failover/failover.so
}
# Of a server that CMake has built only the whole source tree will do.
if "$server" -V | grep -q 'FAST_LOCK-'; then
	by_make
else
	[ -r CMakeLists.txt ] || fail "$server was built by CMake, and $headers is not the whole of its sources"
	by_cmake
fi

# The server itself judges: it resolves every symbol and compares the flags.
cat >"$scratch/kamailio.cfg" <<CFG
loadmodule "tm.so"
loadmodule "$module"
request_route { exit; }
CFG
"$server" -c -f "$scratch/kamailio.cfg"

# And calls go through it.
cd "$top"
KAMAILIO=$server FAILOVER_MODULE_DIR=$(dirname "$module") PYTHONPYCACHEPREFIX="$scratch/python" \
	/usr/bin/python3 examples/demo.py >"$scratch/output" || fail "$(cat "$scratch/output")"
output_has '4 of 4 calls were answered'
