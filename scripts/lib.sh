# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Functions that the other scripts in this folder source.

fail() {
	echo "$0: $*" >&2
	exit 1
}

is_installed() {
	dpkg-query -W -f '${db:Status-Status}\n' "$1" 2>/dev/null | grep -qx installed
}

# install_packages PACKAGE...: installs the missing ones, without the packages
# that they recommend. Does not start a server.
install_packages() {
	missing=
	for package in "$@"; do
		is_installed "$package" || missing="$missing $package"
	done
	[ -n "$missing" ] || return 0
	[ "$(id -u)" -eq 0 ] || fail "packages are missing, run as root: apt-get install --no-install-recommends$missing"

	echo "  APT    $missing"
	# The programs are needed, but no SIP server may start on port 5060. This
	# is a subshell, so that the caller's own traps stay.
	(
		policy=/usr/sbin/policy-rc.d
		if [ ! -e "$policy" ]; then
			trap 'rm -f "$policy"' EXIT
			trap 'exit 1' HUP INT TERM
			printf '#!/bin/sh\nexit 101\n' >"$policy"
			chmod 755 "$policy"
		fi
		export DEBIAN_FRONTEND=noninteractive
		apt-get -q update || echo "$0: apt-get update failed; the present package lists are used"
		# shellcheck disable=SC2086 # a list of words
		apt-get -q -y --no-install-recommends install $missing ||
			fail "apt-get could not install$missing; its messages above say why"
	)
}

# copy_tree FOLDER: copies the project to a new FOLDER, without the files that
# the build makes.
copy_tree() {
	rm -rf --one-file-system "$1"
	mkdir -p "$1"
	if [ -e .git ]; then
		git -c safe.directory='*' ls-files -z --cached --others --exclude-standard
	else
		find . \( -path ./build -o -name '__pycache__' \) -prune -o \( -type f -o -type l \) \
			! -name failover.so ! -name failoverctl -print0
	fi | tar --null --ignore-failed-read -T - -cf - 2>/dev/null | tar -xf - -C "$1" --no-same-owner
}
