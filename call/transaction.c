/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../../core/sr_module.h"
#include "../../core/atomic_ops.h"
#include "../../core/pt.h"
#include "../../core/timer.h"
#include "../../modules/tm/lock.h"
#include "../../modules/tm/sip_msg.h"

#include "call/transaction.h"

#include <limits.h>
#include <sched.h>

#include "server/compat.h"
#include "server/tm_settings.h"
#include "sip/response.h"

/* How long to try to get the lock if its holder may be waiting for this process without
 * having marked the timer, as expire() does: a second. */
#define HOLD_TICKS_MAX 16

/* the flags of a transaction that a chain changes and restores */
#define CHAIN_FLAGS (T_DISABLE_INTERNAL_REPLY | T_DISABLE_6xx)

tm_api_t tm_api;

static tm_xapi_t tm_more; /* tm exports these for the modules of Kamailio */

int transaction_bind(void)
{
	if(tm_load_api(&tm_api) < 0) {
		LM_ERR("tm is not loaded: write loadmodule \"tm.so\" before "
			   "loadmodule \"failover.so\"\n");
		return -1;
	}
	if(tm_load_xapi(&tm_more) < 0) {
		LM_ERR("this tm does not offer what failover needs\n");
		return -1;
	}
	return tm_settings_check();
}

/* -- the transaction ---------------------------------------------------- */

bool transaction_is_known(struct sip_msg *msg)
{
	return tm_more.t_check_trans(msg) == 0;
}

tm_cell_t *transaction_current(void)
{
	tm_cell_t *t = tm_api.t_gett();

	return t == T_UNDEFINED ? NULL : t;
}

bool transaction_has_sent(const tm_cell_t *t)
{
	int i = 0;

	while(i < t->nr_of_outgoings && (t->uac[i].flags & TM_UAC_FLAG_BLIND))
		i++;
	return i < t->nr_of_outgoings;
}

void *transaction_find_param(tm_cell_t *t, transaction_cb *callback)
{
	struct tm_callback *it = (struct tm_callback *)t->tmcb_hl.first;

	while(it != NULL && it->callback != callback)
		it = it->next;
	return it == NULL ? NULL : it->param;
}

bool transaction_try_lock(tm_cell_t *t)
{
	int pid = my_pid();

	if(atomic_get(&t->reply_locker_pid) == pid) {
		t->reply_rec_lock_level++;
		return true;
	}
	if(lock_try(&t->reply_mutex) != 0)
		return false;
	atomic_set(&t->reply_locker_pid, pid);
	return true;
}

void transaction_lock(tm_cell_t *t)
{
	if(transaction_try_lock(t))
		return;
	lock(&t->reply_mutex);
	atomic_set(&t->reply_locker_pid, my_pid());
}

void transaction_unlock(tm_cell_t *t)
{
	if(t->reply_rec_lock_level > 0) {
		t->reply_rec_lock_level--;
		return;
	}
	atomic_set(&t->reply_locker_pid, 0);
	unlock(&t->reply_mutex);
}

bool transaction_hold(tm_cell_t *t, int branch)
{
	struct retr_buf *request = &t->uac[branch].request;
	ticks_t began = get_ticks_raw();
	int pid = my_pid();

	if(atomic_get(&t->reply_locker_pid) == pid)
		return true;
	while(lock_try(&t->reply_mutex) != 0) {
		membar();
		if((request->flags & F_RB_DEL_TIMER)
				|| get_ticks_raw() - began > HOLD_TICKS_MAX)
			return false;
		sched_yield();
	}
	atomic_set(&t->reply_locker_pid, pid);
	/* This process runs the timer of this branch. A reply sent from here would stop it
	 * and wait for itself. So it is only marked, and ends when it fires next. */
	request->flags |= F_RB_DEL_TIMER;
	request->t_active = 0;
	request->fr_expire = get_ticks_raw() + 1;
	return true;
}

void transaction_pause(tm_cell_t *t, int branch, bool is_slow, pause_t *pause)
{
	*pause = (pause_t){.branch = branch,
			.is_open = is_slow && t->reply_rec_lock_level == 0};
	if(!pause->is_open)
		return;
	if(branch != NO_BRANCH) {
		tm_ua_client_t *uac = &t->uac[branch];

		pause->code = uac->last_received;
		pause->reply = uac->reply;
		pause->flags = uac->request.flags & F_RB_CANCELED;
		uac->last_received = 0;
		uac->reply = NULL;
		uac->request.flags &= ~F_RB_CANCELED;
	}
	/* the transaction may end before the lock is taken again */
	atomic_inc(&t->ref_count);
	transaction_unlock(t);
}

