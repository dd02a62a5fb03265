/* SPDX-License-Identifier: GPL-2.0-or-later */
/* transaction: what a serial failover needs from Kamailio's transaction module (tm)
 * beyond its API: the reply lock, giving up a branch, choosing the reply for the
 * caller. Each function names the place in tm that it replaces or compensates. Only
 * transaction.[ch] use tm's structures, which are those of the release that the
 * module is built for; layout.c checks that they are right. These files know nothing
 * about destinations and decisions.
 *
 * The caller of a function holds the reply lock of the transaction, unless the
 * comment says otherwise. */
#ifndef FAILOVER_CALL_TRANSACTION_H
#define FAILOVER_CALL_TRANSACTION_H

#include <stdbool.h>

#include "../../core/dset.h"
#include "../../core/usr_avp.h"
#include "../../core/xavp.h"
#include "../../core/globals.h"
#include "../../modules/tm/tm_load.h"

#define NO_BRANCH (-1)
/* The API of tm, bound by transaction_bind(). */
extern tm_api_t tm_api;

/** Bind to tm, once all modules are loaded.
 * @return 0, or -1 with the reason logged */
int transaction_bind(void);

/* -- the transaction ---------------------------------------------------- */
/** Does tm have a transaction of this request already, so that tm repeats its last
 * reply? Without the lock, for a request of which this process has no transaction. */
bool transaction_is_known(struct sip_msg *msg);

/** The transaction that this process works on; NULL if there is none. No lock. */
tm_cell_t *transaction_current(void);

/** The parameter with which a callback was registered; NULL if it was not. No lock:
 * callbacks are only added while the transaction lives. */
void *transaction_find_param(tm_cell_t *t, transaction_cb *callback);

/** The numbers by which tm finds the transaction again. */
static inline void transaction_ident(
		const tm_cell_t *t, unsigned *hash_index, unsigned *label)
{
	*hash_index = t->hash_index;
	*label = t->label;
}

/** Does its request go on after a suspension, as a failure_route (t_suspend.c)? */
static inline bool transaction_is_continuing(const tm_cell_t *t)
{
	return (t->flags & T_ASYNC_CONTINUE)
		   && t->async_backup.backup_route != TM_ONREPLY_ROUTE;
}

/** Was its request sent? A suspension makes branches without an INVITE. */
bool transaction_has_sent(const tm_cell_t *t);

/** Its request, in shared memory. */
static inline struct sip_msg *transaction_request(const tm_cell_t *t)
{
	return t->uas.request;
}

/** How many branches it has. This is the number of the next one. */
static inline int transaction_branches(const tm_cell_t *t)
{
	return t->nr_of_outgoings;
}

/** How many further branches it can have: max_branches counts those that have failed. */
static inline int transaction_room(const tm_cell_t *t)
{
	return (int)sr_dst_max_branches - t->nr_of_outgoings;
}

/** Has the caller got a final reply? */
static inline bool transaction_is_final(const tm_cell_t *t)
{
	return t->uas.status >= 200;
}

/** The code that the caller has got last. */
static inline int transaction_status(const tm_cell_t *t)
{
	return (int)t->uas.status;
}

/** Has the caller sent a CANCEL? */
static inline bool transaction_is_cancelled(const tm_cell_t *t)
{
	return t->flags & T_CANCELED;
}

/** Has the script suspended it (t_suspend)? */
static inline bool transaction_is_suspended(const tm_cell_t *t)
{
	return t->flags & T_ASYNC_SUSPENDED;
}

/** Take the reply lock. The same process may take it again. This replaces
 * tm_reply_mutex_lock() (t_reply.c), which tm does not export. */
void transaction_lock(tm_cell_t *t);
void transaction_unlock(tm_cell_t *t);

/** Take the reply lock if no other process has it. @return whether it is held */
bool transaction_try_lock(tm_cell_t *t);

