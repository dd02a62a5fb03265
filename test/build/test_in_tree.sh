# shellcheck shell=sh source=test/build/lib.sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# As a folder of Kamailio's source tree the project is built by the makefiles
# there, and the packaged server loads the result.
. test/build/lib.sh

cp -R build/kamailio "$scratch/kamailio"
mkdir "$scratch/kamailio/src/modules/failover"
tar -cf - --exclude=./.git --exclude=./build --exclude='*.so' . |
	tar -xf - -C "$scratch/kamailio/src/modules/failover"
cd "$scratch/kamailio/src"

# Upstream asks OpenSSL's development files for one flag of the string; the
# packaged server was built with them.
make cfg LIBSSL_SET_MUTEX_SHARED=1
make modules modules=modules/failover

# The server itself judges: it resolves every symbol and compares the flags.
cat >"$scratch/kamailio.cfg" <<CFG
loadmodule "tm.so"
loadmodule "$PWD/modules/failover/failover.so"
request_route { exit; }
CFG
/usr/sbin/kamailio -c -f "$scratch/kamailio.cfg"
