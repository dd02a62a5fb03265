#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# deps.sh DIRECTORY [SOURCES]
#
# Installs the Debian packages below, which the build and the tests need, and
# puts the headers of the installed Kamailio release into DIRECTORY. No Debian
# package contains these headers. They are in the source package, so the script
# downloads it from the archives that apt uses on this machine; it does not
# change the configuration of apt. It does not download again what is already
# there. SOURCES may be Kamailio's tarball, for a release that the archives no
# longer have, or a folder with Kamailio's sources, which is used unchanged.

set -eu
export LC_ALL=C
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"

packages="kamailio netbase kamailio-lua-modules kamailio-tls-modules
	kamailio-python3-modules kamailio-sqlite-modules kamailio-extra-modules
	gcc libc6-dev make pkg-config libpcre2-dev libjansson-dev
	check python3 python3-pytest python3-pytest-xdist python3-pytest-timeout
	groff-base
	valgrind openssl baresip-core libnet-sip-perl
	dpkg-dev ca-certificates"

# The release of the headers in DIRECTORY; empty if there are none.
headers_release() {
	[ -r "$1/src/Makefile.defs" ] || return 0
	sed -n 's/^\(VERSION\|PATCHLEVEL\|SUBLEVEL\) *= *\([0-9]*\).*/\2/p' "$1/src/Makefile.defs" |
		head -n 3 | paste -sd.
}

# Writes the package sources of this machine to the folder $1, changed to
# sources of source packages. It reads both formats of apt; it keeps options,
# suites, components and keys.
derive_sources() {
	eval "$(apt-config shell list Dir::Etc::sourcelist/f parts Dir::Etc::sourceparts/d)"
	# shellcheck disable=SC2154 # list and parts are set by the line above
	for file in "$list" "$parts"/*.list; do
		[ -r "$file" ] || continue
		sed -nE 's/^[[:space:]]*deb(-src)?[[:space:]]/deb-src /p' "$file"
	done | grep -v ' cdrom:' | sort -u >"$1/derived.list" || true
	for file in "$parts"/*.sources; do
		[ -r "$file" ] || continue
		# A value may continue on indented lines; they belong to the value.
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
	# As root, apt would download as a user who cannot write here.
	set -- -q -o Dir::Etc::SourceList=/dev/null -o Dir::Etc::SourceParts="$PWD/sources" \
		-o Dir::State::Lists="$PWD/lists" -o Dir::Cache="$PWD/cache" -o APT::Sandbox::User=root
	# Archives delete old source packages, and may lack a part of a present one (a
	# signature that was never uploaded). Only the tarball matters, so the caller
	# checks that it is there.
	apt-get "$@" update || true
	apt-get "$@" source --download-only "kamailio=$version" ||
		apt-get "$@" source --download-only kamailio || true
}

# unpack_headers TARBALL: unpacks the headers into $directory.
unpack_headers() {
	rm -rf "$directory.tree"
	mkdir -p "$directory.tree"
	# The test that builds inside Kamailio's source tree needs the makefiles.
	tar -xf "$1" -C "$directory.tree" --strip-components=1 --wildcards '*/src/*.h' '*/src/Makefile*'
	release=$(headers_release "$directory.tree")
	[ "$release" = "$upstream" ] || {
		rm -rf "$directory.tree"
		fail "$1 holds release $release, but $upstream is installed"
	}
	rm -rf "$directory"
	mv "$directory.tree" "$directory"
}

fetch_headers() {
	version=$(dpkg-query -W -f '${source:Version}' kamailio)
	upstream=${version#*:}
	upstream=${upstream%-*}
	[ "$(headers_release "$directory")" != "$upstream" ] || return 0
	if [ -n "$tarball" ]; then
		echo "  HEADERS of Kamailio $upstream, from $tarball"
		unpack_headers "$tarball"
		return 0
	fi
	echo "  HEADERS of Kamailio $upstream, from its source package"
	scratch=$directory.new
	rm -rf "$scratch"
	mkdir -p "$scratch"
	(cd "$scratch" && download_source)
	set -- "$scratch"/kamailio_"$upstream".orig.tar.*z*
	[ -r "$1" ] || fail "the archives in this machine's apt configuration gave no kamailio_$upstream.orig.tar; they must be reachable and offer the source package of the installed release. If they do not, get Kamailio's own tarball of $upstream by hand: make deps KSRC=/the/tarball"
	unpack_headers "$1"
	rm -rf "$scratch"
}

[ $# -eq 1 ] || [ $# -eq 2 ] || fail "usage: $0 DIRECTORY [SOURCES]"
directory=$1
tarball=
[ -x "$(command -v apt-get)" ] || fail "there is no apt-get; this needs Debian or a distribution made from it"
# shellcheck disable=SC2086 # a list of words
install_packages $packages
case ${2:-$1} in
"$1") fetch_headers ;;
*)
	if [ -d "$2" ]; then
		exit 0 # the build checks whether they fit the server
	fi
	[ -r "$2" ] || fail "there is no [$2]; KSRC must be a tarball of Kamailio's sources or a folder with them"
	tarball=$2
	fetch_headers
	;;
esac
