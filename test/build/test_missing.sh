# shellcheck shell=sh source=test/build/lib.sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# If something is missing, one line names it and the command that installs it.
# There is no other output.
. test/build/lib.sh
enter_small_tree

# is_named MISSING ARGUMENT...: fails unless make with these arguments names
# MISSING, and nothing else.
is_named() {
	missing=$1
	shift
	must_fail make "$@"
	output_has "Missing: [$missing]: run 'make deps' as root"
	[ "$(wc -l <"$scratch/output")" -eq 1 ] || fail "more than one line: $(cat "$scratch/output")"
}

is_named "Kamailio: $scratch/absent" KAMAILIO="$scratch/absent"
is_named "the headers of Kamailio: $scratch/absent/src" KSRC="$scratch/absent"
is_named "the compiler no-cc" CC=no-cc
is_named libpcre2-dev PCRE2=
mkdir ctl
: >ctl/failoverctl.c
is_named libjansson-dev JANSSON=
