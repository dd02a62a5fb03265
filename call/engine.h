/* SPDX-License-Identifier: GPL-2.0-or-later */
/* engine: turns the callbacks of tm and the timer into events of the table in
 * state.h, and has the actions done that follow. */
#ifndef FAILOVER_CALL_ENGINE_H
#define FAILOVER_CALL_ENGINE_H

#include "call/course.h"

/** Register with the server, once all modules are loaded.
 * @return 0, or -1 with the reason logged */
int engine_init(void);

/** Register the callbacks of tm for a call. The call is released with the transaction.
 * @param release called once, with the call as argument
 * @return 0, or -1 with the reason logged; then the call still belongs to the caller */
int engine_attach(call_t *call, struct sip_msg *msg, tm_cell_t *t,
		void (*release)(void *call));

/** Does a transaction have a call already? */
bool engine_has_call(tm_cell_t *t);

/** The call that this process works on; NULL if there is none. Without a lock only its
 * trace may be read.
 * @param msg that is handled for it: where tm has no current transaction, as in its timer
 *            process, the call is found by its request, of which acc has a copy */
const call_t *engine_current_call(const struct sip_msg *msg);

/** Try the first destination; if it cannot be sent to, try the following ones. Called
 * in request_route, without the lock. */
void engine_run(call_t *call, tm_cell_t *t, struct sip_msg *msg);

/** In failure_route: send the request, as the script has changed it, once more to the
 * destination that the chain ended with. The rest of the list follows if that fails.
 * tm holds the reply lock there.
 * @param msg the copy of the request that the script has
 * @return whether it has left; if not, the call is unchanged, and the reason is
 *         logged at attempt_log_level */
bool engine_retry(struct sip_msg *msg);

#endif
