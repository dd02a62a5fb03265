/* SPDX-License-Identifier: GPL-2.0-or-later */
/* transaction: what a serial failover needs of Kamailio's transaction module (tm)
 * beyond its API: the reply lock, a branch that is given up, the choice of the
 * reply that goes to the caller. Each function names the place in tm that it
 * stands in for or compensates. These two files, transaction.[ch], alone know tm's
 * structures (layout.c looks whether they lie where they should); they are those of the very release that the module is built for.
 * It knows nothing of destinations and decisions.
 *
 * Unless it is said otherwise a function is called with the reply lock of its
 * transaction held. */
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

/** Is the request one of which tm has a transaction already, so that its caller
 * gets what he got last once more? Asked without the lock, of a request that this
 * process has no transaction of yet. */
bool transaction_is_known(struct sip_msg *msg);

/** The transaction that this process works on; NULL if there is none. No lock. */
tm_cell_t *transaction_current(void);

/** The parameter with which a callback was registered; NULL if it was not.
 * Callbacks are only ever added while the transaction lives, so no lock. */
void *transaction_find_param(tm_cell_t *t, transaction_cb *callback);

/** What tm finds it by again. */
static inline void transaction_ident(
		const tm_cell_t *t, unsigned *hash_index, unsigned *label)
{
	*hash_index = t->hash_index;
	*label = t->label;
}

/** The request that it is for, in shared memory. */
static inline struct sip_msg *transaction_request(const tm_cell_t *t)
{
	return t->uas.request;
}

/** How many branches it has: the number that the next one gets. */
static inline int transaction_branches(const tm_cell_t *t)
{
	return t->nr_of_outgoings;
}

/** How many further branches it can take: the server's max_branches counts all
 * of it, also attempts that have failed. */
static inline int transaction_room(const tm_cell_t *t)
{
	return (int)sr_dst_max_branches - t->nr_of_outgoings;
}

/** Has the caller got a final reply? */
static inline bool transaction_is_final(const tm_cell_t *t)
{
	return t->uas.status >= 200;
}

/** What he has got last. */
static inline int transaction_status(const tm_cell_t *t)
{
	return (int)t->uas.status;
}

/** Has the caller sent CANCEL? */
static inline bool transaction_is_cancelled(const tm_cell_t *t)
{
	return t->flags & T_CANCELED;
}

/** Is it suspended by the script (t_suspend)? */
static inline bool transaction_is_suspended(const tm_cell_t *t)
{
	return t->flags & T_ASYNC_SUSPENDED;
}

/** Take the reply lock; the same process may take it again. Stands in for
 * tm_reply_mutex_lock() (t_reply.c), which tm does not export. */
void transaction_lock(tm_cell_t *t);
void transaction_unlock(tm_cell_t *t);

/** Take the reply lock if no other process has it.
 * @return whether it is held */
bool transaction_try_lock(tm_cell_t *t);

/** Make sure in a callback for a failed branch that the lock is held. tm holds
 * it, but for one case: a retransmission that could not be sent (timer.c,
 * retransmission_handler). There it is taken and left to tm, which releases it
 * as if it had taken it, and the timer of the branch ends. It is not waited for
 * where its holder waits for us: who stops that timer marks it, and waits until
 * it has run; nor for more than a second.
 * @return whether it is held; if not the call must be left alone */
bool transaction_hold(tm_cell_t *t, int branch);

/* What tm must find again when the lock is taken back. */
typedef struct pause
{
	int branch;
	int code;
	struct sip_msg *reply;
	unsigned short flags;
	bool is_open;
	bool was_cancelled; /* somebody had the branch CANCELled meanwhile */
	bool is_kept;		/* our reference is to be given back later */
} pause_t;

/** Let go of the lock while something slow is done: a name looked up, a connection
 * opened, a branch_route run. In a callback for a failed branch that branch looks
 * pending meanwhile, so that no other process takes the call for failed, and its
 * reply, which is private to this process, is hidden. Replies of it may come all the
 * same: see transaction_take_for_trying(). Where the lock is held more than once it
 * stays.
 * @param branch the failed one; NO_BRANCH in request_route
 * @param is_slow whether what is done may take long; else nothing happens
 * @param pause for transaction_resume() */
