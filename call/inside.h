/* SPDX-License-Identifier: GPL-2.0-or-later */
/* inside: makes a process act for a while as if it handles a message of a certain
 * transaction, whatever message it really handles. */
#ifndef FAILOVER_CALL_INSIDE_H
#define FAILOVER_CALL_INSIDE_H

#include "call/transaction.h"

/* What the process handled before. */
typedef struct inside
{
	tm_cell_t *t;
	int branch;
	msg_ctx_id_t message;
	lists_t lists;
	bool was_cancelled; /* the transaction, before that */
} inside_t;

/** Find the variable of tm. To be called once all modules are loaded. */
void inside_init(void);

/** Make a message belong to a transaction, for tm and the script. The transaction's AVPs
 * and XAVPs are the current ones. Functions that look the transaction up
 * (t_check_trans(), t_reply()) find it; they take no reference to it, because nothing
 * would release that reference (t_lookup.c, t_check_msg). The request cannot be relayed
 * or suspended: the transaction has its final reply. The caller must not hold the lock.
 * @param msg a copy of the request, in private memory */
void inside_enter(tm_cell_t *t, const struct sip_msg *msg, inside_t *before);

/** Make the process handle again what it handled before. */
void inside_leave(tm_cell_t *t, inside_t *before);

#endif
