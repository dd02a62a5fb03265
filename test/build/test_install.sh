# shellcheck shell=sh source=test/build/lib.sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# `make install` to a DESTDIR needs no root; `make uninstall` leaves no file.
. test/build/lib.sh
enter_copy

as_user=
if [ "$(id -u)" -eq 0 ]; then
	chown -R 65534:65534 "$scratch"
	as_user="setpriv --reuid=65534 --regid=65534 --clear-groups"
fi
destination=$scratch/root
$as_user make install DESTDIR="$destination"

modules=$("$server" -I | sed -n 's/^ *Default paths to modules: *\([^: ]*\).*/\1/p')
[ "$(stat -c %a "$destination$modules/failover.so")" = 644 ] || fail "the module is not in $modules with mode 644"
"$destination/usr/bin/failoverctl" --version
cmp doc/failoverctl.1 "$destination/usr/share/man/man1/failoverctl.1"
cmp ctl/failoverctl.bash "$destination/usr/share/bash-completion/completions/failoverctl"
for document in README.md CHANGELOG.md COPYING doc/performance.md examples/quickstart.cfg; do
	cmp "$document" "$destination/usr/share/doc/kamailio-failover/$document"
done
# A file that cannot work there is not installed.
for absent in examples/demo.py doc/Makefile; do
	[ ! -e "$destination/usr/share/doc/kamailio-failover/$absent" ] || fail "$absent is installed"
done

$as_user make uninstall DESTDIR="$destination"
[ -z "$(find "$destination" ! -type d)" ] || fail "uninstall left: $(find "$destination" ! -type d)"
