# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# For the scripts beside it, which source it.

fail() {
	echo "$0: $*" >&2
	exit 1
}

is_installed() {
	dpkg-query -W -f '${db:Status-Status}\n' "$1" 2>/dev/null | grep -qx installed
}

# install_packages PACKAGE...: installs those that are missing, without what they
# recommend, and without starting a server.
install_packages() {
	missing=
	for package in "$@"; do
		is_installed "$package" || missing="$missing $package"
	done
	[ -n "$missing" ] || return 0
	[ "$(id -u)" -eq 0 ] || fail "packages are missing, run as root: apt-get install --no-install-recommends$missing"

	echo "  APT    $missing"
	# The programs are wanted, not a SIP server on this machine's port 5060. In a
	# subshell, so that what the caller traps stays as it is.
	(
		policy=/usr/sbin/policy-rc.d
		if [ ! -e "$policy" ]; then
			trap 'rm -f "$policy"' EXIT
			trap 'exit 1' HUP INT TERM
			printf '#!/bin/sh\nexit 101\n' >"$policy"
			chmod 755 "$policy"
		fi
		export DEBIAN_FRONTEND=noninteractive
		apt-get -q update || echo "$0: apt-get update failed; going on with the package lists that are here"
		# shellcheck disable=SC2086 # a list of words
		apt-get -q -y --no-install-recommends install $missing ||
			fail "apt-get could not install$missing; its messages above say why"
	)
}

# copy_tree FOLDER: the project as it was checked out, without what was built of
# it, into a new FOLDER.
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