void transaction_resume(tm_cell_t *t, pause_t *pause)
{
	if(!pause->is_open)
		return;
	transaction_lock(t);
	if(pause->branch != NO_BRANCH) {
		tm_ua_client_t *uac = &t->uac[pause->branch];

		/* a 2xx may have come on this branch; a 1xx or a CANCEL does not matter */
		if(uac->last_received < 200) {
			uac->last_received = pause->code;
			uac->reply = pause->reply;
		}
		pause->was_cancelled = uac->request.flags & F_RB_CANCELED;
		uac->request.flags |= pause->flags;
	}
	/* tm's timer process goes on to use the transaction, without a reference (timer.c) */
	pause->is_kept = pause->reply == FAKED_REPLY;
	if(!pause->is_kept)
		tm_api.unref_cell(t);
}

/* Set the flags atomically: other processes set their flags without the lock
 * (T_CANCELED), and none must be lost. */
static void set_flags(tm_cell_t *t, unsigned flags)
{
	__atomic_fetch_or(&t->flags, flags, __ATOMIC_SEQ_CST);
}

static void clear_flags(tm_cell_t *t, unsigned flags)
{
	__atomic_fetch_and(&t->flags, ~flags, __ATOMIC_SEQ_CST);
}

/* (Our callback for TMCB_ON_FAILURE works as noisy_ctimer: final_response_handler.) */
void transaction_begin_chain(tm_cell_t *t, tm_manners_t *before)
{
	before->flags = t->flags & CHAIN_FLAGS;
	before->fr_timeout = t->fr_timeout;
	before->fr_inv_timeout = t->fr_inv_timeout;
	set_flags(t, T_DISABLE_INTERNAL_REPLY);
}

void transaction_end_chain(tm_cell_t *t, const tm_manners_t *before)
{
	t->fr_timeout = before->fr_timeout;
	t->fr_inv_timeout = before->fr_inv_timeout;
	/* T_DISABLE_INTERNAL_REPLY stays set: the script and tm now choose the reply, and
	 * it must not be that of a failed send */
	if(!(before->flags & T_DISABLE_6xx))
		clear_flags(t, T_DISABLE_6xx);
}

/* -- sending ------------------------------------------------------------ */

/* Let tm end no branch before this time has passed. */
static void live(tm_cell_t *t, ticks_t ticks)
{
	ticks_t end_of_life = get_ticks_raw() + ticks;

	if((s_ticks_t)(end_of_life - t->end_of_life) > 0)
		t->end_of_life = end_of_life;
}

void transaction_set_timers(tm_cell_t *t, unsigned fr_ms, unsigned fr_inv_ms)
{
	t->fr_timeout = MS_TO_TICKS(fr_ms);
	t->fr_inv_timeout = MS_TO_TICKS(fr_inv_ms);
	live(t, t->fr_timeout + t->fr_inv_timeout);
}

void transaction_reset_timers(
		tm_cell_t *t, const tm_manners_t *before, unsigned fr_inv_ms)
{
	/* before the attempt t->fr_timeout was that of the transaction */
	live(t, t->fr_timeout + MS_TO_TICKS(fr_inv_ms));
	t->fr_timeout = before->fr_timeout;
	t->fr_inv_timeout = MS_TO_TICKS(fr_inv_ms);
}

void transaction_close_unsent_from(tm_cell_t *t, int first_branch)
{
	int i;

	for(i = first_branch; i < t->nr_of_outgoings; i++) {
		/* without a stored reply tm never chooses this branch */
		if(transaction_is_pending(t, i) && !t->uac[i].request.t_active)
			t->uac[i].last_received = 487;
	}
}

void transaction_stop_forwarding(tm_cell_t *t)
{
	set_flags(t, T_CANCELED);
}

void transaction_allow_forwarding(tm_cell_t *t)
{
	clear_flags(t, T_CANCELED);
}

