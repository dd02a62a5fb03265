/* SPDX-License-Identifier: GPL-2.0-or-later */
/* inside: has a process act for a while as if it handled a message of a certain
 * transaction, whatever it handles really. */
#ifndef FAILOVER_CALL_INSIDE_H
#define FAILOVER_CALL_INSIDE_H

#include "call/transaction.h"

/* What this process was at before. */
typedef struct inside
{
	tm_cell_t *t;
	int branch;
	msg_ctx_id_t message;
	lists_t lists;
	bool was_cancelled; /* the transaction was */
} inside_t;

/** Find what is needed of tm, once all modules are loaded. */
void inside_init(void);

/** The message belongs to the transaction, for tm and the script: its AVPs and XAVPs are
 * current, and what looks the transaction up (t_check_trans(), t_reply()) finds it there
 * and takes no reference to it, which nobody would give back (t_lookup.c, t_check_msg).
 * Nothing can be relayed or suspended: the transaction has its final reply.
 * Without the lock.
 * @param msg a copy of the request, in private memory */
void inside_enter(tm_cell_t *t, const struct sip_msg *msg, inside_t *before);

/** Back to what it was at. */
void inside_leave(tm_cell_t *t, inside_t *before);

#endif
