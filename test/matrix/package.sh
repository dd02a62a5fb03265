#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# package.sh PACKAGE
#
# Tests the package of `make deb`. It runs in a bare Debian. The working folder is
# the tree, with nothing built in it. It installs the package, uses its files,
# makes calls through the module, removes the package, and fails if a file is
# left. It prints one line for each step.

set -eu
. scripts/lib.sh
export LC_ALL=C.UTF-8

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
done_with() {
	echo "  ok      $*"
}

# All files, except those that a package may leave: logs, caches, and dpkg's own.
files() {
	find / -xdev \( -path /proc -o -path /sys -o -path /tmp -o -path "$PWD" -o -path /var/cache \
		-o -path /var/log -o -path /var/lib/dpkg -o -path /var/lib/apt \) -prune -o -print | sort
}

[ $# -eq 1 ] || fail "usage: $0 PACKAGE"
deb=$1
name=kamailio-failover-module

# The dependencies come first, so that only files of the package itself are compared.
apt-get -q update >/dev/null
install_packages kamailio libjansson4 libpcre2-8-0 man-db bash-completion >/dev/null
files >"$scratch/before"

apt-get -q -y --no-install-recommends install "./$deb" >"$scratch/log" 2>&1 || fail "$(cat "$scratch/log")"
wanted=$(dpkg-deb -f "$deb" Depends | sed -n 's/^.*kamailio (= \([^)]*\)).*/\1/p')
[ "$wanted" = "$(dpkg-query -W -f '${Version}' kamailio)" ] || fail "the package depends on kamailio [$wanted]"
done_with "installed: $(dpkg-query -W -f '${Version}' $name)"

example=/usr/share/doc/$name/examples/quickstart.cfg
kamailio -c -f "$example" 2>"$scratch/log" || fail "$(cat "$scratch/log")"
# Kamailio goes to the background when it is ready.
kamailio -f "$example" -P "$scratch/pid" -A 'LISTEN=127.0.0.1:15069' >"$scratch/log" 2>&1 ||
	fail "$(cat "$scratch/log")"
kill "$(cat "$scratch/pid")"
done_with "the example configuration starts"

env MANPAGER=cat man failoverctl >"$scratch/man"
grep -q 'failoverctl explain' "$scratch/man" || fail "man shows [$(head "$scratch/man")]"
done_with "man failoverctl"

bash -c '. /usr/share/bash-completion/bash_completion
	if declare -F _comp_load >/dev/null; then _comp_load failoverctl; else _completion_loader failoverctl; fi
	complete -p failoverctl >/dev/null || exit
	COMP_WORDS=(failoverctl exp) COMP_CWORD=1
	_failoverctl
	[ "${COMPREPLY[*]}" = explain ]' || fail "bash does not complete failoverctl"
done_with "bash completes failoverctl"

apt-get -q -y purge $name >"$scratch/log" 2>&1 || fail "$(cat "$scratch/log")"
files >"$scratch/after"
cmp -s "$scratch/before" "$scratch/after" || fail "files were left or removed: $(diff "$scratch/before" "$scratch/after")"
done_with "removed, and no file is left"

# The calls of the demo go through the installed module.
apt-get -q -y --no-install-recommends install "./$deb" >"$scratch/log" 2>&1 || fail "$(cat "$scratch/log")"
install_packages python3 netbase >/dev/null
FAILOVER_MODULE_DIR=$(dirname "$(dpkg -L $name | grep '/failover\.so$')")
export FAILOVER_MODULE_DIR
ln -sf /usr/bin/failoverctl failoverctl
/usr/bin/python3 examples/demo.py >"$scratch/log" 2>&1 || fail "$(cat "$scratch/log")"
done_with "calls through the module: $(tail -n 1 "$scratch/log")"
