# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# For the tests of the build, which source it from the top folder: a scratch
# folder that goes away with the test, trees to build in it, and assertions.

set -eu

top=$PWD
server=${KAMAILIO:-/usr/sbin/kamailio} # as the Makefile has it
headers=$(realpath "${KSRC:-build/kamailio}")
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# A test's make is one of its own, not a part of the make that runs the tests.
unset MAKEFLAGS MFLAGS MAKELEVEL KSRC

fail() {
	echo "$*" >&2
	exit 1
}

# The project with what is built of it, in the scratch folder, and goes there.
enter_copy() {
	mkdir "$scratch/tree"
	tar -cf - --exclude=./.git --exclude=./build/unit . | tar -xf - -C "$scratch/tree"
	cd "$scratch/tree"
}

# A module of the fewest lines with the project's build system, and goes there.
enter_small_tree() {
	mkdir -p "$scratch/tree/build" "$scratch/tree/test" "$scratch/tree/text"
	cp -R Makefile scripts "$scratch/tree"
	cp -R test/build "$scratch/tree/test"
	ln -s "$headers" "$scratch/tree/build/kamailio"
	cd "$scratch/tree"
	cat >failover_mod.c <<-'C'
		#include "../../core/sr_module.h"
		#include "text/room.h"
		MODULE_VERSION
		struct module_exports exports = {.name = "failover", .init_mod_f = room_size};
	C
	echo 'int room_size(void);' >text/room.h
	printf '%s\n' '#include "text/room.h"' 'int room_size(void) { return 0; }' >text/room.c
}

# fake_server SED-SCRIPT: a server program whose answers are edited. Sets KAMAILIO.
fake_server() {
	printf '#!/bin/sh\n%s "$@" | sed "%s"\n' "$server" "$1" >"$scratch/kamailio"
	chmod +x "$scratch/kamailio"
	export KAMAILIO="$scratch/kamailio"
}

# must_fail COMMAND...: runs it, keeps what it prints in $scratch/output.
must_fail() {
	if "$@" >"$scratch/output" 2>&1; then
		cat "$scratch/output"
		fail "[$*] succeeded; it has to fail"
	fi
}

# output_has TEXT: the kept output contains TEXT.
output_has() {
	grep -qF -- "$1" "$scratch/output" || {
		cat "$scratch/output"
		fail "the output lacks [$1]"
	}
}