void transaction_stop_dns_failover(tm_cell_t *t)
{
	set_flags(t, T_DISABLE_FAILOVER);
}

/* -- a branch ----------------------------------------------------------- */

/* Is the stored reply of a branch one that the script has suspended? Then tm is
 * handling it, because it is being continued (t_suspend.c, t_continue_helper). */
static bool is_suspended_reply(const tm_cell_t *t, int branch)
{
	return (t->flags & (T_ASYNC_SUSPENDED | T_ASYNC_CONTINUE))
		   && t->async_backup.backup_route == TM_ONREPLY_ROUTE
		   && (int)t->async_backup.backup_branch == branch;
}

static void drop_reply(tm_cell_t *t, int branch)
{
	tm_ua_client_t *uac = &t->uac[branch];
	struct sip_msg *reply = uac->reply;

	if(is_suspended_reply(t, branch))
		return;
	if(reply != NULL && reply != FAKED_REPLY
			&& (reply->msg_flags & FL_SHM_CLONE))
		sip_msg_free(reply);
	uac->reply = NULL;
}

/* Remove the timer of a branch and add it again (core/timer.h). Removing it waits
 * while it is running. A worker that ends the branch at the same time first marks the
 * branch and then removes the timer (stop_rb_timers in timer.h). So the mark is seen
 * either before or after the timer is added. */
static void expire(struct retr_buf *request, ticks_t delay)
{
	ticks_t now = get_ticks_raw();

	if(!request->t_active || (request->flags & F_RB_DEL_TIMER))
		return;
	request->fr_expire = now + delay;
	if(timer_del(&request->timer) < 0)
		return; /* it is running: it will see the new time, or has fired */
	/* the same timer repeats the request over UDP */
	if(!(request->flags & F_RB_RETR_DISABLED)
			&& (s_ticks_t)(request->retr_expire - request->fr_expire) < 0)
		delay = (s_ticks_t)(request->retr_expire - now) > 0
						? request->retr_expire - now
						: 1;
	timer_reinit(&request->timer);
	timer_add(&request->timer, delay);
	membar();
	if(request->flags & F_RB_DEL_TIMER)
		timer_del(&request->timer);
}

/* the core warns about a timer of 0 ticks */
static ticks_t at_least_a_tick(unsigned ms)
{
	return MS_TO_TICKS(ms) > 0 ? MS_TO_TICKS(ms) : 1;
}

void transaction_expire(tm_cell_t *t, int branch, unsigned ms)
{
	if(t->uac[branch].last_received < 200)
		expire(&t->uac[branch].request, at_least_a_tick(ms));
}

void transaction_extend(tm_cell_t *t, int branch, unsigned ms)
{
	struct retr_buf *request = &t->uac[branch].request;
	ticks_t expire_at = get_ticks_raw() + at_least_a_tick(ms);

	if((s_ticks_t)(expire_at - request->fr_expire) > 0)
		request->fr_expire = expire_at;
}

bool transaction_was_cancelled(const tm_cell_t *t, int branch, bool was_silent)
{
	const struct retr_buf *request = &t->uac[branch].request;

	if(t->flags & T_6xx)
		return false;
	if(was_silent)
		return request->dst.proto == PROTO_UDP
			   && (request->flags & F_RB_RETR_DISABLED);
	return request->flags & F_RB_CANCELED;
}

void transaction_choose_cancels(
		tm_cell_t *t, branch_bm_t branches, struct cancel_info *cancels)
{
	branch_bm_t chosen;

	tm_api.prepare_to_cancel(t, &chosen, ~branches);
	cancels->cancel_bitmap |= chosen;
}

void transaction_send_cancels(tm_cell_t *t, struct cancel_info *cancels)
{
	if(cancels->cancel_bitmap != 0)
		tm_api.cancel_uacs(t, cancels, 0);
}

int transaction_expect_answer(tm_cell_t *t, int branch)
{
	int code = t->uac[branch].last_received;

	if(code < 300)
		t->uac[branch].last_received = 200;
	else if(transaction_made_it_up(t, branch))
		t->uac[branch].last_received = 180;
	else
		return -1;
	return code;
}

