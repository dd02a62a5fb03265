# shellcheck shell=sh source=test/build/lib.sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The last line of `make check` counts every kind of case, and counts no case
# twice.
. test/build/lib.sh
cd "$scratch"

# plays: makes the script on stdin the make that the check runs; its $2 is the
# target.
plays() {
	{
		echo '#!/bin/sh'
		cat
	} >played
	chmod +x played
}

# closes_with LINE: fails unless LINE is the check's last line and the exit
# status is right for it.
closes_with() {
	status=0
	sh "$top/scripts/steps.sh" check "$scratch/played" python3 >output || status=$?
	line=$(tail -n 1 output)
	[ "$line" = "$1" ] || fail "the last line is [$line], not [$1]"
	case $line in
	*' 0 failed') [ "$status" -eq 0 ] || fail "nothing failed, but the status is $status" ;;
	*) [ "$status" -ne 0 ] || fail "[$line], but the status is 0" ;;
	esac
}

plays <<'MAKE'
case $2 in
check-build) printf '%s\n' 'ok - a' 'ok - b' >build/results/build.tap ;;
check-unit) printf '%s\n' '1..2' 'ok 1 - a' 'ok 2 - b: Passed' >build/results/unit.tap ;;
check-tool) printf '%s' '<testsuite tests="1"><testcase name="a" /></testsuite>' >build/results/tool.xml ;;
check-wire) printf '%s' '<testsuite tests="2"><testcase name="a" /><testcase name="b">' \
	'<system-out>&lt;failure</system-out></testcase></testsuite>' >build/results/wire.xml
	printf '%s' '<testsuite tests="1"><testcase name="c" /></testsuite>' >build/results/wire-heavy.xml
	printf '%s' '<testsuite tests="1"><testcase name="d" /></testsuite>' >build/results/wire-timed.xml
	printf '%s' '<testsuite tests="1"><testcase name="e" /></testsuite>' >build/results/wire-alone.xml ;;
esac
MAKE
closes_with '13 passed, 0 failed'

# One failed case in each step. One wire test fails twice, and one is skipped.
plays <<'MAKE'
case $2 in
check-build) printf '%s\n' 'ok - a' 'not ok - b' >build/results/build.tap; exit 2 ;;
check-unit) printf '%s\n' 'ok 1 - a' 'not ok 2 - b' >build/results/unit.tap; exit 2 ;;
check-tool) printf '%s' '<testsuite><testcase name="a"><failure message="m">x</failure></testcase>' \
	'<testcase name="b" /></testsuite>' >build/results/tool.xml; exit 1 ;;
check-wire) printf '%s' '<testsuite><testcase name="a"><failure message="m">x</failure>' \
	'<error message="m">x</error></testcase><testcase name="b"><skipped message="m">x</skipped>' \
	'</testcase><testcase name="c" /></testsuite>' >build/results/wire.xml
	printf '%s' '<testsuite><testcase name="d"><error message="m">x</error></testcase></testsuite>' \
		>build/results/wire-alone.xml; exit 2 ;;
esac
MAKE
closes_with '7 passed, 6 failed'

# Nothing could be built or run: each of the nine steps counts as one failure.
plays <<'MAKE'
exit 2
MAKE
closes_with '0 passed, 9 failed'

# A runner crashed after its last case, and three steps ran no case.
plays <<'MAKE'
[ "$2" != check-unit ] || { echo 'ok 1 - a' >build/results/unit.tap; exit 2; }
MAKE
closes_with '4 passed, 4 failed'