void transaction_pause(tm_cell_t *t, int branch, bool is_slow, pause_t *pause);

/** Take the lock back. Anything may have happened meanwhile.
 * @param pause says whether the reference that we had is to be given back later, by
 *        transaction_let_go(): tm's timer process has none of its own, and works on
 *        with the transaction when we return, though it may have ended */
void transaction_resume(tm_cell_t *t, pause_t *pause);

/** Give references back. The caller has another one. */
static inline void transaction_let_go(tm_cell_t *t, unsigned references)
{
	for(; references > 0; references--)
		tm_api.unref_cell(t);
}

/** Have tm take a final reply for a 100, in a callback of TMCB_RESPONSE_IN: it has no
 * use for a second negative one of a branch that looks pending in a pause, and would
 * take the call for failed. It is not ACKed then, so over UDP it comes again. */
static inline void transaction_take_for_trying(struct sip_msg *reply)
{
	reply->REPLY_STATUS = 100;
}

/** Let tm be silent to the caller while there are other destinations, and not
 * CANCEL one destination for the 6xx of another; and as it was before. */
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

/** Make the variables of a transaction current: AVPs of URIs and users, XAVPs. As
 * faked_env() does it for a failure_route (t_reply.c). Without the lock. */
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

/** And those that were current before. */
static inline void transaction_leave_lists(const lists_t *before)
{
	set_avp_list(AVP_TRACK_FROM | AVP_CLASS_URI, before->from);
	set_avp_list(AVP_TRACK_TO | AVP_CLASS_URI, before->to);
	set_avp_list(AVP_TRACK_FROM | AVP_CLASS_USER, before->user_from);
	set_avp_list(AVP_TRACK_TO | AVP_CLASS_USER, before->user_to);
	xavp_set_list(before->xavps);
}

/* -- sending ------------------------------------------------------------ */

/** Set tm's timers for the next attempt.
 * @param fr_ms how long it may stay silent
 * @param fr_inv_ms how long it may stay between a provisional and a final reply.
 *        max_inv_lifetime is made to end later than both, as it would cap all
 *        attempts together */
void transaction_set_timers(tm_cell_t *t, unsigned fr_ms, unsigned fr_inv_ms);

/** Let tm give the caller's reply and the CANCELs their own time again, which it
 * reads from the same place; and undo what the script did to the others
 * (t_set_fr, t_set_max_lifetime). */
void transaction_reset_timers(
		tm_cell_t *t, const tm_manners_t *before, unsigned fr_inv_ms);

/** Have the branch_route run for the next branch too: tm arms it for the first
 * only (t_fwd.c, on_branch_delayed). */
static inline void transaction_rearm_branch_route(tm_cell_t *t)
{
	if(t->on_branch == 0)
		t->on_branch = t->on_branch_delayed;
}

/** May an onreply_route run for a reply of the call, whose branches are sent or to be
 * sent? */
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

/** Will the script run for a reply of this branch, or when it has failed? */
static inline bool transaction_has_onreply_route(const tm_cell_t *t, int branch)
{
	return t->uac[branch].on_reply != 0;
}
static inline bool transaction_has_branch_failure_route(
		const tm_cell_t *t, int branch)
{
	return t->uac[branch].on_branch_failure != 0;
}

/** End what a failed relay left behind: a branch that was added but not sent
 * has no timer and would keep the transaction for ever (t_fwd.c,
 * t_forward_nonack, label canceled). */
void transaction_close_unsent_from(tm_cell_t *t, int first_branch);

/** Stop an attempt that another process is just making, if it has not left yet: tm
 * sends no INVITE for a caller who has given up, and looks at that again when
 * names are looked up and branch_route has run (t_fwd.c, t_forward_nonack). For a
 * call that has its final reply. */
void transaction_stop_forwarding(tm_cell_t *t);

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

/** Does any branch but this one? */
static inline bool transaction_is_pending_beside(const tm_cell_t *t, int branch)
{
	int i;

	for(i = 0; i < t->nr_of_outgoings; i++) {
		if(i != branch && transaction_is_pending(t, i))
			return true;
	}
	return false;
}

