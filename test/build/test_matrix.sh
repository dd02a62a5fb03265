# shellcheck shell=sh source=test/build/lib.sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The results that scripts/matrix.sh writes: the table, its rows in the
# document, and the exit status. The servers, apt and debootstrap are fake
# programs.
. test/build/lib.sh

tree=$scratch/tree
mkdir -p "$tree/doc" "$scratch/bin"
cp -R scripts "$tree"
cd "$tree"
export MATRIX="$scratch/matrix" PATH="$scratch/bin:$PATH"
unset DEBIANS SOURCES

# program NAME: makes a fake program in the PATH from the script on stdin.
program() {
	{ echo '#!/bin/sh' && cat; } >"$scratch/bin/$1"
	chmod +x "$scratch/bin/$1"
}
# built_server RELEASE: makes a server of that release, and a tree of its
# sources.
built_server() {
	mkdir -p "$scratch/$1/sbin" "$scratch/$1/src/core"
	touch "$scratch/$1/src/core/str.h"
	printf '#!/bin/sh\necho "version: kamailio %s (x86_64/linux)"\n' "$1" >"$scratch/$1/sbin/kamailio"
	chmod +x "$scratch/$1/sbin/kamailio"
	printf '%s' "$scratch/$1=$scratch/$1"
}
# The last one of these is used as the module.
cat >Makefile <<'MAKE'
demo:
	@echo '== build: done, 1 s'
check:
	@echo check of $(KSRC) >>$(MATRIX)/checks; echo '7 passed, 0 failed'
MAKE
cat >doc/releases.md <<'DOCUMENT'
Before.

| Kamailio | from | builds |
|---|---|---|
| 5.6.3 | Debian 12 (bookworm) | old | yes | yes, 1 s | 9 | 0 | 5 | yes |
| 7.7.7 | built from its sources | old | NO | NO | 0 | all | - | - |

After.
DOCUMENT
# rows FIELDS: prints those columns of the rows in the document.
rows() {
	sed -n '/^| [0-9?]/p' doc/releases.md | cut -d'|' -f"$1" | tr -d ' ' | paste -sd' '
}

# Servers built from sources, and no Debian.
first=$(built_server 7.7.7) second=$(built_server 8.8.8)
DEBIANS='' SOURCES="$first $second" sh scripts/matrix.sh all build/table
[ "$(rows 2,5,7,8)" = '5.6.3|yes|9|0 7.7.7|yes|7|0 8.8.8|yes|7|0' ] || fail "the rows are [$(rows 2,5,7,8)]"
[ "$(head -n 1 doc/releases.md) $(tail -n 1 doc/releases.md)" = 'Before. After.' ] || fail "the text round the table has changed"
[ "$(grep -c '^| Kamailio' doc/releases.md)" -eq 1 ] || fail "the table has no head, or several"

# The module cannot be built on this server: there is no check, and the run
# fails.
cat >>Makefile <<'MAKE'
ifeq ($(notdir $(KSRC)),8.8.8)
demo:
	@echo '== build: FAILED with status 2, 1 s'; exit 1
endif
MAKE
sed -i 's/^check:/check::/' Makefile
rm "$MATRIX/checks"
must_fail env DEBIANS='' SOURCES="$first $second" sh scripts/matrix.sh all build/table
[ "$(rows 2,5,6,8)" = '5.6.3|yes|yes,1s|0 7.7.7|yes|yes,0s|0 8.8.8|NO|NO|all' ] || fail "the rows are [$(rows 2,5,6,8)]"
[ "$(cat "$MATRIX/checks")" = "check of $scratch/7.7.7" ] || fail "these were checked: $(cat "$MATRIX/checks")"

# No server is named: the script says so.
DEBIANS='' sh scripts/matrix.sh all build/table | grep -q 'skipped, SOURCES names none' || fail "the script does not say what it skipped"

# A root cannot be made: one line says why and what to do, and the exit status
# is 2.
program apt-get </dev/null
program dpkg-query <<'PROGRAM'
echo installed
PROGRAM
must_end_with_2() {
	status=0
	DEBIANS=trixie sh scripts/matrix.sh all build/table >"$scratch/output" 2>&1 || status=$?
	[ "$status" -eq 2 ] || fail "ended with $status: $(cat "$scratch/output")"
	output_has "$1"
}
if [ "$(id -u)" -ne 0 ]; then
	must_end_with_2 'run as root'
else
	must_end_with_2 "this machine's apt knows no archive of Debian"
	codename=$(sed -n 's/^VERSION_CODENAME=//p' /etc/os-release)
	program apt-get <<-PROGRAM
		echo "Debian http://debian.example/debian/ $codename main"
	PROGRAM
	program debootstrap <<-'PROGRAM'
		echo "E: unable to mknod"
		exit 1
	PROGRAM
	must_end_with_2 'debootstrap could not make a root of trixie out of http://debian.example/debian/'
	output_has 'E: unable to mknod'
fi
