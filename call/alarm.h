/* SPDX-License-Identifier: GPL-2.0-or-later */
/* alarm: a timer that belongs to a transaction. It goes off in a timer
 * process, with the transaction found, referenced and its reply lock held; or
 * not at all, when the transaction has gone. */
#ifndef FAILOVER_CALL_ALARM_H
#define FAILOVER_CALL_ALARM_H

#include <stdbool.h>

#include "../../core/timer.h"

#include "call/transaction.h"

typedef struct alarm alarm_t;

/** What is done when an alarm goes off, with the reply lock held. It may set the
 * alarm again.
 * @param cancels what is put in is CANCELled once the lock is let go of */
typedef void alarm_f(alarm_t *alarm, tm_cell_t *t, struct cancel_info *cancels);

/* Lies in the memory of its owner, which the transaction releases. */
struct alarm
{
	struct timer_ln timer;
	unsigned hash_index, label; /* of the transaction */
	alarm_f *go_off;			/* NULL before alarm_init() */
	void *owner;				/* for go_off */
	bool is_set;				/* written under the reply lock, like: */
	ticks_t at;					/* when it goes off */
};

/** Make an alarm that is not set. */
void alarm_init(
		alarm_t *alarm, const tm_cell_t *t, alarm_f *go_off, void *owner);

/** Have it go off at a time, unless it does so earlier; with the reply lock held.
 * @param at in ticks of core/timer_ticks.h; it goes off up to one of them early,
 *           and later while another process has the reply lock */
void alarm_set(alarm_t *alarm, ticks_t at);

/** Take it back before its memory is released; waits while it is going off, but
 * at the end of the server, when the process that was in it may be gone. */
void alarm_remove(alarm_t *alarm);

#endif
