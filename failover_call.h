/* SPDX-License-Identifier: GPL-2.0-or-later */
/* failover_call: one call. It carries out what failover_policy decides: makes
 * the attempts, hears from tm how they end, runs the timer that tm has not.
 *
 * Everything of a call lies in one arena in shared memory that hangs on its
 * transaction and is released with it. It is written under the reply lock of
 * the transaction only, by whichever process a reply or a timer comes to. */
#ifndef FAILOVER_CALL_H
#define FAILOVER_CALL_H

#include "failover_request.h"

/* Script conventions: > 0 true, < 0 false, 0 ends the script. */
typedef enum call_result
{
	CALL_TAKEN = 1,			 /* the caller will get one final reply */
	CALL_RETRANSMISSION = 0, /* the request was seen before */
	CALL_REFUSED = -2,		 /* the request is untouched, the reason logged */
} call_result_t;

/** Bind to tm, once all modules are loaded.
 * @return 0, or -1 with the reason logged */
int call_init(void);

/** Take a call: relay it to its first destination, and from then on do with it
 * what the rule says. Nothing of the request is kept; what is needed later is
 * copied.
 * @param msg an INVITE without To tag, in request_route */
call_result_t call_start(struct sip_msg *msg, const call_request_t *request);

#endif
