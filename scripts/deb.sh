#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# deb.sh FOLDER HEADERS
#
# Makes the package kamailio-failover-module for this Debian and the Kamailio that
# is installed, with Kamailio's headers in HEADERS, and looks at it with lintian.
# The package is in FOLDER then.

set -eu
export LC_ALL=C.UTF-8
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"

[ $# -eq 2 ] || fail "usage: $0 FOLDER HEADERS"
folder=$1
headers=$(realpath "$2")
install_packages build-essential debhelper dpkg-dev lintian xsltproc docbook-xsl

rm -rf "$folder"
mkdir -p "$folder"
copy_tree "$folder/tree"
mv "$folder/tree/scripts/debian" "$folder/tree/debian"
(cd "$folder/tree" && env -u MAKEFLAGS -u MAKELEVEL KSRC="$headers" \
	dpkg-buildpackage -b -us -uc) >"$folder/log" 2>&1 || {
	tail -n 30 "$folder/log" >&2
	fail "dpkg-buildpackage failed; $folder/log has all of it"
}
rm -rf "$folder/tree"
# What is explained in scripts/debian/*.lintian-overrides is not shown.
lintian --allow-root --fail-on error,warning "$folder"/*.changes ||
	fail "lintian has found the faults above in $folder/*.changes"
ls "$folder"/kamailio-failover-module_*.deb
