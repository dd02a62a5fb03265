#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# steps.sh check|demo MAKE PYTHON
#
# Runs the steps of `make check` or `make demo` one after the other, in the top
# folder. It says what each step is for and how long it took. `demo` stops at
# the first step that fails. `check` goes on, and its last line counts all test
# cases: "N passed, N failed".

set -eu

results=build/results
passed=0
failed=0

# submake TARGET [OPTION]
submake() {
	"$make" --no-print-directory "$@"
}

# built TARGET: makes what TARGET needs, with as many jobs as there are cores,
# unless the user gave this make a number of jobs.
built() {
	case ${MAKEFLAGS-} in
	*jobserver*) submake "$1" ;;
	*) submake "$1" "--jobs=$(nproc)" ;;
	esac
}

# Prints every few seconds that the step NAME, which began at BEGAN, is still
# running. Its sleep keeps no pipe open after the end of the step.
still_running() {
	while sleep 8 >/dev/null 2>&1; do
		printf '== %s: running, %s s\n' "$1" "$(($(date +%s) - $2))"
	done
}

# step NAME PURPOSE COMMAND...: runs COMMAND and sets $status to its exit
# status.
step() {
	printf '== %s: %s\n' "$1" "$2"
	name=$1
	shift 2
	began=$(date +%s)
	status=0
	still_running "$name" "$began" &
	ticker=$!
	"$@" || status=$?
	# KILL, because a shell that has just been forked may lose a TERM.
	kill -s KILL "$ticker" && wait "$ticker" 2>/dev/null || true
	ticker=
	took="$(($(date +%s) - began)) s"
	if [ "$status" -eq 0 ]; then
		printf '== %s: done, %s\n\n' "$name" "$took"
	else
		printf '== %s: FAILED with status %s, %s\n\n' "$name" "$status" "$took"
	fi
}

# tally PASSED FAILED: adds the cases of the last step. A step counts as one
# failure if it failed without a failed case (it crashed, or could not be built)
# or if it ran no case.
tally() {
	bad=$2
	if [ "$bad" -eq 0 ] && { [ "$status" -ne 0 ] || [ "$1" -eq 0 ]; }; then
		bad=1
	fi
	passed=$((passed + $1))
	failed=$((failed + bad))
}

# lines REGEX: the number of input lines that match.
lines() {
	grep -cE "$1" || true
}

tally_tap() {
	[ -e "$1" ] || : >"$1"
	tally "$(lines '^ok ' <"$1")" "$(lines '^not ok ' <"$1")"
}

# A skipped case has tested nothing, so it does not count as passed.
tally_junit() {
	for file in "$@"; do
		[ -e "$file" ] || : >"$file"
	done
	cases=$(sed 's/<testcase /\n&/g' "$@" | grep '^<testcase ' || true)
	bad_cases=$(echo "$cases" | lines '<(failure|error|skipped)[ />]')
	tally "$(($(echo "$cases" | lines '^<testcase ') - bad_cases))" "$bad_cases"
}

# A step that has no cases is counted only if it fails.
tally_step() {
	[ "$status" -eq 0 ] || failed=$((failed + 1))
}

run_check() {
	rm -rf "$results"
	mkdir -p "$results"

	step deps "packages and Kamailio's headers" submake deps
	tally_step
	step build "the module and failoverctl" built all
	tally_step
	step check-layers "no layer includes a file of a higher layer" submake check-layers
	tally $((status == 0)) $((status != 0))
	step check-symbols "the pure files call no function of Kamailio or the system" built check-symbols
	tally $((status == 0)) $((status != 0))
	step check-build "the build system itself" submake check-build
	tally_tap "$results/build.tap"
	step check-unit "unit tests of the pure files, under ASan and UBSan" built check-unit
	tally_tap "$results/unit.tap"
	step check-bench "the time of a search in a dial plan, and of slow patterns" submake check-bench
	tally $((status == 0)) $((status != 0))
	step check-tool "command lines of failoverctl, under ASan and UBSan" built check-tool
	tally_junit "$results/tool.xml"
	step check-wire "calls through a real Kamailio" built check-wire
	tally_junit "$results/wire.xml" "$results/wire-heavy.xml" "$results/wire-timed.xml" \
		"$results/wire-alone.xml"

	echo "$passed passed, $failed failed"
	[ "$failed" -eq 0 ]
}

run_demo() {
	step deps "packages and Kamailio's headers" submake deps
	[ "$status" -eq 0 ] || exit "$status"
	step build "the module" built all
	[ "$status" -eq 0 ] || exit "$status"
	step demo "calls through the module" "$python" examples/demo.py
	exit "$status"
}

[ $# -eq 3 ] || {
	echo "usage: $0 check|demo MAKE PYTHON" >&2
	exit 2
}
make=$2
python=$3
# The output of the steps must be visible while they run.
export PYTHONUNBUFFERED=1
# The sanitizers need /proc, and the test of the output on a terminal needs
# /dev/pts. A minimal chroot has neither.
provided=
ticker=
provide() {
	if [ ! -e "$1" ] && [ "$(id -u)" -eq 0 ] && mount -t "$2" "$2" "$3"; then
		provided="$3 $provided"
	fi
}
# shellcheck disable=SC2086 # a list of words
trap '[ -z "$ticker" ] || kill -s KILL "$ticker"; [ -z "$provided" ] || umount $provided' EXIT
trap 'exit 1' HUP INT TERM
provide /proc/self proc /proc
provide /dev/pts/ptmx devpts /dev/pts
case $1 in
check) run_check ;;
demo) run_demo ;;
*)
	echo "$0: [$1] is not a list of steps; it must be check or demo" >&2
	exit 2
	;;
esac
