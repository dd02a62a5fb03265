/* SPDX-License-Identifier: GPL-2.0-or-later */
/* answer: a 2xx that a process has in hand, and that tm has not looked at yet. Until
 * it is clear what comes of it no failure counts; and should nothing come of it, as
 * the script drops it or tm discards it, the chain goes on as if it had not come. */
#ifndef FAILOVER_CALL_ANSWER_H
#define FAILOVER_CALL_ANSWER_H

#include "call/course.h"
#include "call/transaction.h"

/** A 2xx has come in, and tm does not look at it before this process returns. Also
 * where tm would discard it, on a branch that it has given up. */
void answer_note(call_t *call, tm_cell_t *t, int branch);

/** tm relays a 2xx to the caller.
 * @param branch NO_BRANCH where tm does not say: it was suspended
 * @return the branch */
int answer_relayed(call_t *call, const tm_cell_t *t, int branch);

/** Has some process a 2xx in hand, so that a failure may not count? Then tm is made
 * to take the call for undecided. */
bool answer_is_in_hand(const call_t *call, tm_cell_t *t);

/** Has this process one in hand whose reply it has done with? It has not any more.
 * Without a lock.
 * @param hash_index, label of its transaction, @param branch its branch: set if so */
bool answer_take(unsigned *hash_index, unsigned *label, int *branch);

/** Nothing has come of a 2xx. A failure that was postponed for it counts now. */
void answer_forget(call_t *call, tm_cell_t *t, int branch);

#endif
