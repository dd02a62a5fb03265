/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../../core/sr_module.h"

#include "call/answer.h"

#include "server/log.h"

/* The branch whose 2xx this process is handling. */
static struct
{
	unsigned hash_index, label;
	int branch;
} answer_here = {.branch = NO_BRANCH};

void answer_note(call_t *call, tm_cell_t *t, int branch)
{
	branch_record_t *record = &call->branches[branch];
	int code_before;

	if(transaction_is_final(t) || record->has_answer)
		return;
	code_before = transaction_expect_answer(t, branch);
	if(code_before < 0)
		return;
	record->has_answer = true;
	record->code_before = code_before;
	transaction_ident(t, &answer_here.hash_index, &answer_here.label);
	answer_here.branch = branch;
	if(code_before >= 300)
		log_send(log_begin("late_answer", transaction_request(t)));
}

int answer_relayed(call_t *call, tm_cell_t *t, int branch)
{
	int i;

	transaction_stop_dns_failover(t);
	answer_here.branch = NO_BRANCH;
	for(i = 0; branch < 0 && i < transaction_branches(t); i++) {
		if(call->branches[i].has_answer)
			branch = i;
	}
	if(branch < 0)
		return NO_BRANCH;
	call->branches[branch].has_answer = false;
	return branch;
}

bool answer_is_in_hand(const call_t *call, tm_cell_t *t)
{
	bool is_any = false;
	int branch;

	for(branch = 0; branch < transaction_branches(t); branch++) {
		if(!call->branches[branch].has_answer)
			continue;
		transaction_keep_open(t, branch);
		is_any = true;
	}
	return is_any;
}

bool answer_take(unsigned *hash_index, unsigned *label, int *branch)
{
	if(answer_here.branch == NO_BRANCH)
		return false;
	*hash_index = answer_here.hash_index;
	*label = answer_here.label;
	*branch = answer_here.branch;
	answer_here.branch = NO_BRANCH;
	return true;
}

static void end_again(call_t *call, tm_cell_t *t, int branch)
{
	call->branches[branch].is_ended_again = true;
	transaction_end_again(t, branch);
}

void answer_forget(call_t *call, tm_cell_t *t, int branch)
{
	branch_record_t *record = &call->branches[branch];
	int postponed = call->postponed_branch;

	if(!record->has_answer)
		return;
	record->has_answer = false;
	if(!transaction_put_back(t, branch, record->code_before))
		return;
	/* its timer fired while this process was handling the 2xx, and tm did nothing
	 * then; this is not so for a branch that was just sent, whose time has not begun */
	if(transaction_is_pending(t, branch) && !record->is_hidden
			&& !transaction_is_timed(t, branch)
			&& !(call->is_making && branch >= call->attempt->first_branch))
		end_again(call, t, branch);
	if(postponed != NO_BRANCH && !answer_is_in_hand(call, t))
		end_again(call, t, postponed);
}
