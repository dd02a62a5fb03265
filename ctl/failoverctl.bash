# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Completes the words of failoverctl in bash. Commands and options are those that
# `failoverctl --help` lists, so they stand in the program only.

# What the help says: without a command the commands, else the options of it.
_failoverctl_words() {
	"$1" --help 2>/dev/null | awk -v command="${2-}" '
		/^(Usage:| +) *failoverctl / && command == "" {
			sub(/^(Usage:)? *failoverctl /, "")
			for (i = 1; $i ~ /^[-a-z]+$/ || $i == "|"; i++) if ($i != "|") print $i
		}
		/^[^ ]/ { inside = $1 == command ":" }
		inside && /^ +-/ {
			for (i = 1; $i ~ /^-/; i++) { sub(/,$/, "", $i); print $i }
		}'
}

_failoverctl() {
	local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}
	local program=${COMP_WORDS[0]/#\~/$HOME}

	COMPREPLY=()
	if ((COMP_CWORD == 1)); then
		mapfile -t COMPREPLY < <(compgen -W "$(_failoverctl_words "$program")" -- "$word")
		return
	fi
	case $before in
	--color) mapfile -t COMPREPLY < <(compgen -W 'auto always never' -- "$word") ;;
	-t | --transport) mapfile -t COMPREPLY < <(compgen -W 'UDP TCP TLS SCTP WS WSS' -- "$word") ;;
	-r | --request | -H | --header | -a | --addr | -l | --localhost | -R | --route | --registered | --at | --set | --defaults | --max-branches | --rounds | --call) ;;
	*)
		if [[ $word == -* ]]; then
			mapfile -t COMPREPLY < <(compgen -W "$(_failoverctl_words "$program" "${COMP_WORDS[1]}")" -- "$word")
		else
			compopt -o filenames 2>/dev/null
			mapfile -t COMPREPLY < <(compgen -f -- "$word")
		fi
		;;
	esac
}

complete -F _failoverctl failoverctl
