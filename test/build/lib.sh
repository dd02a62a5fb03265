# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The tests of the build source this file from the top folder. It has a scratch
# folder that is deleted at the end of the test, trees to build in that folder,
# and assertions.

set -eu

top=$PWD
server=${KAMAILIO:-/usr/sbin/kamailio} # as the Makefile has it
headers=$(realpath "${KSRC:-build/kamailio}")
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# A make that a test starts is not a part of the make that runs the tests.
unset MAKEFLAGS MFLAGS MAKELEVEL KSRC

fail() {
	echo "$*" >&2
	exit 1
}

# Copies the project and its build to the scratch folder, and changes to the
# copy.
enter_copy() {
	mkdir "$scratch/tree"
	tar -cf - --exclude=./.git --exclude=./build/unit . | tar -xf - -C "$scratch/tree"
	cd "$scratch/tree"
}

# Makes the smallest module with the project's build system, and changes to it.
enter_small_tree() {
	mkdir -p "$scratch/tree/build" "$scratch/tree/test" "$scratch/tree/text"
	cp -R Makefile scripts "$scratch/tree"
	cp -R test/build "$scratch/tree/test"
	ln -s "$headers" "$scratch/tree/build/kamailio"
	cd "$scratch/tree"
	cat >failover_mod.c <<-'C'
		#pragma GCC visibility push(default)
		#include "../../core/sr_module.h"
		#include "text/part.h"
		MODULE_VERSION
		struct module_exports exports = {.name = "failover", .init_mod_f = part_size};
	C
	echo 'int part_size(void);' >text/part.h
	printf '%s\n' '#include "text/part.h"' 'int part_size(void) { return 0; }' >text/part.c
}

# fake_server SED-SCRIPT: makes a server program whose answers sed has edited.
# Sets KAMAILIO.
fake_server() {
	printf '#!/bin/sh\n%s "$@" | sed "%s"\n' "$server" "$1" >"$scratch/kamailio"
	chmod +x "$scratch/kamailio"
	export KAMAILIO="$scratch/kamailio"
}

# must_fail COMMAND...: runs it and keeps its output in $scratch/output.
must_fail() {
	if "$@" >"$scratch/output" 2>&1; then
		cat "$scratch/output"
		fail "[$*] succeeded; it has to fail"
	fi
}

# output_has TEXT: fails if the kept output does not contain TEXT.
output_has() {
	grep -qF -- "$1" "$scratch/output" || {
		cat "$scratch/output"
		fail "the output lacks [$1]"
	}
}
