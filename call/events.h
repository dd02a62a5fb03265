/* SPDX-License-Identifier: GPL-2.0-or-later */
/* events: what the script may do when a call makes an attempt, and when it is
 * over. */
#ifndef FAILOVER_CALL_EVENTS_H
#define FAILOVER_CALL_EVENTS_H

#include "../../core/data_lump.h"

#include "call/course.h"

/* What the message had before the script changed it for one attempt. */
typedef struct own_changes
{
	bool are_kept;
	struct lump *add_rm, *body_lumps;
} own_changes_t;

/** Bind to what is needed, once all modules are loaded. */
void events_init(void);

/** Run event_route[failover:attempt] on a request that is just going to be sent, as a
 * branch_route. What it changes is in this attempt only, until
 * events_forget_changes(). Without the lock.
 * @param msg addressed already: $ru, $du and $fs are those of the attempt
 * @return false if the script does not want the attempt */
bool events_before_attempt(struct sip_msg *msg, own_changes_t *own);

/** The request has been sent, or could not be: it is as it was. */
void events_forget_changes(struct sip_msg *msg, own_changes_t *own);

/** Run event_route[failover:ended], with the request as it came. Without the lock. */
void events_ended(tm_cell_t *t);

#endif