/** Make sure in a callback for a failed branch that the lock is held. tm holds it,
 * except after a retransmission that could not be sent (timer.c,
 * retransmission_handler). In that case this takes the lock, tm releases it as if it
 * had taken it, and the timer of the branch ends. A process that stops the timer
 * marks it and waits until it has run. If such a process holds the lock, this does
 * not wait for it; otherwise it waits at most a second.
 * @return whether it is held; if not, the call must not be touched */
bool transaction_hold(tm_cell_t *t, int branch);

/* What is restored for tm when the lock is taken again. */
typedef struct pause
{
	int branch;
	int code;
	struct sip_msg *reply;
	unsigned short flags;
	bool is_open;
	bool was_cancelled; /* somebody had the branch CANCELled meanwhile */
	bool is_kept;		/* our reference must be given back later */
} pause_t;

/** Release the lock while something slow is done: a name is looked up, a connection is
 * opened, a branch_route runs. In a callback for a failed branch, that branch seems
 * pending meanwhile, so that no other process takes the call for failed. Its reply,
 * which is private to this process, is hidden. Further replies of it may come: see
 * transaction_take_for_trying(). If the lock is held more than once, it is not
 * released.
 * @param branch the failed branch; NO_BRANCH in request_route
 * @param is_slow whether the work may take long; if not, nothing happens
 * @param pause for transaction_resume() */
void transaction_pause(tm_cell_t *t, int branch, bool is_slow, pause_t *pause);

/** Take the lock again. Anything may have happened meanwhile.
 * @param pause says whether our reference must be given back later, by
 *        transaction_let_go(): tm's timer process has no reference, and continues to
 *        use the transaction when this returns, although the transaction may have
 *        ended */
void transaction_resume(tm_cell_t *t, pause_t *pause);

/** Take a reference, so that the transaction, and the call, stay. */
static inline void transaction_keep(tm_cell_t *t)
{
	atomic_inc(&t->ref_count);
}

/** Give references back, without the lock if it is the last one. */
static inline void transaction_let_go(tm_cell_t *t, unsigned references)
{
	for(; references > 0; references--)
		tm_api.unref_cell(t);
}

/** Make tm take a final reply for a 100, in a callback of TMCB_RESPONSE_IN. Otherwise
 * a second negative reply of a branch that seems pending during a pause would make tm
 * take the call for failed. The reply is not ACKed now, so over UDP it is
 * retransmitted. */
static inline void transaction_take_for_trying(struct sip_msg *reply)
{
	reply->REPLY_STATUS = 100;
}

/** The behaviour of tm that is changed while a chain runs: tm sends no reply of its
 * own to the caller, and does not CANCEL one destination because of the 6xx of
 * another. Afterwards it is restored. */
typedef struct tm_manners
{
	unsigned flags;
	ticks_t fr_timeout, fr_inv_timeout;
} tm_manners_t;
void transaction_begin_chain(tm_cell_t *t, tm_manners_t *before);
void transaction_end_chain(tm_cell_t *t, const tm_manners_t *before);

/* The lists of variables that were current in this process. */
typedef struct lists
{
	avp_list_t *from, *to, *user_from, *user_to;
	sr_xavp_t **xavps;
} lists_t;

/** Make the variables of a transaction current (AVPs and XAVPs), as faked_env() does
 * for a failure_route (t_reply.c). Without the lock. */
static inline void transaction_enter_lists(tm_cell_t *t, lists_t *before)
{
	before->from =
			set_avp_list(AVP_TRACK_FROM | AVP_CLASS_URI, &t->uri_avps_from);
	before->to = set_avp_list(AVP_TRACK_TO | AVP_CLASS_URI, &t->uri_avps_to);
	before->user_from =
			set_avp_list(AVP_TRACK_FROM | AVP_CLASS_USER, &t->user_avps_from);
	before->user_to =
			set_avp_list(AVP_TRACK_TO | AVP_CLASS_USER, &t->user_avps_to);
	before->xavps = xavp_set_list(&t->xavps_list);
}

