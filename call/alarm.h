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

/** What is done when an alarm goes off.
 * @return in how many ticks it is wanted again; 0 for never */
typedef ticks_t alarm_f(alarm_t *alarm, tm_cell_t *t);

/* Lies in the memory of its owner, which the transaction releases. */
struct alarm
{
	struct timer_ln timer;
	unsigned hash_index, label; /* of the transaction */
	alarm_f *go_off;			/* NULL before alarm_init() */
	void *owner;				/* for go_off */
	bool is_set;				/* written under the reply lock */
};

/** Make an alarm that is not set. */
void alarm_init(
		alarm_t *alarm, const tm_cell_t *t, alarm_f *go_off, void *owner);

/** Set it if it is not set; with the reply lock held.
 * @param delay in ticks of core/timer_ticks.h; it goes off up to one of them
 *              early, and later while another process has the reply lock */
void alarm_set(alarm_t *alarm, ticks_t delay);

/** Take it back before its memory is released; waits while it is going off. */
void alarm_remove(alarm_t *alarm);

#endif
