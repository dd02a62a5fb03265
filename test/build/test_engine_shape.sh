# shellcheck shell=sh source=test/build/lib.sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Limits that keep the engine readable: no function in call/ has more than 50
# lines, and no file more than 500. Only call/transaction.[ch] use the fields of
# tm's structures; layout.c does as well, to check their offsets. A call keeps no
# pointer into its request: tm releases the request while other processes can
# still see the call.
. test/build/lib.sh

fields='uas|uac|nr_of_outgoings|tmcb_hl|fr_timeout|fr_inv_timeout|end_of_life|on_failure|on_branch|on_branch_failure|on_branch_delayed|on_reply|reply_mutex|reply_locker_pid|ref_count|async_backup|relayed_reply_branch|last_received|local_cancel|hash_index|label'

# check FOLDER: prints what is wrong in it; prints nothing if all is right.
check() {
	grep -nE -- "->($fields)\b" "$1"/call/*.[ch] "$1"/server/*.[ch] "$1"/failover_mod.c |
		grep -vE '/call/(transaction\.[ch]|alarm\.c|layout\.c):|(alarm|manners|before|answer_here)->' || true
	grep -HnE -- '^[[:space:]]*call->[a-z_.>-]+ = transaction_request\(' "$1"/call/*.c || true
	awk 'FNR == 1 && name { if(lines > 500) print name ": " lines " lines" }
		{ name = FILENAME; lines = FNR }
		/^\{/ { began = FNR }
		/^\}/ && began && FNR - began > 50 { print FILENAME ":" began ": a function of " FNR - began " lines" }
		/^\}/ { began = 0 }
		END { if(lines > 500) print name ": " lines " lines" }' "$1"/call/*.[ch]
}

found=$(check .)
[ -z "$found" ] || fail "$found"

mkdir "$scratch/call" "$scratch/server"
{
	echo 'int f(tm_cell_t *t)'
	echo '{'
	echo '	call->id = transaction_request(t)->callid->body;'
	yes '	x();' | head -n 600
	echo '	return t->uas.status;'
	echo '}'
} >"$scratch/call/bad.c"
echo >"$scratch/call/good.h"
echo >"$scratch/server/a.c"
echo >"$scratch/server/a.h"
echo >"$scratch/failover_mod.c"
check "$scratch" >"$scratch/output"
output_has 'bad.c:604:	return t->uas.status'
output_has 'a function of 603 lines'
output_has 'bad.c: 605 lines'
output_has 'bad.c:3:	call->id = transaction_request(t)->callid->body'
