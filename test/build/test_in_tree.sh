# shellcheck shell=sh source=test/build/lib.sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# If the project is a folder of Kamailio's source tree, it is built with the
# build system of that server, make or (from 6.1 on) CMake. The server takes
# calls with the module.
. test/build/lib.sh

mkdir -p "$scratch/kamailio/src/modules/failover"
tar -C "$headers" -cf - --exclude=./.git --exclude='*.o' --exclude='*.so' . | tar -C "$scratch/kamailio" -xf -
tar -cf - --exclude=./.git --exclude=./build --exclude='*.so' . |
	tar -xf - -C "$scratch/kamailio/src/modules/failover"
cd "$scratch/kamailio"

# Kamailio's build needs the development files of OpenSSL to set one of the
# flags. The packaged server was built with them.
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
# If CMake built the server, the whole source tree is needed.
if "$server" -V | grep -q 'FAST_LOCK-'; then
	by_make
else
	[ -r CMakeLists.txt ] || fail "$server was built by CMake, and $headers does not have all its sources"
	by_cmake
fi

# The server itself is the check: it resolves every symbol and compares the
# flags.
cat >"$scratch/kamailio.cfg" <<CFG
loadmodule "tm.so"
loadmodule "$module"
request_route { exit; }
CFG
"$server" -c -f "$scratch/kamailio.cfg"

# Calls go through the module.
cd "$top"
KAMAILIO=$server FAILOVER_MODULE_DIR=$(dirname "$module") PYTHONPYCACHEPREFIX="$scratch/python" \
	/usr/bin/python3 examples/demo.py >"$scratch/output" || fail "$(cat "$scratch/output")"
output_has '4 of 4 calls were answered'
