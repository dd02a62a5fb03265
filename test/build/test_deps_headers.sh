# shellcheck shell=sh source=test/build/lib.sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# `make deps` reads both formats of apt's sources, and needs nothing but the
# tarball.
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

# An apt-get without a network. It keeps the sources that it was given. It fails
# as the real one does if a part of a source package is missing.
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

# With a tarball that the user names, no archive is used. A tarball of another
# release is refused.
mv "$scratch/orig" "$scratch/byhand"
rm -r "$scratch/headers" "$scratch/sources"
sh scripts/deps.sh "$scratch/headers" "$scratch/byhand/kamailio_$release.orig.tar.gz"
[ -r "$scratch/headers/src/core/sr_module.h" ] || fail "no headers were unpacked from the tarball"
[ ! -e "$scratch/sources" ] || fail "apt was used although there is a tarball"
rm -r "$scratch/headers"
mkdir -p "$scratch/other/kamailio/src"
printf '%s\n' 'VERSION = 9' 'PATCHLEVEL = 8' 'SUBLEVEL = 7' >"$scratch/other/kamailio/src/Makefile.defs"
touch "$scratch/other/kamailio/src/a.h"
tar -C "$scratch/other" -czf "$scratch/other.tar.gz" kamailio
must_fail sh scripts/deps.sh "$scratch/headers" "$scratch/other.tar.gz"
output_has "holds release 9.8.7, but $release is installed"
must_fail sh scripts/deps.sh "$scratch/headers" "$scratch/absent.tar.gz"
output_has "KSRC must be a tarball"
# A folder of sources belongs to the caller and is not changed.
sh scripts/deps.sh "$scratch/headers" "$scratch/other"
[ ! -e "$scratch/headers" ] || fail "deps.sh wrote to the folder of the headers"

must_fail sh scripts/deps.sh "$scratch/headers"
output_has "gave no kamailio_$release.orig.tar"
output_has "make deps KSRC=/the/tarball"
[ ! -e "$scratch/headers" ] || fail "a failed download left files in the folder of the headers"
