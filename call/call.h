/* SPDX-License-Identifier: GPL-2.0-or-later */
/* call: one call. It carries out what failover_policy decides: makes
 * the attempts, hears from tm how they end, runs the timer that tm has not.
 *
 * Everything of a call lies in one arena in shared memory that hangs on its
 * transaction and is released with it. It is written under the reply lock of
 * the transaction only, by whichever process a reply or a timer comes to. */
#ifndef FAILOVER_CALL_CALL_H
#define FAILOVER_CALL_CALL_H

#include "call/request.h"

/* Script conventions: > 0 true, < 0 false, 0 ends the script. */
typedef enum call_result
{
	CALL_TAKEN = 1,			 /* the caller will get one final reply */
	CALL_RETRANSMISSION = 0, /* the request was seen before */
	CALL_NO_RULE = -1,		 /* no rule of the plan applies */
	CALL_REFUSED = -2,		 /* the request is untouched, the reason logged */
} call_result_t;

typedef struct call call_t;

/** Bind to tm, once all modules are loaded.
 * @return 0, or -1 with the reason logged */
int call_init(void);

/** Release what all calls share, at the server's end. */
void call_end(void);

/** Is the request one that a call can be made of: an INVITE without To tag, in
 * request_route, that was not seen before? To be asked before any rule and any
 * argument: what they say may have changed since it was seen.
 * @param result of failover(), if it is not */
bool call_is_new(struct sip_msg *msg, call_result_t *result);

/** Make a call of a request for which call_is_new() holds.
 * @param request what is to be done with it; nothing of it is kept, nor of the
 *        message: what is needed later is copied
 * @param route made, for call_start(); what it points to lies in the call
 * @return for call_start(); NULL if it is refused, with the reason logged */
call_t *call_create(
		struct sip_msg *msg, const call_request_t *request, route_t *route);

/** Take the call: relay it to its first destination, and from then on do with it
 * what the rule says. The call is tm's then, or is destroyed. */
call_result_t call_start(
		call_t *call, struct sip_msg *msg, const route_t *route);

/** failover_retry(): in failure_route, send the request once more to the destination
 * that the call failed at. At most twice for each.
 * @return CALL_TAKEN, or CALL_NO_RULE (-1) where there is nothing to retry */
call_result_t call_retry(struct sip_msg *msg);

#endif