/** Make the previous variables current again. */
static inline void transaction_leave_lists(const lists_t *before)
{
	set_avp_list(AVP_TRACK_FROM | AVP_CLASS_URI, before->from);
	set_avp_list(AVP_TRACK_TO | AVP_CLASS_URI, before->to);
	set_avp_list(AVP_TRACK_FROM | AVP_CLASS_USER, before->user_from);
	set_avp_list(AVP_TRACK_TO | AVP_CLASS_USER, before->user_to);
	xavp_set_list(before->xavps);
}

/* -- sending ------------------------------------------------------------ */
/** Is the caller still to get a 100 from tm? */
static inline bool transaction_owes_trying(const tm_cell_t *t)
{
	return (t->flags & T_AUTO_INV_100) && t->uas.status < 100;
}

/** Set tm's timers for the next attempt.
 * @param fr_ms how long it may stay silent
 * @param fr_inv_ms how long it may stay between a provisional and a final reply.
 *        max_inv_lifetime is set to end later than both, because it would limit all
 *        attempts together */
void transaction_set_timers(tm_cell_t *t, unsigned fr_ms, unsigned fr_inv_ms);

/** Restore tm's timers, and undo what the script has set (t_set_fr ...). */
void transaction_reset_timers(
		tm_cell_t *t, const tm_manners_t *before, unsigned fr_inv_ms);

/** Let the branch_route run for the next branch too (t_fwd.c, on_branch_delayed). */
static inline void transaction_rearm_branch_route(tm_cell_t *t)
{
	if(t->on_branch == 0)
		t->on_branch = t->on_branch_delayed;
}

/** May an onreply_route run for a reply of this call, now or later? */
static inline bool transaction_may_run_onreply_route(const tm_cell_t *t)
{
	int i;

	for(i = 0; i < t->nr_of_outgoings; i++) {
		if(t->uac[i].on_reply != 0)
			return true;
	}
	return t->on_reply != 0 && t->nr_of_outgoings > 0;
}

/** Will a branch_route run for the next branch? */
static inline bool transaction_has_branch_route(const tm_cell_t *t)
{
	return t->on_branch != 0;
}

/** Will an onreply_route run for the replies of this branch? */
static inline bool transaction_has_onreply_route(const tm_cell_t *t, int branch)
{
	return t->uac[branch].on_reply != 0;
}
static inline bool transaction_has_branch_failure_route(
		const tm_cell_t *t, int branch)
{
	return t->uac[branch].on_branch_failure != 0;
}

/** End the branches that a failed relay has left behind. A branch that was added but
 * not sent has no timer and would keep the transaction for ever (t_fwd.c,
 * t_forward_nonack, label canceled). */
void transaction_close_unsent_from(tm_cell_t *t, int first_branch);

/** Stop an attempt that another process is making, if its INVITE has not left yet. The
 * transaction is marked as cancelled: tm checks this mark once more after DNS and
 * branch_route, and then sends no INVITE (t_fwd.c, t_forward_nonack). For a call that
 * has its final reply. The second function takes that back. */
void transaction_stop_forwarding(tm_cell_t *t);
void transaction_allow_forwarding(tm_cell_t *t);

/** The core's DNS failover sends the INVITE to the next address of a destination for
 * each 503 of a branch, also for a 503 that comes again or late (t_reply.c,
 * reply_received). Let it use no further address of a branch that has ended. */
static inline void transaction_forget_addresses(tm_cell_t *t, int branch)
{
	dns_srv_handle_put(&t->uac[branch].dns_h);
}

/** Let it use no further address of any branch: the call is answered. */
void transaction_stop_dns_failover(tm_cell_t *t);

/** Where a branch was sent to. Valid while the transaction lives. */
static inline const struct dest_info *transaction_destination(
		const tm_cell_t *t, int branch)
{
	return &t->uac[branch].request.dst;
}

/* -- a branch ----------------------------------------------------------- */
/** Does a branch wait for its final reply? */
static inline bool transaction_is_pending(const tm_cell_t *t, int branch)
{
	const tm_ua_client_t *uac = &t->uac[branch];

	return uac->last_received < 200 && uac->request.buffer != NULL;
}