void transaction_end_again(tm_cell_t *t, int branch)
{
	tm_ua_client_t *uac = &t->uac[branch];
	struct retr_buf *request = &uac->request;

	/* if this is below 100, tm sends no CANCEL to a branch that has replied */
	uac->last_received = 0;
	drop_reply(t, branch);
	timer_del(&request->timer);
	request->flags &= ~(F_RB_DEL_TIMER | F_RB_FR_INV);
	request->flags |= F_RB_RETR_DISABLED;
	request->t_active = 1;
	request->fr_expire = request->retr_expire = get_ticks_raw() + 1;
	timer_reinit(&request->timer);
	timer_add(&request->timer, 1);
}

/* -- the final reply ---------------------------------------------------- */

/* The rank that tm gives to the final reply of a branch; the lowest is the best, and
 * among equal ones the first (t_reply.c, get_prio). tm ranks made-up replies
 * differently, but not for the branch that it is handling now (t_pick_branch). */
static int rank_of(const tm_ua_client_t *uac)
{
	int rank = response_rank(uac->last_received);

	return uac->reply == FAKED_REPLY ? rank + tm_setting("faked_reply_prio", 0)
									 : rank;
}

int transaction_pick(const tm_cell_t *t, int first_branch, int branch, int code,
		int *picked_code)
{
	int best = INT_MAX, picked = branch, i;

	for(i = first_branch; i < t->nr_of_outgoings; i++) {
		const tm_ua_client_t *uac = &t->uac[i];
		int rank = i == branch			? response_rank(code)
				   : uac->reply != NULL ? rank_of(uac)
										: best;

		if(rank >= best)
			continue;
		best = rank;
		picked = i;
	}
	*picked_code = picked == branch ? code : t->uac[picked].last_received;
	return picked;
}

void transaction_ignore_6xx(tm_cell_t *t)
{
	set_flags(t, T_DISABLE_6xx);
}

void transaction_drop_replies_before(tm_cell_t *t, int branch)
{
	int i;

	for(i = 0; i < branch; i++)
		drop_reply(t, i);
}

bool transaction_leave_reply(tm_cell_t *t, int earlier, int last, int code)
{
	int i;

	for(i = 0; i < t->nr_of_outgoings; i++) {
		if(i != earlier && i != last)
			drop_reply(t, i);
	}
	return rank_of(&t->uac[earlier]) <= response_rank(code);
}

void transaction_show_code(tm_cell_t *t, struct tmcb_params *params, int code)
{
	int branch = tm_api.t_get_picked_branch();

	if(!is_suspended_reply(t, branch)) {
		drop_reply(t, branch);
		t->uac[branch].reply = FAKED_REPLY;
	}
	t->uac[branch].last_received = code;
	params->rpl = FAKED_REPLY;
	params->code = code;
	params->req->msg_flags &= ~FL_TIMEOUT;
	if(code == tm_timeout_reply(NULL))
		params->req->msg_flags |= FL_TIMEOUT;
}

int transaction_wait(tm_cell_t *t, unsigned ms)
{
	ticks_t fr_timeout = t->fr_timeout;
	int branch = t->nr_of_outgoings;
	bool added;

	if(transaction_room(t) <= 0)
		return NO_BRANCH;
	t->uac[branch].on_failure = t->on_failure;
	/* a failed send has left its own here, and tm would repeat what is not there */
	t->uac[branch].request.dst.proto = PROTO_NONE;
	t->fr_timeout = at_least_a_tick(ms);
	live(t, t->fr_timeout);
	added = tm_api.t_addblind() > 0;
	t->fr_timeout = fr_timeout;
	return added ? branch : NO_BRANCH;
}

void transaction_answer(
		tm_cell_t *t, struct sip_msg *request, int code, const char *phrase)
{
	if(t->uas.status >= 200)
		return;
	/* the reply ends its timer; the process that handles the request releases it */
	if(compat_drops_branchless() && t->nr_of_outgoings == 0
			&& tm_api.t_gett() == t)
		tm_api.t_addblind();
	tm_api.t_reply_trans(t, request, (unsigned)code, (char *)phrase);
}

bool transaction_has_cancellable(const tm_cell_t *t)
{
	int i;

	for(i = 0; i < t->nr_of_outgoings; i++) {
		if(t->uac[i].last_received < 200
				&& !((t->uac[i].flags & TM_UAC_FLAG_BLIND)
						&& t->uac[i].request.buffer == NULL))
			return true;
	}
	return false;
}
