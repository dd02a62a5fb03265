#!/bin/sh
# shellcheck disable=SC2317 # functions are called by their names
# SPDX-License-Identifier: GPL-2.0-or-later
#
# matrix.sh all|other TABLE
#
# Runs `make demo`, `make check` and `make deb` on each supported Debian (all),
# or on each one that is not the Debian of this machine (other). Each runs in a
# minimal system that debootstrap makes in a folder (a root), from the archive
# that this machine's apt uses. The package is tested in a second root. With
# `all`, the script also runs demo and check on each server that the caller has
# built from sources: SOURCES="PREFIX=TREE ...", where PREFIX is the folder of
# the installed server and TREE that of its sources. DEBIANS="trixie" names the
# Debians instead, and may be empty. The script writes the results to TABLE, one
# row for each server. With `all`, it also replaces the rows of these servers in
# doc/releases.md.
#
# The roots are kept in the folder MATRIX (default: /var/cache/failover-matrix),
# and the next run copies them. If that folder does not exist, they are made
# again.
#
# The exit status is 0 if everything passed, 1 if something failed, and 2 if a
# Debian could not be tried: a root cannot be made here, or no archive can be
# reached.

set -eu
export LC_ALL=C
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"

debians=${DEBIANS-bookworm trixie}
work=/failover # the tree, within a root

# Reasons outside the module why a Debian cannot be tried.
cannot() {
	echo "$0: $*" >&2
	exit 2
}

# -- the machine's apt -----------------------------------------------------

# The Debian archives that apt uses: URI, suite, component, one per line.
debian_archives() {
	# shellcheck disable=SC2016 # apt fills these names in
	apt-get indextargets --format '$(ORIGIN) $(REPO_URI) $(RELEASE) $(COMPONENT)' \
		'Created-By: Packages' | sed -n 's/^Debian //p' | sort -u
}

