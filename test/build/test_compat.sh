# shellcheck shell=sh source=test/build/lib.sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Only server/compat.h handles the differences between releases of the server.
# No other source checks for which release it is compiled.
. test/build/lib.sh

# asks FILE...: the lines that check for a release.
asks() {
	grep -nE 'VERSIONVAL|\bVERSION\b|ver_version|MODULE_INTERFACE_VER' "$@"
}
sources=$(find . \( -path ./build -o -path ./test/build \) -prune -o -name '*.[ch]' ! -path ./server/compat.h -print)
[ "$(echo "$sources" | wc -l)" -gt 50 ] || fail "too few sources were found"
# shellcheck disable=SC2086 # a list of names
if asks /dev/null $sources; then
	fail "move these checks for a release to server/compat.h, each with its reason"
fi
asks server/compat.h >/dev/null || fail "server/compat.h checks for no release; the pattern of this test is wrong"
