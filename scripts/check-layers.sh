#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# check-layers.sh FOLDER [PURE...]
#
# Reads the #include lines of the sources in FOLDER. It fails if a file includes
# a file of a higher layer, or if a pure file includes a file of Kamailio other
# than core/str.h, or a file that is not pure. The layers from dialplan_parse
# down are pure, and so are the files PURE. README.md says what is in each
# layer.

set -eu
export LC_ALL=C

[ $# -ge 1 ] || {
	echo "usage: $0 FOLDER [PURE...]" >&2
	exit 2
}
cd "$1"
shift

# LAYER: the layers that it may include, apart from itself.
layers='
failover_mod:   call server dialplan_parse dialplan sip text
call:           server dialplan_parse dialplan sip text
server:         dialplan_parse dialplan sip text
dialplan_parse: dialplan sip text
dialplan:       sip text
sip:            text
text:
lint:           dialplan_parse dialplan sip text
ctl:            lint dialplan_parse dialplan sip text
'

folders=$(echo "$layers" | sed -n 's/:.*/\\\//p' | paste -sd '|')

# The layers that use nothing of Kamailio but its string.
pure='^(dialplan_parse\.|dialplan/|sip/|text/|lint/|ctl/'
for listed in "$@"; do
	pure="$pure|${listed%.c}\\."
done
pure="$pure)"
is_pure() {
	echo "$1" | grep -qE "$pure"
}

# The layer of a file: its folder, or its name if it is in the top folder.
layer_of() {
	case $1 in
	*/*) echo "${1%%/*}" ;;
	*) echo "${1%.*}" ;;
	esac
}

bad=0
complain() {
	echo "$0: $*" >&2
	bad=1
}

check_include() {
	file=$1 line=$2 included=$3
	case $included in
	../../core/str.h) return ;;
	../* | core/* | modules/*)
		if is_pure "$file"; then
			complain "$file:$line: a pure file includes $included; of Kamailio it may include core/str.h only"
		fi
		return
		;;
	esac
	from=$(layer_of "$file")
	to=$(layer_of "$included")
	allowed=$(echo "$layers" | sed -n "s/^$from: *//p")
	case " $from $allowed " in
	*" $to "*)
		if is_pure "$file" && ! is_pure "$included"; then
			complain "$file:$line: a pure file includes $included, which is not pure"
		fi
		;;
	*) complain "$file:$line: $from includes $included, which is in a higher layer; $from may include: ${allowed:-only itself}" ;;
	esac
}

count=0
for file in $(find . -path ./build -prune -o -path ./test -prune -o -name '*.[ch]' -print | sed 's|^\./||' | sort); do
	from=$(layer_of "$file")
	echo "$layers" | grep -q "^$from:" || {
		complain "$file: is in no layer that $0 lists"
		continue
	}
	count=$((count + 1))
	# <stdio.h> is of no layer; <call/call.h> and <core/dprint.h> are.
	found=$(grep -nE '^[[:blank:]]*#[[:blank:]]*include' "$file" |
		sed -nE 's/^([0-9]+):[^"<]*("([^">]*)"|<((\.\.\/|core\/|modules\/|'"$folders"')[^">]*)>).*/\1 \3\4/p')
	while read -r line included; do
		[ -z "$line" ] || check_include "$file" "$line" "$included"
	done <<-LINES
		$found
	LINES
done
[ "$bad" -ne 0 ] || echo "  $count files, none includes a file of a higher layer"
exit "$bad"
