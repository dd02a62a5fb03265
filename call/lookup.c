/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../../core/sr_module.h"
#include "../../core/cfg/cfg.h"
#include "../../core/cfg_core.h"
#include "../../core/resolve.h"

#include "call/lookup.h"

#include "server/workers.h"

/* How long a call waits for a worker. Then the name is looked up without one. */
#define WAIT_MS 60000

/* What a worker needs. The reference to the transaction keeps the target. */
typedef struct task
{
	tm_cell_t *t;
	const target_t *target;
	int branch;
} task_t;

static bool has_name(const target_t *target)
{
	return !target->is_current && !target->is_address;
}

void lookup_name(const target_t *target)
{
	const str *hop =
			target->next_hop.len > 0 ? &target->next_hop : &target->uri;
	struct sip_uri uri;
	unsigned short port;
	char proto;

	if(!has_name(target) || !cfg_get(core, core_cfg, use_dns_cache)
			|| parse_uri(hop->s, hop->len, &uri) < 0)
		return;
	port = uri.port_no;
	proto = uri.proto;
	sip_resolvehost(
			uri.maddr_val.len > 0 ? &uri.maddr_val : &uri.host, &port, &proto);
}

static void look_up_in_worker(void *data)
{
	const task_t *task = data;

	lookup_name(task->target);
	transaction_lock(task->t);
	transaction_expire(task->t, task->branch, 0);
	transaction_unlock(task->t);
	transaction_let_go(task->t, 1);
}

/* Can a branch be spared? Each destination that is left may need two, one that waits
 * and one for its INVITE. Otherwise destinations would not be tried. */
static bool has_spare_branch(const call_t *call, const tm_cell_t *t)
{
	int needed = 2;
	const target_t *target;

	for(target = call->chain.waiting; target != NULL; target = target->next)
		needed++;
	return needed <= transaction_room(t);
}

bool lookup_begin(
		call_t *call, tm_cell_t *t, int failed, const target_t *target)
{
	task_t task = {.t = t, .target = target};

	/* only tm's timer process makes up the reply of a branch */
	if(failed == NO_BRANCH || transaction_reply_of(t, failed) != FAKED_REPLY
			|| transaction_is_suspended(t) || transaction_is_continuing(t)
			|| !has_name(target) || !workers_can_look_up()
			|| !has_spare_branch(call, t))
		return false;
	task.branch = transaction_wait(t, WAIT_MS);
	if(task.branch == NO_BRANCH)
		return false;
	transaction_allow_cancel(t, task.branch);
	call->lookup_branch = task.branch;
	transaction_keep(t);
	if(workers_push(look_up_in_worker, &task, sizeof(task)) < 0) {
		transaction_let_go(t, 1);
		transaction_expire(t, task.branch, 0);
	}
	return true;
}

bool lookup_end(call_t *call, const tm_cell_t *t, int branch)
{
	if(branch != call->lookup_branch)
		return false;
	if(!transaction_has_timed_out(t, branch))
		call->was_cancelled = true;
	call->lookup_branch = NO_BRANCH;
	return true;
}
