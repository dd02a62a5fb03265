/* SPDX-License-Identifier: GPL-2.0-or-later */
/* lookup: looks up the name of a destination before it is tried. tm's timer process
 * leaves that to a worker of the server, if it has any. The call then has a branch
 * without an INVITE, which waits: to tm the call is pending, and everything that
 * happens to it meanwhile goes the usual way. When the name is in the DNS cache of the
 * core, the branch ends, tm calls back for it, and the attempt is made. */
#ifndef FAILOVER_CALL_LOOKUP_H
#define FAILOVER_CALL_LOOKUP_H

#include "call/course.h"

/** Look the name up, so that the DNS cache of the core has it before the lock is
 * needed. May take long: without the lock. */
void lookup_name(const target_t *target);

/** In tm's timer process: leave the look-up to a worker. Not if the target has no name,
 * if there are no workers or no DNS cache, or if the branch that waits would be missing
 * for a destination of the list later. The caller holds the reply lock.
 * @param failed the branch whose callback this is; NO_BRANCH in request_route
 * @return whether the call waits; then tm calls back for call->lookup_branch */
bool lookup_begin(
		call_t *call, tm_cell_t *t, int failed, const target_t *target);

/** In the callback for a branch: has it waited for a look-up, which is over now? Notes
 * whether it was ended because somebody had the call cancelled. With the reply lock. */
bool lookup_end(call_t *call, const tm_cell_t *t, int branch);

#endif
