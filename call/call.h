/* SPDX-License-Identifier: GPL-2.0-or-later */
/* call: makes and starts a call, and retries it. The events that follow are handled
 * in engine.h.
 *
 * All data of a call lie in one arena in shared memory. The arena belongs to the
 * transaction and is released with it. Any process may write there, but only with the
 * reply lock of the transaction. */
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

/** Can a call be made of this request: is it an INVITE without To tag, in
 * request_route, that has no call yet? This does not look for retransmissions.
 * @param result what failover() returns if the answer is no */
bool call_is_possible(struct sip_msg *msg, call_result_t *result);

/** Was a request seen before for which call_is_possible() holds? If so, tm has sent the
 * last reply again. call_start() finds retransmissions too, so ask this only before
 * rules or arguments are read that may have changed or have side effects, and before
 * the request is refused. */
bool call_is_known(struct sip_msg *msg);

/** Make a call of a request for which call_is_possible() holds.
 * @param request what to do with it; neither it nor the message is kept: what is
 *        needed later is copied
 * @param route filled for call_start(); it points into the memory of the call
 * @return the call, for call_start(); NULL if it is refused, with the reason logged */
call_t *call_create(
		struct sip_msg *msg, const call_request_t *request, route_t *route);

/** Take the call: relay it to its first destination, and from then on do what the rule
 * says. Afterwards the call belongs to the transaction, or is destroyed. */
call_result_t call_start(
		call_t *call, struct sip_msg *msg, const route_t *route);

/** failover_retry(): in failure_route, send the request once more to the destination
 * that failed last, at most twice to each.
 * @return CALL_TAKEN, or CALL_NO_RULE (-1) where there is nothing to retry */
call_result_t call_retry(struct sip_msg *msg);

#endif
