#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# package.sh PACKAGE
#
# Run in a bare Debian, with the tree as the working folder and nothing built in
# it: installs the package of `make deb`, uses what is in it, places calls through
# it, removes it and looks for what is left. Each line it prints is one step.

set -eu
. scripts/lib.sh
export LC_ALL=C.UTF-8

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
done_with() {
	echo "  ok      $*"
}

# What a package may leave in Debian: logs, caches, and what dpkg itself keeps.
files() {
	find / -xdev \( -path /proc -o -path /sys -o -path /tmp -o -path "$PWD" -o -path /var/cache \
		-o -path /var/log -o -path /var/lib/dpkg -o -path /var/lib/apt \) -prune -o -print | sort
}

[ $# -eq 1 ] || fail "usage: $0 PACKAGE"
deb=$1
name=kamailio-failover-module

# With what it needs, so that what is left of it can be told from what is left of them.
apt-get -q update >/dev/null
install_packages kamailio libjansson4 libpcre2-8-0 man-db bash-completion >/dev/null
files >"$scratch/before"

apt-get -q -y --no-install-recommends install "./$deb" >"$scratch/log" 2>&1 || fail "$(cat "$scratch/log")"
wanted=$(dpkg-deb -f "$deb" Depends | sed -n 's/^.*kamailio (= \([^)]*\)).*/\1/p')
[ "$wanted" = "$(dpkg-query -W -f '${Version}' kamailio)" ] || fail "it depends on kamailio [$wanted]"
done_with "installed: $(dpkg-query -W -f '${Version}' $name)"

example=/usr/share/doc/$name/examples/quickstart.cfg
kamailio -c -f "$example" 2>"$scratch/log" || fail "$(cat "$scratch/log")"
# It goes to the background once it serves.
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
cmp -s "$scratch/before" "$scratch/after" || fail "left behind or taken along: $(diff "$scratch/before" "$scratch/after")"
done_with "removed without a rest"

# The calls of the demo, through what the package has installed.
apt-get -q -y --no-install-recommends install "./$deb" >"$scratch/log" 2>&1 || fail "$(cat "$scratch/log")"
install_packages python3 netbase >/dev/null
FAILOVER_MODULE_DIR=$(dirname "$(dpkg -L $name | grep '/failover\.so$')")
export FAILOVER_MODULE_DIR
ln -sf /usr/bin/failoverctl failoverctl
/usr/bin/python3 examples/demo.py >"$scratch/log" 2>&1 || fail "$(cat "$scratch/log")"
done_with "calls through it: $(tail -n 1 "$scratch/log")"
