/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../../core/sr_module.h"
#include "../../core/globals.h"
#include "../../core/pt.h"

#include "call/alarm.h"

/* if another process has the lock, the alarm tries again after this time */
#define BUSY_TICKS 1

static void start(alarm_t *alarm, ticks_t delay)
{
	timer_reinit(&alarm->timer);
	timer_add(&alarm->timer, delay > 0 ? delay : 1);
}

static void let_go_off(alarm_t *alarm, tm_cell_t *t)
{
	struct cancel_info cancels;

	init_cancel_info(&cancels);
	alarm->is_set = false;
	alarm->go_off(alarm, t, &cancels);
	transaction_unlock(t);
	transaction_send_cancels(t, &cancels);
}

/* The alarm exists until timer_allow_del(), because alarm_remove() waits until then.
 * After that it exists until the reference to the transaction is given back, because
 * only the end of the transaction releases it. */
static ticks_t timer_fires(ticks_t now, struct timer_ln *timer, void *data)
{
	alarm_t *alarm = data;
	tm_cell_t *t;

	(void)now;
	(void)timer;
	if(tm_api.t_lookup_ident(&t, alarm->hash_index, alarm->label) < 0) {
		tm_api.t_sett(T_UNDEFINED, T_BR_UNDEFINED);
		return 0;
	}
	/* from here on other processes may set the alarm again, or to an earlier time */
	timer_allow_del();
	/* All alarms go off in one process. The holder of this lock may be waiting for
	 * the script, and the alarms of other calls must not wait for that. */
	if(transaction_try_lock(t))
		let_go_off(alarm, t);
	else
		start(alarm, BUSY_TICKS);
	tm_api.unref_cell(t);
	tm_api.t_sett(T_UNDEFINED, T_BR_UNDEFINED);
	return 0;
}

void alarm_init(
		alarm_t *alarm, const tm_cell_t *t, alarm_f *go_off, void *owner)
{
	transaction_ident(t, &alarm->hash_index, &alarm->label);
	alarm->go_off = go_off;
	alarm->owner = owner;
	alarm->is_set = false;
	timer_init(&alarm->timer, timer_fires, alarm, 0);
}

void alarm_set(alarm_t *alarm, ticks_t at)
{
	if(alarm->is_set && (s_ticks_t)(alarm->at - at) <= 0)
		return;
	/* it may be going off just now; then it will try to get the lock soon */
	if(alarm->is_set && timer_del(&alarm->timer) < 0)
		return;
	alarm->is_set = true;
	alarm->at = at;
	start(alarm,
			(s_ticks_t)(at - get_ticks_raw()) > 0 ? at - get_ticks_raw() : 0);
}

void alarm_remove(alarm_t *alarm)
{
	if(alarm->go_off != NULL && !(_ksr_is_main && !dont_fork))
		timer_del(&alarm->timer);
}