/** Does another branch wait for its final reply? */
static inline bool transaction_is_pending_beside(const tm_cell_t *t, int branch)
{
	int i;

	for(i = 0; i < t->nr_of_outgoings; i++) {
		if(i != branch && transaction_is_pending(t, i))
			return true;
	}
	return false;
}

/** Let tm time out a pending branch, or one that waits, after so many milliseconds. A 1xx
 * that comes in between undoes this. Changing the time alone is not enough: on TCP and
 * TLS tm never reads it (timer.h, restart_rb_fr). */
void transaction_expire(tm_cell_t *t, int branch, unsigned ms);

/** Do not let tm time out a branch before so many milliseconds have passed. */
void transaction_extend(tm_cell_t *t, int branch, unsigned ms);

/** In how many milliseconds will tm time a branch out? */
static inline unsigned transaction_time_left(const tm_cell_t *t, int branch)
{
	s_ticks_t left = t->uac[branch].request.fr_expire - get_ticks_raw();

	return left > 0 ? TICKS_TO_MS(left) : 0;
}

/** Has tm ended the branch because of a timeout? Or because of a failed send? */
static inline bool transaction_has_timed_out(const tm_cell_t *t, int branch)
{
	return t->uac[branch].request.flags & F_RB_TIMEOUT;
}

/** Note that a branch has got a 1xx, which tm may not see, so that it is CANCELled. */
static inline void transaction_note_provisional(tm_cell_t *t, int branch)
{
	if(t->uac[branch].last_received == 0)
		t->uac[branch].last_received = 100;
}

/** Has somebody had the branch CANCELled (an operator by tm.cancel, a module, the
 * script)? tm itself does so for the 6xx of a parallel branch, which does not
 * count.
 * @param was_silent no reply has come, and tm has timed it out; a CANCEL is then
 *        known by the retransmissions, which were stopped before */
bool transaction_was_cancelled(const tm_cell_t *t, int branch, bool was_silent);

/** Choose pending branches for a CANCEL, except those that have got one. A branch that
 * has not replied is CANCELled by tm when it does (t_reply.c, F_RB_CANCELED). The
 * branches stay pending.
 * @param branches bit (1 << branch)
 * @param cancels the branches are added to it */
void transaction_choose_cancels(
		tm_cell_t *t, branch_bm_t branches, struct cancel_info *cancels);

/** Send the CANCELs that were chosen. Without the lock: the script may run for them. */
void transaction_send_cancels(tm_cell_t *t, struct cancel_info *cancels);

/** Has tm made up the final reply of a branch, and did not receive it? */
static inline bool transaction_made_it_up(const tm_cell_t *t, int branch)
{
	/* tm sets both flags only when it makes up a reply */
	return t->uac[branch].last_received >= 300
		   && (t->uac[branch].request.flags & (F_RB_TIMEOUT | F_RB_RELAYREPLY));
}

/** A 2xx has come in, and tm has not handled it yet. On a branch that tm has given up
 * while another one is pending, tm would discard it ("status rewrite by UAS"), which
 * RFC 3261 section 16.7 forbids. So such a branch is opened again. On a pending
 * branch, tm's timer process might give the branch up before the worker gets the
 * lock. So the timer is made to see a final reply.
 * @return the code that tm had stored for the branch, for transaction_put_back(); -1
 *         if the branch has ended with a real negative reply, and is not changed */
int transaction_expect_answer(tm_cell_t *t, int branch);

/** In a callback for another branch: let tm see that this one is not decided yet. */
static inline void transaction_keep_open(tm_cell_t *t, int branch)
{
	t->uac[branch].last_received = 180;
}

/** The 2xx was not relayed. @return whether the caller has no final reply yet */
static inline bool transaction_put_back(tm_cell_t *t, int branch, int code)
{
	if(t->uas.status >= 200)
		return false;
	t->uac[branch].last_received = code;
	return true;
}

/** Has a branch a timer? If it waits for its final reply, tm will call back for it. */
static inline bool transaction_is_timed(const tm_cell_t *t, int branch)
{
	return t->uac[branch].request.t_active;
}

