/* SPDX-License-Identifier: GPL-2.0-or-later */
/* events: runs the event routes of the script, before an attempt and after a call. */
#ifndef FAILOVER_CALL_EVENTS_H
#define FAILOVER_CALL_EVENTS_H

#include "../../core/data_lump.h"

#include "call/course.h"

/* The changes of a message before the script changed it for one attempt. */
typedef struct own_changes
{
	bool are_kept;
	struct lump *add_rm, *body_lumps;
} own_changes_t;

/** Bind to what is needed, once all modules are loaded. */
void events_init(void);

/** Run event_route[failover:attempt], as a branch_route, on a request that is about to
 * be sent. Its changes are in this attempt only, until events_forget_changes().
 * Without the lock.
 * @param msg has the destination already: $ru, $du and $fs are those of the attempt
 * @return false if the script does not want the attempt */
bool events_before_attempt(struct sip_msg *msg, own_changes_t *own);

/** The request has been sent, or could not be sent. Undo the changes. */
void events_forget_changes(struct sip_msg *msg, own_changes_t *own);

/** Run event_route[failover:ended] with the request as the caller sent it. Without the
 * lock. */
void events_ended(tm_cell_t *t);

#endif
