/* SPDX-License-Identifier: GPL-2.0-or-later */
/* answer: a 2xx that a process is handling and that tm has not examined yet. Until it
 * is clear whether tm relays it, no failure counts. If the script drops it or tm
 * discards it, the chain goes on as if it had not come. */
#ifndef FAILOVER_CALL_ANSWER_H
#define FAILOVER_CALL_ANSWER_H

#include "call/course.h"
#include "call/transaction.h"

/** A 2xx has come in, and tm examines it when this process returns. tm is made to
 * accept it even on a branch that it has given up. */
void answer_note(call_t *call, tm_cell_t *t, int branch);

/** tm relays a 2xx to the caller.
 * @param branch NO_BRANCH if tm does not say it, because the reply was suspended
 * @return the branch */
int answer_relayed(call_t *call, tm_cell_t *t, int branch);

/** Is some process handling a 2xx, so that a failure must not count yet? Then tm is
 * made to see the call as undecided. */
bool answer_is_in_hand(const call_t *call, tm_cell_t *t);

/** Take back the note that this process is handling a 2xx. The caller holds no lock.
 * @param hash_index, label of its transaction, @param branch its branch: set if there
 *         was a note */
bool answer_take(unsigned *hash_index, unsigned *label, int *branch);

/** A 2xx was not relayed. A failure that was postponed because of it counts now. */
void answer_forget(call_t *call, tm_cell_t *t, int branch);

#endif
