# shellcheck shell=sh source=test/build/lib.sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# `make deps` reads both formats of apt's sources, and needs only the tarball.
. test/build/lib.sh

mkdir -p "$scratch/bin" "$scratch/etc/sources.list.d" "$scratch/orig"
release=$(sed -n 's/^-DVERSION=.*"\(.*\)".*/\1/p' build/kamailio.flags)
tar -C build -czf "$scratch/orig/kamailio_$release.orig.tar.gz" kamailio

echo "Dir::Etc \"$scratch/etc\";" >"$scratch/apt.conf"
export APT_CONFIG="$scratch/apt.conf"
cat >"$scratch/etc/sources.list" <<'LIST'
# deb http://disabled.example.com/debian one main
deb [arch=amd64 signed-by=/a/key.gpg] http://one.example.com/debian one main contrib
deb-src http://one.example.com/debian two main
deb cdrom:[Debian]/ three main
LIST
cat >"$scratch/etc/sources.list.d/a.sources" <<'SOURCES'
types: deb
  deb-src
URIs: http://two.example.com/debian
Suites: one one-updates
Components: main contrib
Signed-By:
 -----BEGIN PGP PUBLIC KEY BLOCK-----
 .
 -----END PGP PUBLIC KEY BLOCK-----

Enabled: no
Types: deb
URIs: http://disabled.example.com/debian
Suites: one
Components: main
SOURCES
cat >"$scratch/expected" <<'EXPECTED'
deb-src [arch=amd64 signed-by=/a/key.gpg] http://one.example.com/debian one main contrib
deb-src http://one.example.com/debian two main
Types: deb-src
URIs: http://two.example.com/debian
Suites: one one-updates
Components: main contrib
Signed-By:
 -----BEGIN PGP PUBLIC KEY BLOCK-----
 .
 -----END PGP PUBLIC KEY BLOCK-----

Enabled: no
Types: deb-src
URIs: http://disabled.example.com/debian
Suites: one
Components: main

EXPECTED

# An apt-get without network: it keeps the sources it was given, and fails as
# the real one does when a part of a source package is gone.
cat >"$scratch/bin/apt-get" <<PROGRAM
#!/bin/sh
cat sources/derived.list sources/derived.sources >"$scratch/sources"
cp "$scratch/orig/"* . 2>/dev/null
exit 100
PROGRAM
chmod +x "$scratch/bin/apt-get"
export PATH="$scratch/bin:$PATH"

sh scripts/deps.sh "$scratch/headers"
diff "$scratch/expected" "$scratch/sources"
[ -r "$scratch/headers/src/core/sr_module.h" ] || fail "no headers were extracted"

rm -r "$scratch/headers" "$scratch/orig"
must_fail sh scripts/deps.sh "$scratch/headers"
output_has "gave no kamailio_$release.orig.tar"
[ ! -e "$scratch/headers" ] || fail "a failed fetch left something where the headers belong"