/** Let tm time a pending branch out in so many milliseconds, a tick at least. A
 * 1xx that comes in between undoes it. tm itself looks at a changed time only
 * when its timer fires for another reason, which on TCP and TLS is never
 * (timer.h, restart_rb_fr). */
void transaction_expire(tm_cell_t *t, int branch, unsigned ms);

/** Let tm not time out a branch before so many milliseconds have passed. */
void transaction_extend(tm_cell_t *t, int branch, unsigned ms);

/** In how many milliseconds will tm time a branch out? */
static inline unsigned transaction_time_left(const tm_cell_t *t, int branch)
{
	s_ticks_t left = t->uac[branch].request.fr_expire - get_ticks_raw();

	return left > 0 ? TICKS_TO_MS(left) : 0;
}

/** Has tm given the branch up because a timer was over? Else the final reply it
 * made up is for a retransmission that could not be sent. */
static inline bool transaction_has_timed_out(const tm_cell_t *t, int branch)
{
	return t->uac[branch].request.flags & F_RB_TIMEOUT;
}

/** Note that a branch has got a 1xx which tm may not hear of, so that it can
 * be CANCELled. */
static inline void transaction_note_provisional(tm_cell_t *t, int branch)
{
	if(t->uac[branch].last_received == 0)
		t->uac[branch].last_received = 100;
}

/** Has somebody had the branch CANCELled (an operator by tm.cancel, a module, the
 * script)? tm itself does so for the 6xx of a parallel branch, which does not
 * count.
 * @param was_silent no reply has come, and tm has timed it out, which looks alike
 *        but for the retransmissions that were stopped before */
bool transaction_was_cancelled(const tm_cell_t *t, int branch, bool was_silent);

/** Choose pending branches for a CANCEL, but those that have had theirs. One that has
 * not replied is CANCELled by tm when it does (t_reply.c, F_RB_CANCELED). They stay
 * pending.
 * @param branches bit (1 << branch)
 * @param cancels they are added to it */
void transaction_choose_cancels(
		tm_cell_t *t, branch_bm_t branches, struct cancel_info *cancels);

/** Send the CANCELs that were chosen; without the lock, as this may run the
 * script's event_route (tm:local-request). */
void transaction_send_cancels(tm_cell_t *t, struct cancel_info *cancels);

/** Has tm made up the final reply of a branch? Not if the branch has sent a
 * negative one itself. */
static inline bool transaction_made_it_up(const tm_cell_t *t, int branch)
{
	/* both flags are set where tm makes one up, and nowhere else */
	return t->uac[branch].last_received >= 300
		   && (t->uac[branch].request.flags & (F_RB_TIMEOUT | F_RB_RELAYREPLY));
}

/** A 2xx has come in, and tm has not looked at it yet. tm would discard it ("status
 * rewrite by UAS") on a branch that it has given up while another one is pending,
 * which RFC 3261 section 16.7 forbids: such a branch is opened again. And its
 * timer process might give the branch up before the worker gets the lock: that
 * is told of a final reply.
 * @return what tm had of the branch, for transaction_put_back(); -1 if the branch
 *         has ended with a negative reply of its own, and is left alone */
int transaction_expect_answer(tm_cell_t *t, int branch);

/** In a callback for another branch that has failed: have tm see that this one is
 * not decided yet. */
static inline void transaction_keep_open(tm_cell_t *t, int branch)
{
	t->uac[branch].last_received = 180;
}

/** Nothing has come of the 2xx: the branch is as it was.
 * @return whether the caller has no final reply yet */
static inline bool transaction_put_back(tm_cell_t *t, int branch, int code)
{
	if(t->uas.status >= 200)
		return false;
	t->uac[branch].last_received = code;
	return true;
}

/** Will tm still call back for a branch that has been sent: does it wait for its
 * final reply, with a timer? */
static inline bool transaction_is_timed(const tm_cell_t *t, int branch)
{
	return t->uac[branch].request.t_active;
}

