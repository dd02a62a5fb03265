/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../../core/sr_module.h"

#include "call/course.h"

int attempt_first_branch(const call_t *call)
{
	return call->attempt == NULL ? 0 : call->attempt->first_branch;
}

attempt_t *attempt_of_branch(const call_t *call, int branch)
{
	attempt_t *attempt = call->attempt;

	while(attempt != NULL && attempt->first_branch > branch)
		attempt = attempt->before;
	return attempt;
}

int attempt_first_beside(const call_t *call, int branch)
{
	const attempt_t *attempt = attempt_of_branch(call, branch);

	return attempt == NULL ? 0 : attempt->first_branch;
}
