# shellcheck shell=sh source=test/build/lib.sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# bash completes the words of failoverctl: commands, options of a command,
# values and file names.
. test/build/lib.sh

# completes WORD...: prints the completions of the last WORD.
completes() {
	bash -c '
		. ctl/failoverctl.bash
		complete -p failoverctl >/dev/null || exit
		COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
		_failoverctl
		printf "%s " "${COMPREPLY[@]}"' bash ./failoverctl "$@"
}
expect() {
	expected=$1
	shift
	found=$(completes "$@")
	[ "$found" = "$expected " ] || fail "[$*] is completed to [$found], not to [$expected ]"
}
expect explain exp
expect reload rel
expect --rounds watch --r
expect --version --v
expect --max-branches check some.dialplan --max
expect --localhost explain some.dialplan --lo
expect '' check some.dialplan --lo
expect 'auto always' check --color a
expect 'TCP TLS' explain -t T
expect README.md check READ
for command in check explain calls stats watch reload; do
	completes "" | grep -qw "$command" || fail "the command $command is not offered"
done
# each option of the help, and no other word
./failoverctl --help | grep -oE '^ +-[^ ]+( --[a-z-]+)?' | tr -s ' ,' '\n' | grep -- -- | sort -u >"$scratch/listed"
for command in check explain calls stats watch reload; do
	completes "$command" -
done | tr ' ' '\n' | grep -- -- | sort -u >"$scratch/offered"
cmp "$scratch/listed" "$scratch/offered" || fail "$(diff "$scratch/listed" "$scratch/offered")"