/** Let a branch that has ended, or has lost its timer, end after one tick again. */
void transaction_end_again(tm_cell_t *t, int branch);

/* -- the final reply ---------------------------------------------------- */
/** The branch whose reply tm would choose for the caller.
 * @param first_branch the first branch to choose from
 * @param branch the branch that has just got a reply, which tm has not stored yet
 * @param code of that reply
 * @param picked_code set to the code of the chosen reply */
int transaction_pick(const tm_cell_t *t, int first_branch, int branch, int code,
		int *picked_code);

/** The stored reply of a branch; NULL: none; FAKED_REPLY: tm has made it up. */
static inline const struct sip_msg *transaction_reply_of(
		const tm_cell_t *t, int branch)
{
	return t->uac[branch].reply;
}

/** Treat a 6xx as any other reply until the chain ends: tm would CANCEL the next one. */
void transaction_ignore_6xx(tm_cell_t *t);

/** Drop the stored replies of all branches before this one, so that tm cannot choose
 * them for the caller, as t_should_relay_response() does after a failure_route
 * (t_reply.c, drop_replies). */
void transaction_drop_replies_before(tm_cell_t *t, int branch);

/** Drop the stored replies of all branches except one, so that tm chooses that one.
 * @param earlier the branch whose reply the caller shall get
 * @param last the branch that has just got a reply, with its code
 * @return whether tm will choose it and not the last one */
bool transaction_leave_reply(tm_cell_t *t, int earlier, int last, int code);

/** In a callback of TMCB_ON_FAILURE: will a failure_route run? tm runs that of the chosen
 * branch (t_reply.c, run_failure_handlers). */
static inline bool transaction_runs_failure_route(const tm_cell_t *t)
{
	return t->uac[tm_api.t_get_picked_branch()].on_failure != 0;
}

/** Is a failure_route armed for the next branches? */
static inline bool transaction_is_failure_route_armed(const tm_cell_t *t)
{
	return t->on_failure != 0;
}

/** Disarm the failure_route: the call is answered. */
static inline void transaction_disarm_failure_route(tm_cell_t *t)
{
	int i;

	for(i = 0; i < t->nr_of_outgoings; i++)
		t->uac[i].on_failure = 0;
}

/** Within a callback of TMCB_ON_FAILURE: set the branch that failed, which later
 * callbacks read (acc, acc_logic.c, on_missed).
 * @param branch NO_BRANCH: the branch that tm has chosen */
static inline void transaction_name_branch(tm_cell_t *t, int branch)
{
	t->relayed_reply_branch =
			(short)(branch != NO_BRANCH ? branch
										: tm_api.t_get_picked_branch());
}

/** Within a callback of TMCB_ON_FAILURE: let failure_route, acc and others see this
 * code instead of the reply of the chosen branch.
 * @param params of the callback; the callbacks that follow get them too
 * @param code 408 means a timeout */
void transaction_show_code(tm_cell_t *t, struct tmcb_params *params, int code);

/** Add a branch that is not sent and that tm times out after so many milliseconds, at
 * least one tick. The call is pending until then.
 * @return the branch; NO_BRANCH if this is not possible */
int transaction_wait(tm_cell_t *t, unsigned ms);

/** Let that branch be CANCELled as if it were sent: tm then ends it at once. */
static inline void transaction_allow_cancel(tm_cell_t *t, int branch)
{
	t->uac[branch].flags &= ~TM_UAC_FLAG_BLIND;
}

/** Let the call fail once this process has left the transaction, as after any failure.
 * @return whether this was possible */
static inline bool transaction_fail_soon(tm_cell_t *t)
{
	return transaction_wait(t, 0) != NO_BRANCH;
}

/** Send a final reply, if there is none yet. tm CANCELs the pending branches. */
void transaction_answer(
		tm_cell_t *t, struct sip_msg *request, int code, const char *phrase);

/** Would tm find a branch to CANCEL? If not, it replies itself (t_fwd.c, e2e_cancel). */
bool transaction_has_cancellable(const tm_cell_t *t);

#endif
