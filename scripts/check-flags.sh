#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# check-flags.sh MODULE REFERENCE
#
# Compares the version and flags recorded in MODULE with those in REFERENCE, a
# module of the server's own package. The server refuses at start a MODULE in
# which they differ. This script finds the difference at build time and says
# what it is.

set -eu
export LC_ALL=C

fail() {
	echo "$0: $*" >&2
	exit 1
}

[ $# -eq 2 ] || fail "usage: $0 MODULE REFERENCE"
module=$1
reference=$2
[ -r "$reference" ] || fail "no module [$reference] to compare with; KAMAILIO must be an installed server with its tm.so"

# recorded FILE: the version line and the flags line. The compiler may put
# either of them first.
recorded() {
	strings -a "$1" | grep -E '^kamailio [0-9][^ ]* \([^ ]*\)$|^(USE_TCP)?, USE_[A-Z]' | sort || true
}
words() {
	recorded "$1" | sed 's/, */,/g' | tr ',' '\n' | sort
}

ours=$(recorded "$module")
theirs=$(recorded "$reference")
[ -n "$theirs" ] || fail "[$reference] records neither version nor flags; it must be a Kamailio module"
[ -n "$ours" ] || fail "[$module] records neither version nor flags; MODULE_VERSION must stand in one of its sources"
[ "$ours" != "$theirs" ] || exit 0

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
words "$module" >"$scratch/ours"
words "$reference" >"$scratch/theirs"
{
	echo "$0: the server would refuse $module: its version or flags differ from those of"
	echo "$reference; correct the options that scripts/kamailio-flags.sh derives"
	echo "this module:"
	echo "$ours"
	echo "the server:"
	echo "$theirs"
	comm -13 "$scratch/ours" "$scratch/theirs" | sed 's/^/missing: /'
	comm -23 "$scratch/ours" "$scratch/theirs" | sed 's/^/extra: /'
} >&2
exit 1
