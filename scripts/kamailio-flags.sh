#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# kamailio-flags.sh KAMAILIO HEADERS
#
# Prints the -D options with which the server program KAMAILIO was compiled, one
# per line. A module must be compiled with the same options: when the server
# loads a module, it compares its version and flags with those recorded in the
# module, and refuses the module if they differ. HEADERS is the src folder of
# Kamailio. It must be of the server's release, because structures differ
# between releases.

set -eu
export LC_ALL=C

fail() {
	echo "$0: $*" >&2
	exit 1
}

[ $# -eq 2 ] || fail "usage: $0 KAMAILIO HEADERS"
kamailio=$1
headers=$2

# "version: kamailio 5.6.3 (x86_64/linux)" and "flags: USE_TCP, USE_TLS, ..."
about=$("$kamailio" -V) || fail "[$kamailio -V] failed; KAMAILIO must name a Kamailio server program"
id=$(echo "$about" | sed -n 's/^version: \([^ ]*\) \([^ ]*\) (\([^/]*\)\/\([^)]*\)).*/\1 \2 \3 \4/p')
[ -n "$id" ] || fail "[$kamailio -V] prints no line 'version: NAME RELEASE (ARCH/OS)'"
# shellcheck disable=SC2086 # four words by construction
set -- $id
name=$1 release=$2 arch=$3 os=$4

defs_value() {
	sed -n "s/^$1 *= *\([0-9]*\).*/\1/p" "$headers/Makefile.defs" | head -n 1
}
major=$(defs_value VERSION) minor=$(defs_value PATCHLEVEL) patch=$(defs_value SUBLEVEL)
case $release in
"$major.$minor.$patch" | "$major.$minor.$patch"-*) ;;
*) fail "$kamailio is release $release, the headers in $headers are $major.$minor.$patch; 'make deps' fetches the right ones" ;;
esac

echo "-DNAME='\"$name\"'"
echo "-DVERSION='\"$release\"'"
echo "-DVERSIONVAL=$((major * 1000000 + minor * 1000 + patch))"
echo "-DARCH='\"$arch\"'"
echo "-DOS_QUOTED='\"$os\"'"
echo "-D__CPU_$arch"
# The flags contain Linux or linux; it depends on the build system of the
# release.
echo "-D__OS_$(echo "$os" | tr '[:upper:]' '[:lower:]')"

echo "$about" | sed -n 's/^flags: //p' | tr -d ' ' | tr ',' '\n' | while read -r flag; do
	case $flag in
	# -V prints a different name from the one that is defined.
	FAST_LOCK-*) printf '%s\n' -DFAST_LOCK "-D${flag#*-}" ;;
	TLS_PTHREAD_MUTEX_SHARED) echo -DKSR_PTHREAD_MUTEX_SHARED ;;
	# -V of 6.1 prints these three, but its own modules are built without them.
	DBG_QM_MALLOC | DBG_F_MALLOC | DBG_TLSF_MALLOC) ;;
	*) echo "-D$flag" ;;
	esac
done
echo "$about" | sed -n 's/^ADAPTIVE_WAIT_LOOPS \([0-9]*\).*/-DADAPTIVE_WAIT_LOOPS=\1/p'

# The headers need these too, but -V does not print them. Kamailio's own build
# sets them on every Linux.
for flag in STATISTICS USE_CORE_STATS MALLOC_STATS CC_GCC_LIKE_ASM \
	HAVE_GETHOSTBYNAME2 HAVE_UNION_SEMUN HAVE_SCHED_YIELD \
	HAVE_EPOLL HAVE_SIGIO_RT HAVE_SELECT; do
	echo "-D$flag"
done
