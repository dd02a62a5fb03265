/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../../core/sr_module.h"

#include "call/alarm.h"

/* when the lock is asked for again that another process has */
#define BUSY_TICKS 1

static void start(alarm_t *alarm, ticks_t delay)
{
	timer_reinit(&alarm->timer);
	timer_add(&alarm->timer, delay);
}

/* The alarm is there until timer_allow_del(), as who releases it waits for it,
 * and then until the reference to the transaction is given back: only what
 * releases the transaction releases the alarm. */
static ticks_t timer_fires(ticks_t now, struct timer_ln *timer, void *data)
{
	alarm_t *alarm = data;
	tm_cell_t *t;
	ticks_t again;

	(void)now;
	(void)timer;
	if(tm.t_lookup_ident(&t, alarm->hash_index, alarm->label) < 0) {
		tm.t_sett(T_UNDEFINED, T_BR_UNDEFINED);
		return 0;
	}
	/* All alarms go off in one process, and who holds this lock may be waiting
	 * for a name or a connection: nobody else's call must wait for that. */
	if(tm_try_lock_replies(t)) {
		alarm->is_set = false;
		again = alarm->go_off(alarm, t);
		/* not by the return value: that would be after we have let go */
		if(again > 0)
			alarm_set(alarm, again);
		tm_unlock_replies(t);
	} else {
		start(alarm, BUSY_TICKS);
	}
	timer_allow_del();
	tm.unref_cell(t);
	tm.t_sett(T_UNDEFINED, T_BR_UNDEFINED);
	return 0;
}

void alarm_init(
		alarm_t *alarm, const tm_cell_t *t, alarm_f *go_off, void *owner)
{
	alarm->hash_index = t->hash_index;
	alarm->label = t->label;
	alarm->go_off = go_off;
	alarm->owner = owner;
	alarm->is_set = false;
	timer_init(&alarm->timer, timer_fires, alarm, 0);
}

void alarm_set(alarm_t *alarm, ticks_t delay)
{
	if(alarm->is_set)
		return;
	alarm->is_set = true;
	start(alarm, delay);
}

void alarm_remove(alarm_t *alarm)
{
	if(alarm->go_off != NULL)
		timer_del(&alarm->timer);
}
