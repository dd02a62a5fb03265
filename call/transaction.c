/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../../core/sr_module.h"
#include "../../core/atomic_ops.h"
#include "../../core/dset.h"
#include "../../core/globals.h"
#include "../../core/pt.h"
#include "../../core/timer.h"
#include "../../modules/tm/lock.h"
#include "../../modules/tm/sip_msg.h"

#include "call/transaction.h"

#include <sched.h>

#include "server/tm_settings.h"
#include "sip/response.h"

/* How long the lock is tried for where its holder may be waiting for us without
 * a mark, as expire_branch() does: about a second. */
#define HOLD_TICKS_MAX 16

tm_api_t tm;

static tm_xapi_t tm_more; /* what tm keeps for the core's own modules */

int tm_bind(void)
{
	if(tm_load_api(&tm) < 0) {
		LM_ERR("tm is not loaded: write loadmodule \"tm.so\" before "
			   "loadmodule \"failover.so\"\n");
		return -1;
	}
	if(tm_load_xapi(&tm_more) < 0) {
		LM_ERR("this tm does not offer what failover needs of it\n");
		return -1;
	}
	return tm_settings_check();
}

bool tm_is_retransmission(struct sip_msg *msg)
{
	return tm_more.t_check_trans(msg) == 0;
}

void tm_set_flag(tm_cell_t *t, unsigned flag)
{
	__atomic_fetch_or(&t->flags, flag, __ATOMIC_SEQ_CST);
}

void tm_lock_replies(tm_cell_t *t)
{
	int pid = my_pid();

	if(atomic_get(&t->reply_locker_pid) == pid) {
		t->reply_rec_lock_level++;
		return;
	}
	lock(&t->reply_mutex);
	atomic_set(&t->reply_locker_pid, pid);
}

bool tm_try_lock_replies(tm_cell_t *t)
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

void tm_unlock_replies(tm_cell_t *t)
{
	if(t->reply_rec_lock_level > 0) {
		t->reply_rec_lock_level--;
		return;
	}
	atomic_set(&t->reply_locker_pid, 0);
	unlock(&t->reply_mutex);
}

bool tm_hold_replies(tm_cell_t *t, int branch)
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
	/* We are in the timer of this branch: a reply of ours would stop it, from
	 * within itself. It is over for it, and it goes when it fires next, long
	 * before the transaction does. */
	request->flags |= F_RB_DEL_TIMER;
	request->t_active = 0;
	request->fr_expire = get_ticks_raw() + 1;
	return true;
}

void *tm_find_param(tm_cell_t *t, transaction_cb *callback)
{
	struct tm_callback *registered;

	for(registered = (struct tm_callback *)t->tmcb_hl.first; registered != NULL;
			registered = registered->next) {
		if(registered->callback == callback)
			return registered->param;
	}
	return NULL;
}

/* A blind branch (t_suspend) waits for nobody. */
bool tm_is_pending(const tm_cell_t *t, int branch)
{
	const tm_ua_client_t *uac = &t->uac[branch];

	return uac->last_received < 200 && uac->request.buffer != NULL;
}

bool tm_is_pending_beside(const tm_cell_t *t, int branch)
{
	int i;

	for(i = 0; i < t->nr_of_outgoings; i++) {
		if(i != branch && tm_is_pending(t, i))
			return true;
	}
	return false;
}

int tm_room(const tm_cell_t *t)
{
	return (int)sr_dst_max_branches - t->nr_of_outgoings;
}

void tm_cancel_from(tm_cell_t *t, int first_branch)
{
	struct cancel_info cancel;
	branch_bm_t before = ((branch_bm_t)1 << first_branch) - 1;

	init_cancel_info(&cancel);
	tm.prepare_to_cancel(t, &cancel.cancel_bitmap, before);
	tm.cancel_uacs(t, &cancel, 0);
}

/* The timer of a branch is taken out and put in anew (core/timer.h); taking it
 * out waits while it is being run. A worker that ends the branch at the same
 * time marks it first and then takes the timer out (stop_rb_timers in timer.h):
 * if the mark is not seen before the timer goes in, it is afterwards. */
