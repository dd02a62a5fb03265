/* SPDX-License-Identifier: GPL-2.0-or-later */
/* engine: the events of a call. What tm and the timer tell becomes an event of
 * the table in state.h, and what that says is done. */
#ifndef FAILOVER_CALL_ENGINE_H
#define FAILOVER_CALL_ENGINE_H

#include "call/course.h"

/** Register with the server, once all modules are loaded.
 * @return 0, or -1 with the reason logged */
int engine_init(void);

/** Let tm tell what becomes of a call, which is released with the transaction.
 * @param release called once, with the call
 * @return 0, or -1 with the reason logged, and the call is still the caller's */
int engine_attach(call_t *call, struct sip_msg *msg, tm_cell_t *t,
		void (*release)(void *call));

/** Has a transaction a call already? */
bool engine_has_call(tm_cell_t *t);

/** The call that this process works on; NULL if there is none. No lock: its trace
 * may be read. */
const call_t *engine_current_call(void);

/** Try the first destination, and if it cannot be sent to those behind it. In
 * request_route, without the lock. */
void engine_run(call_t *call, tm_cell_t *t, struct sip_msg *msg);

/** In failure_route: send the request, as the script has changed it, once more to
 * the destination that the chain ended with; what is left of the list is there
 * again behind it. tm holds the reply lock there.
 * @param msg the copy of the request that the script has
 * @return whether it has left; else the call is as it was, with the reason logged
 *         at attempt_log_level */
bool engine_retry(struct sip_msg *msg);

#endif
