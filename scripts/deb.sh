#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# deb.sh FOLDER HEADERS
#
# Builds the package kamailio-failover-module in FOLDER, for this Debian and the
# installed Kamailio, with Kamailio's headers in HEADERS. Checks the package
# with lintian.

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
# Does not show the findings that scripts/debian/*.lintian-overrides explains.
lintian --allow-root --fail-on error,warning "$folder"/*.changes ||
	fail "lintian has found the faults above in $folder/*.changes"
ls "$folder"/kamailio-failover-module_*.deb