static void expire_branch(struct retr_buf *request, ticks_t delay)
{
	if(!request->t_active || (request->flags & F_RB_DEL_TIMER))
		return;
	request->fr_expire = get_ticks_raw() + delay;
	if(timer_del(&request->timer) < 0)
		return; /* it is being run: it sees the new time, or has fired */
	timer_reinit(&request->timer);
	timer_add(&request->timer, delay);
	membar();
	if(request->flags & F_RB_DEL_TIMER)
		timer_del(&request->timer);
}

void tm_expire(tm_cell_t *t, int branch, unsigned ms)
{
	if(tm_is_pending(t, branch))
		/* the core warns of a timer of no ticks */
		expire_branch(&t->uac[branch].request, ms > 0 ? MS_TO_TICKS(ms) : 1);
}

void tm_close_unsent_from(tm_cell_t *t, int first_branch)
{
	int i;

	for(i = first_branch; i < t->nr_of_outgoings; i++) {
		/* without a stored reply tm never picks it */
		if(tm_is_pending(t, i) && !t->uac[i].request.t_active)
			t->uac[i].last_received = 487;
	}
}

int tm_pick(const tm_cell_t *t, int first_branch, int branch, int code,
		int *picked_code)
{
	int picked = branch;
	int i;

	*picked_code = code;
	for(i = first_branch; i < t->nr_of_outgoings; i++) {
		const tm_ua_client_t *uac = &t->uac[i];

		if(i == branch || uac->reply == NULL
				|| response_rank(uac->last_received)
						   >= response_rank(*picked_code))
			continue;
		picked = i;
		*picked_code = uac->last_received;
	}
	return picked;
}

int tm_relayed_code(int code)
{
	return code == 503 && tm_setting("remap_503_500", 0) ? 500 : code;
}

static void drop_reply(tm_ua_client_t *uac)
{
	struct sip_msg *reply = uac->reply;

	if(reply != NULL && reply != FAKED_REPLY
			&& (reply->msg_flags & FL_SHM_CLONE))
		sip_msg_free(reply);
	uac->reply = NULL;
}

void tm_drop_replies_before(tm_cell_t *t, int branch)
{
	int i;

	for(i = 0; i < branch; i++)
		drop_reply(&t->uac[i]);
}

bool tm_leave_reply(tm_cell_t *t, int earlier, int last, int code)
{
	int i;

	for(i = 0; i < t->nr_of_outgoings; i++) {
		if(i != earlier && i != last)
			drop_reply(&t->uac[i]);
	}
	/* of equal ones tm chooses the one it looks at first */
	return response_rank(t->uac[earlier].last_received) <= response_rank(code);
}

bool tm_has_timed_out(const tm_cell_t *t, int branch)
{
	return t->uac[branch].request.flags & F_RB_TIMEOUT;
}

bool tm_accept_answer(tm_cell_t *t, int branch, int code)
{
	tm_ua_client_t *uac = &t->uac[branch];

	if(t->uas.status >= 200)
		return false; /* it is relayed anyhow */
	if(uac->last_received < 200) {
		uac->last_received = code;
		return false;
	}
	/* both are set where tm makes up a final reply, and nowhere else */
	if(uac->last_received < 300
			|| !(uac->request.flags & (F_RB_TIMEOUT | F_RB_RELAYREPLY)))
		return false;
	tm_reopen(t, branch);
	return true;
}

void tm_reopen(tm_cell_t *t, int branch)
{
	t->uac[branch].last_received = 180;
}

void tm_note_provisional(tm_cell_t *t, int branch)
{
	if(t->uac[branch].last_received == 0)
		t->uac[branch].last_received = 100;
}

bool tm_fail_soon(tm_cell_t *t)
{
	ticks_t fr_timeout = t->fr_timeout;
	int branch = t->nr_of_outgoings;
	bool added;

	if(tm_room(t) <= 0)
		return false;
	t->uac[branch].on_failure = t->on_failure;
	t->fr_timeout = 1;
	added = tm.t_addblind() > 0;
	t->fr_timeout = fr_timeout;
	return added;
}

void tm_reply(
		tm_cell_t *t, struct sip_msg *request, int code, const char *phrase)
{
	if(t->uas.status < 200)
		tm.t_reply_trans(t, request, (unsigned)code, (char *)phrase);
}