/** Let a branch that has ended, or has lost its timer, end in a tick: tm calls back
 * for it. Its stored reply is dropped. */
void transaction_end_again(tm_cell_t *t, int branch);

/* -- the final reply ---------------------------------------------------- */

/** The branch whose reply tm would choose for the caller.
 * @param first_branch of those to choose from
 * @param branch the one that has just got a reply, which tm has not stored yet
 * @param code of that reply
 * @param picked_code set to the code of the chosen reply */
int transaction_pick(const tm_cell_t *t, int first_branch, int branch, int code,
		int *picked_code);

/** The stored reply of a branch; NULL without one, FAKED_REPLY for one that tm
 * has made up. */
static inline const struct sip_msg *transaction_reply_of(
		const tm_cell_t *t, int branch)
{
	return t->uac[branch].reply;
}

/** Let a 6xx be a reply as any other until the chain ends: tm would CANCEL the
 * next attempt for the 6xx of the one before. */
void transaction_ignore_6xx(tm_cell_t *t);

/** Drop the stored replies of all branches before one, so that tm cannot choose
 * them for the caller. As t_should_relay_response() does it after a
 * failure_route (t_reply.c, drop_replies). */
void transaction_drop_replies_before(tm_cell_t *t, int branch);

/** Drop the stored replies of all branches but one, for tm to choose that one.
 * @param earlier the branch whose reply the caller is to get
 * @param last the branch that has just got a reply, with its code
 * @return whether tm will choose it, and not the last one */
bool transaction_leave_reply(tm_cell_t *t, int earlier, int last, int code);

/** Within a callback of TMCB_ON_FAILURE: will a failure_route of the script follow?
 * tm runs the one of the branch that it has picked (t_reply.c,
 * run_failure_handlers). */
static inline bool transaction_runs_failure_route(const tm_cell_t *t)
{
	return t->uac[tm_api.t_get_picked_branch()].on_failure != 0;
}

/** Is a failure_route armed for branches to come? */
static inline bool transaction_is_failure_route_armed(const tm_cell_t *t)
{
	return t->on_failure != 0;
}

/** Run no failure_route any more: the call is answered. */
static inline void transaction_disarm_failure_route(tm_cell_t *t)
{
	int i;

	for(i = 0; i < t->nr_of_outgoings; i++)
		t->uac[i].on_failure = 0;
}

/** Within a callback of TMCB_ON_FAILURE: name the branch that this is about, for who
 * looks later (acc, acc_logic.c, on_missed).
 * @param branch NO_BRANCH: that which tm has picked */
static inline void transaction_name_branch(tm_cell_t *t, int branch)
{
	t->relayed_reply_branch =
			(short)(branch != NO_BRANCH ? branch
										: tm_api.t_get_picked_branch());
}

/** Within a callback of TMCB_ON_FAILURE: let failure_route, acc and others see a
 * code of ours in the place of what the picked branch replied.
 * @param params of the callback, which those that follow get too
 * @param code 408 is a timeout */
void transaction_show_code(tm_cell_t *t, struct tmcb_params *params, int code);

/** Keep the flags of a copy of the request and of the request itself the same:
 * acc notes in them that it has logged the call. */
static inline void transaction_copy_flags(
		tm_cell_t *t, struct sip_msg *copy, bool is_back)
{
	if(is_back)
		copy->flags = t->uas.request->flags;
	else
		t->uas.request->flags = copy->flags;
}

/** Have the call fail once this process has left the transaction: add a branch
 * that was sent nowhere and let it time out at once, so that the script's
 * failure_route runs and on_failure callbacks hear of it, as for any failure.
 * @return whether that could be done */
bool transaction_fail_soon(tm_cell_t *t);

/** Answer the transaction's request, if it has no final reply; tm CANCELs what is
 * pending. */
void transaction_answer(
		tm_cell_t *t, struct sip_msg *request, int code, const char *phrase);

/** Would tm, for a CANCEL of the caller, find a branch to CANCEL? Else it replies
 * to the INVITE itself (t_fwd.c, e2e_cancel). */
bool transaction_has_cancellable(const tm_cell_t *t);

#endif