# The keyring with which apt checks the archive $1.
keyring_of() {
	eval "$(apt-config shell list Dir::Etc::sourcelist/f parts Dir::Etc::sourceparts/d)"
	found=$(
		# shellcheck disable=SC2154 # list and parts are set by the line above
		for file in "$list" "$parts"/*.list; do
			[ ! -r "$file" ] || sed 's/^/\n/' "$file"
		done
		for file in "$parts"/*.sources; do
			[ ! -r "$file" ] || { cat "$file" && echo; }
		done
	)
	found=$(echo "$found" | awk -v RS= -v uri="${1%/}" 'index($0, uri)' |
		sed -nE 's/.*[Ss]igned-[Bb]y[:=] *([^] ,]*).*/\1/p' | head -n 1)
	case $found in
	/*) echo "$found" ;;
	*) echo /usr/share/keyrings/debian-archive-keyring.gpg ;;
	esac
}

# configure_apt ROOT SUITE: makes apt in the root use the same archives as here.
configure_apt() {
	rm -f "$1"/etc/apt/sources.list.d/*
	echo "$archives" | sed "s/ $here\\([ -]\\)/ $2\\1/; s/^/deb /" >"$1/etc/apt/sources.list"
	cp "$keyring" "$1/etc/apt/trusted.gpg.d/machine-$(basename "$keyring")"
	apt-config dump |
		grep -iE '^Acquire::(Check-(Date|Valid-Until)|Retries|https?(::[^ ]*)?) "[^"]' \
			>"$1/etc/apt/apt.conf.d/90machine" || true
	for file in /etc/apt/auth.conf /etc/apt/auth.conf.d/*; do
		[ ! -f "$file" ] || cp "$file" "$1$file"
	done
	cp /etc/resolv.conf /etc/hosts "$1/etc/"
}

# -- roots -----------------------------------------------------------------

# make_root SUITE: makes the root of that Debian, which is kept.
make_root() {
	[ ! -e "$matrix/$1/etc/debian_version" ] || return 0
	rm -rf --one-file-system "$matrix/$1.new"
	began=$(date +%s)
	debootstrap --variant=minbase --include=ca-certificates,make --keyring="$keyring" \
		"$1" "$matrix/$1.new" "$mirror" >"$matrix/$1.log" 2>&1 || {
		tail -n 20 "$matrix/$1.log" >&2
		cannot "debootstrap could not make a root of $1 out of $mirror; run as root where chroot, mount and mknod are allowed and that archive is reached"
	}
	mv "$matrix/$1.new" "$matrix/$1"
	echo "== $1: root made in $(($(date +%s) - began)) s"
}

# enter_root SUITE: sets $root to a copy of the kept root, with the tree in it.
enter_root() {
	make_root "$1"
	root=$matrix/$1.copy
	rm -rf --one-file-system "$root"
	cp -a "$matrix/$1" "$root"
	configure_apt "$root" "$1"
	copy_tree "$root$work"
	in_root 'apt-get -q -o APT::Update::Error-Mode=any update' >"$matrix/$1.log" 2>&1 || {
		tail -n 20 "$matrix/$1.log" >&2
		cannot "apt-get in the root of $1 does not reach $mirror; this needs that archive"
	}
}

# in_root COMMAND: runs it in the tree, with an environment as on a new machine.
# If the system allows it, the command has its own mounts and processes, so that
# none of them remain.
in_root() {
	set -- env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root \
		${CI:+"CI=$CI"} chroot "$root" sh -c "$mounts cd $work && $1"
	[ -z "$mounts" ] || set -- unshare --mount --pid --fork --kill-child --propagation private "$@"
	"$@" </dev/null
}
mounts=
if unshare --mount --pid --fork true 2>/dev/null; then
	mounts='mount -t proc proc /proc; mount -t devpts devpts /dev/pts;'
fi

# -- rows of the table -----------------------------------------------------

# run NAME COMMAND...: runs the command, shows its output and keeps it in $log.
# Sets $status and $took.
run() {
	log=build/results/matrix/$1.log
	shift
	began=$(date +%s)
	{
		status=0
		"$@" 2>&1 || status=$?
		echo "$status" >"$log.status"
	} | tee "$log"
	status=$(cat "$log.status")
	rm "$log.status"
	took=$(($(date +%s) - began))
}

# try_target TARGET: runs it with $runs. Sets $came to the text for the table.
try_target() {
	run "$name-$1" "$runs" "$1"
	came="yes, $took s"
	[ "$status" -eq 0 ] || {
		came=NO
		bad=1
	}
}

# try_suite: runs demo and check with $runs. Sets $builds, $demo, $check and
# $sum for the table. If the module cannot be built, there is no check.
try_suite() {
	try_target demo
	demo=$came sum='' check=-
	builds=$(grep -q '^== build: done' "$log" && echo yes || echo NO)
	[ "$builds" = yes ] || return 0
	try_target check
	check=$took
	sum=$(sed -nE 's/^([0-9]+) passed, ([0-9]+) failed$/\1 | \2/p' "$log" | tail -n 1)
}

# row RELEASE FROM PACKAGE: adds a line to the table.
row() {
	echo "| ${1:-?} | $2 | $(date +%F) | $builds | $demo | ${sum:-0 | all} | $check | $3 |" >>"$table.new"
}

check_debian() {
	name=$1 runs=make_in_root
	enter_root "$1"
	from="Debian $(cut -d. -f1 "$root/etc/debian_version") ($1)"
	try_suite
	release=$(chroot "$root" kamailio -v 2>/dev/null | release_of)
	came=-
	[ "$builds" = NO ] || try_target deb
	if [ "$came" != - ] && [ "$status" -eq 0 ]; then
		cp "$root$work"/build/deb/kamailio-failover-module_*.deb build/results/matrix/
		rm -f "$matrix/package.deb"
		cp "$root$work"/build/deb/kamailio-failover-module_*.deb "$matrix/package.deb"
		enter_root "$1"
		mv "$matrix/package.deb" "$root$work/package.deb"
		runs=package_in_root
		try_target package
	fi
	row "$release" "$from" "$came"
	rm -rf --one-file-system "$root"
}
make_in_root() {
	echo "== $name: make $1"
	in_root "make $1"
}
package_in_root() {
	echo "== $name: the package in a bare root"
	in_root "test/matrix/package.sh package.deb"
}
release_of() {
	sed -n 's/^version: kamailio \([^ ]*\).*/\1/p'
}

# check_sources PREFIX=TREE
check_sources() {
	prefix=${1%%=*} tree=${1#*=}
	[ -x "$prefix/sbin/kamailio" ] || fail "[$1] in SOURCES: there is no $prefix/sbin/kamailio; it must be PREFIX=TREE of a server that is installed"
	[ -r "$tree/src/core/str.h" ] || fail "[$1] in SOURCES: there is no $tree/src/core/str.h; it must be PREFIX=TREE"
	release=$("$prefix/sbin/kamailio" -v | release_of)
	modules=$("$prefix/sbin/kamailio" -I | sed -n 's/^ *Default paths to modules: *\([^: ]*\).*/\1/p')
	name=$release runs=make_with_sources
	copy_tree "$matrix/sources"
	try_suite
	row "$release" 'built from its sources' '-'
	rm -rf "$matrix/sources"
}
make_with_sources() {
	echo "== Kamailio $release of $prefix: make $1"
	make -C "$matrix/sources" "$1" KAMAILIO="$prefix/sbin/kamailio" KSRC="$tree" \
		KAMCMD="$prefix/sbin/kamcmd" KAMAILIO_MODULES="${modules%/}" </dev/null
}

# into_document FILE: puts the rows of the table into FILE. They replace the
# rows of the same servers; if there are none, they are added after the last
# row.
into_document() {
	awk -F'|' -v table="$table" '
		function add_rest(  i) {
			for(i = 1; i <= count; i++)
				if(rows[keys[i]] != "") print rows[keys[i]]
			count = 0
		}
		BEGIN {
			while((getline line <table) > 0) {
				split(line, cells, "|")
				if(++read > 2) rows[keys[++count] = cells[2] cells[3]] = line
				else head = head line "\n"
			}
		}
		/^\| Kamailio / { printf "%s", head; inside = 1; next }
		inside && /^\|-/ { next }
		inside && ($2 $3) in rows { print rows[$2 $3]; rows[$2 $3] = ""; next }
		inside && !/^\|/ { add_rest(); inside = 0 }
		{ print }
		END { if(inside) add_rest() }' "$1" >"$1.new"
	mv "$1.new" "$1"
}

# -- the run ---------------------------------------------------------------

[ $# -eq 2 ] || fail "usage: $0 all|other TABLE"
which=$1
table=$2
mkdir -p build/results/matrix
# A make that this script starts is not a part of the make that started it.
unset MAKEFLAGS MFLAGS MAKELEVEL DEBIANS

matrix=${MATRIX:-/var/cache/failover-matrix}
if ! mkdir -p "$matrix" 2>/dev/null; then
	matrix=$(mktemp -d)
	trap 'rm -rf --one-file-system "$matrix"' EXIT
	trap 'exit 1' HUP INT TERM
fi
exec 9>"$matrix/lock"
flock 9 # another run uses the same roots

here=$(sed -n 's/^VERSION_CODENAME=//p' /etc/os-release)
if [ -n "$debians" ]; then
	[ "$(id -u)" -eq 0 ] || cannot "a Debian in a root of its own can be made by root only; run as root"
	[ -x "$(command -v apt-get)" ] || cannot "apt-get is not here; run on Debian"
	(install_packages debootstrap) || cannot "debootstrap is not here; run: apt-get install debootstrap"
	[ -n "$(debian_archives)" ] || apt-get -q update >/dev/null || true
	archives=$(debian_archives)
	mirror=$(echo "$archives" | sed -n "s/ $here main\$//p" | head -n 1)
	[ -n "$mirror" ] || cannot "this machine's apt knows no archive of Debian that has $here; add one to its sources"
	keyring=$(keyring_of "$mirror")
fi

bad=0
cat >"$table.new" <<-'T'
	| Kamailio | from | tried on | builds | demo | tests passed | failed | in, s | package |
	|---|---|---|---|---|---|---|---|---|
T
for suite in $debians; do
	[ "$which $suite" = "other $here" ] || check_debian "$suite"
done
if [ "$which" = all ]; then
	for source in ${SOURCES:-}; do
		check_sources "$source"
	done
	[ -n "${SOURCES:-}" ] || echo "== servers built from sources: skipped, SOURCES names none"
fi
mv "$table.new" "$table"
[ "$which" = other ] || into_document doc/releases.md
cat "$table"
exit "$bad"
