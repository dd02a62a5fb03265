/* SPDX-License-Identifier: GPL-2.0-or-later */
/* transaction: what a serial failover needs of Kamailio's transaction module
 * beyond its API: the reply lock, a branch that is given up, the choice of the
 * reply that goes to the caller. Each function names the place in tm it stands
 * in for or compensates; the structures are those of the very release that the
 * module is built for. It knows nothing of destinations and decisions.
 *
 * Unless said otherwise a function is called with the reply lock of its
 * transaction held. */
#ifndef FAILOVER_CALL_TRANSACTION_H
#define FAILOVER_CALL_TRANSACTION_H

#include <stdbool.h>

#include "../../modules/tm/tm_load.h"

/* The API of tm, bound by tm_bind(). */
extern tm_api_t tm;

/** Bind to tm and look at its parameters, once all modules are loaded.
 * @return 0, or -1 with the reason and the line to change logged */
int tm_bind(void);

/** Take the reply lock; the same process may take it again. Stands in for
 * tm_reply_mutex_lock() (t_reply.c), which tm does not export. */
void tm_lock_replies(tm_cell_t *t);
void tm_unlock_replies(tm_cell_t *t);

/** Take the reply lock if no other process has it.
 * @return whether it is held */
bool tm_try_lock_replies(tm_cell_t *t);

/** Is the request one of which tm has a transaction already, so that its caller
 * gets what he got last once more? Asked without the lock, of a request that this
 * process has no transaction of yet. */
bool tm_is_retransmission(struct sip_msg *msg);

/** Set a flag of the transaction in one go: other processes note theirs without
 * the lock (T_CANCELED), and none must be lost. */
void tm_set_flag(tm_cell_t *t, unsigned flag);

/** Make sure in a callback for a failed branch that the lock is held. tm holds
 * it, but for one case: a retransmission that could not be sent (timer.c,
 * retransmission_handler). There it is taken and left to tm, which releases it
 * as if it had taken it, and the timer of the branch ends. It is not waited for
 * where its holder waits for us: who stops that timer marks it, and waits until
 * it has run; nor for more than a second.
 * @return whether it is held; if not the call must be left alone */
bool tm_hold_replies(tm_cell_t *t, int branch);

/** The parameter with which a callback was registered; NULL if it was not.
 * Callbacks are only ever added while the transaction lives, so no lock. */
void *tm_find_param(tm_cell_t *t, transaction_cb *callback);

/** Does any branch but this one still wait for its final reply? */
bool tm_is_pending_beside(const tm_cell_t *t, int branch);

/** How many further branches the transaction can take: the server's
 * max_branches counts all of it, also attempts that have failed. */
int tm_room(const tm_cell_t *t);

/** Give up the pending branches from one on: send CANCEL to those that have
 * replied; one that replies later is CANCELled by tm then (t_reply.c,
 * F_RB_CANCELED). They stay pending. */
void tm_cancel_from(tm_cell_t *t, int first_branch);

/** Does a branch wait for its final reply? */
bool tm_is_pending(const tm_cell_t *t, int branch);

/** Let tm time a pending branch out in so many milliseconds, a tick at least. A
 * 1xx that comes in between undoes it. tm itself looks at a changed time only
 * when its timer fires for another reason, which on TCP and TLS is never
 * (timer.h, restart_rb_fr). */
void tm_expire(tm_cell_t *t, int branch, unsigned ms);

/** End what a failed relay left behind: a branch that was added but not sent
 * has no timer and would keep the transaction for ever (t_fwd.c,
 * t_forward_nonack, label canceled). */
void tm_close_unsent_from(tm_cell_t *t, int first_branch);

/** The branch whose reply tm would choose for the caller.
 * @param first_branch of those to choose from
 * @param branch the one that has just got a reply, which tm has not stored yet
 * @param code of that reply
 * @param picked_code set to the code of the chosen reply */
int tm_pick(const tm_cell_t *t, int first_branch, int branch, int code,
		int *picked_code);

/** The code with which tm relays a negative reply: of a 503 its parameter
 * remap_503_500 makes a 500. */
int tm_relayed_code(int code);

/** Drop the stored replies of all branches before one, so that tm cannot choose
 * them for the caller. As t_should_relay_response() does it after a
 * failure_route (t_reply.c, drop_replies). */
void tm_drop_replies_before(tm_cell_t *t, int branch);

/** Drop the stored replies of all branches but one, for tm to choose that one.
 * @param earlier the branch whose reply the caller is to get
 * @param last the branch that has just got a reply, with its code
 * @return whether tm will choose it, and not the last one */
bool tm_leave_reply(tm_cell_t *t, int earlier, int last, int code);

/** Has tm given the branch up because a timer was over? Else the final reply it
 * made up is for a retransmission that could not be sent. */
bool tm_has_timed_out(const tm_cell_t *t, int branch);

/** Let a 2xx through that has come in. tm would discard it ("status rewrite by
 * UAS") on a branch that it has given up, while another one is pending, which
 * RFC 3261 section 16.7 forbids; and it might give the branch up before it gets
 * the lock to look at this reply.
 * @param code of the reply
 * @return whether tm had given the branch up */
bool tm_accept_answer(tm_cell_t *t, int branch, int code);

/** Make a branch pending again, as if it had rung. */
void tm_reopen(tm_cell_t *t, int branch);

/** Note that a branch has got a 1xx which tm may not hear of, so that it can
 * be CANCELled. */
void tm_note_provisional(tm_cell_t *t, int branch);

/** Have the call fail once this process has left the transaction: add a branch
 * that was sent nowhere and let it time out at once, so that the script's
 * failure_route runs and on_failure callbacks hear of it, as for any failure.
 * @return whether that could be done */
bool tm_fail_soon(tm_cell_t *t);

/** Answer the transaction's request; tm CANCELs what is pending. */
void tm_reply(
		tm_cell_t *t, struct sip_msg *request, int code, const char *phrase);

#endif
