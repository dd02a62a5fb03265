#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# deps.sh DIRECTORY
#
# Brings what building and testing need: the Debian packages below, and into
# DIRECTORY the headers of the Kamailio release that is installed, which no
# Debian package holds. They come out of the source package, from the same
# archives that the machine gets its packages from; its own apt configuration
# stays as it is. What is there already is not fetched again.

set -eu
export LC_ALL=C

packages="kamailio netbase kamailio-lua-modules kamailio-tls-modules
	gcc libc6-dev make pkg-config libpcre2-dev libjansson-dev
	check python3 python3-pytest groff-base
	valgrind openssl baresip-core libnet-sip-perl
	dpkg-dev ca-certificates"
policy=/usr/sbin/policy-rc.d

fail() {
	echo "$0: $*" >&2
	exit 1
}

installed() {
	dpkg-query -W -f '${db:Status-Status}\n' "$1" 2>/dev/null | grep -qx installed
}

install_packages() {
	missing=
	for package in $packages; do
		installed "$package" || missing="$missing $package"
	done
	[ -n "$missing" ] || return 0
	[ "$(id -u)" -eq 0 ] || fail "packages are missing, run as root: apt-get install --no-install-recommends$missing"

	echo "  APT    $missing"
	# The programs are wanted, not a SIP server on this machine's port 5060.
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
}

# The release of the headers in DIRECTORY, empty without any.
headers_release() {
	[ -r "$1/src/Makefile.defs" ] || return 0
	sed -n 's/^\(VERSION\|PATCHLEVEL\|SUBLEVEL\) *= *\([0-9]*\).*/\2/p' "$1/src/Makefile.defs" |
		head -n 3 | paste -sd.
}

# Writes the machine's package sources, turned into sources of source packages,
# to the folder $1. Both of apt's formats are read; options, suites, components
# and keys stay as they are.
derive_sources() {
	eval "$(apt-config shell list Dir::Etc::sourcelist/f parts Dir::Etc::sourceparts/d)"
	# shellcheck disable=SC2154 # list and parts are set by the line above
	for file in "$list" "$parts"/*.list; do
		[ -r "$file" ] || continue
		sed -nE 's/^[[:space:]]*deb(-src)?[[:space:]]/deb-src /p' "$file"
	done | grep -v ' cdrom:' | sort -u >"$1/derived.list" || true
	for file in "$parts"/*.sources; do
		[ -r "$file" ] || continue
		# A value may go on in indented lines, which then belong to it.
		awk 'tolower($0) ~ /^types:/ { print "Types: deb-src"; types = 1; next }
			types && /^[ \t]/ { next }
			{ types = 0; print }
			END { print "" }' "$file"
	done >"$1/derived.sources"
}

# Downloads the source package's upstream tarball to the current folder.
download_source() {
	mkdir -p sources lists/partial cache/archives/partial
	derive_sources sources
	# As root, apt would download as a user who may not write here.
	set -- -q -o Dir::Etc::SourceList=/dev/null -o Dir::Etc::SourceParts="$PWD/sources" \
		-o Dir::State::Lists="$PWD/lists" -o Dir::Cache="$PWD/cache" -o APT::Sandbox::User=root
	# Archives drop old source packages, and parts of present ones (a signature
	# that was never uploaded); only the tarball counts, so the caller looks for it.
	apt-get "$@" update || true
	apt-get "$@" source --download-only "kamailio=$version" ||
		apt-get "$@" source --download-only kamailio || true
}

fetch_headers() {
	version=$(dpkg-query -W -f '${source:Version}' kamailio)
	upstream=${version#*:}
	upstream=${upstream%-*}
	[ "$(headers_release "$directory")" != "$upstream" ] || return 0

	echo "  HEADERS of Kamailio $upstream, from its source package"
	scratch=$directory.new
	rm -rf "$scratch"
	mkdir -p "$scratch/apt" "$scratch/tree"
	(cd "$scratch/apt" && download_source)
	set -- "$scratch"/apt/kamailio_"$upstream".orig.tar.*z*
	[ -r "$1" ] || fail "the archives in this machine's apt configuration gave no kamailio_$upstream.orig.tar; they must be reachable and offer the source package of the installed release"
	# The makefiles are for the test that builds inside Kamailio's tree.
	tar -xf "$1" -C "$scratch/tree" --strip-components=1 --wildcards '*/src/*.h' '*/src/Makefile*'
	[ "$(headers_release "$scratch/tree")" = "$upstream" ] ||
		fail "$1 holds release $(headers_release "$scratch/tree"), but $upstream is installed"
	rm -rf "$directory"
	mv "$scratch/tree" "$directory"
	rm -rf "$scratch"
}

[ $# -eq 1 ] || fail "usage: $0 DIRECTORY"
directory=$1
[ -x "$(command -v apt-get)" ] || fail "apt-get is not here; this needs Debian or a distribution made from it"
install_packages
fetch_headers
