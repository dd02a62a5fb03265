/* SPDX-License-Identifier: GPL-2.0-or-later */
/* alarm: a timer that belongs to a transaction. It goes off in a timer process, which
 * then has a reference to the transaction and its reply lock. If the transaction has
 * ended, it does not go off. */
#ifndef FAILOVER_CALL_ALARM_H
#define FAILOVER_CALL_ALARM_H

#include <stdbool.h>

#include "../../core/timer.h"

#include "call/transaction.h"

typedef struct alarm alarm_t;

/** Called when an alarm goes off, with the reply lock held. It may set the alarm
 * again.
 * @param cancels the branches put in here are CANCELled once the lock is released */
typedef void alarm_f(alarm_t *alarm, tm_cell_t *t, struct cancel_info *cancels);

/* It lies in memory that the transaction releases. */
struct alarm
{
	struct timer_ln timer;
	unsigned hash_index, label; /* identify the transaction */
	alarm_f *go_off;			/* NULL before alarm_init() */
	void *owner;				/* for go_off */
	bool is_set;				/* written under the reply lock, as is: */
	ticks_t at;					/* when it goes off */
};

/** Make an alarm that is not set. */
void alarm_init(
		alarm_t *alarm, const tm_cell_t *t, alarm_f *go_off, void *owner);

/** Let it go off at a time, unless it is set to an earlier one. The caller holds the
 * reply lock.
 * @param at in ticks of core/timer_ticks.h; it may go off one tick early, or later if
 *           another process has the reply lock */
void alarm_set(alarm_t *alarm, ticks_t at);

/** Stop it before its memory is released. If it is going off just now, this waits for
 * it; but not when the server ends, because the timer process may have ended already. */
void alarm_remove(alarm_t *alarm);

#endif
