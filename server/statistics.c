/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../../core/sr_module.h"
#include "../../core/counters.h"

#include "server/statistics.h"

static counter_handle_t handles[STATISTIC_COUNT];
static int (*count_held)(void);

static counter_val_t read_held(counter_handle_t handle, void *param)
{
	(void)handle;
	(void)param;
	return count_held();
}

#define COUNTER(id, name, text)                                            \
	[STATISTIC_##id] = {&handles[STATISTIC_##id], name,                    \
			STATISTIC_##id == STATISTIC_ACTIVE ? CNT_F_NO_RESET : 0, NULL, \
			NULL, text}

static counter_def_t definitions[] = {
		COUNTER(CALLS, "calls", "calls that failover() has taken"),
		COUNTER(ACTIVE, "active", "calls that are under way now"),
		COUNTER(ANSWERED_FIRST, "answered_first",
				"calls that the first attempt answered"),
		COUNTER(ANSWERED_LATER, "answered_later",
				"calls that a later attempt answered"),
		COUNTER(EXHAUSTED, "exhausted",
				"calls that ended as no destination was left"),
		COUNTER(REJECTED, "rejected",
				"calls that a reply ended though it was not the last one"),
		COUNTER(CANCELLED, "cancelled", "calls that the caller gave up"),
		COUNTER(ATTEMPTS, "attempts", "attempts that were made"),
		COUNTER(REPLY_MATCHED, "reply_matched",
				"attempts that ended with a reply that led on"),
		COUNTER(TIMEOUT_INVITING, "timeout_inviting",
				"attempts that ended without any reply in time"),
		COUNTER(TIMEOUT_PROVISIONAL, "timeout_provisional",
				"attempts that ended without a final reply in time"),
		COUNTER(SEND_FAILED, "send_failed",
				"attempts that could not be sent, or whose connection was "
				"lost"),
		COUNTER(REDIRECTED, "redirected",
				"attempts that ended with a 3xx whose Contacts were followed"),
		COUNTER(LATE_ANSWERS, "late_answers",
				"2xx of attempts that were given up already"),
		COUNTER(PLAN_REPLIES, "plan_replies",
				"calls that the dial plan answered itself"),
		COUNTER(HOLDS, "holds", "how often a next hop was held"),
		COUNTER(PASSED_OVER, "passed_over",
				"how often a call passed over a next hop that is held"),
		{NULL, "held", CNT_F_NO_RESET, read_held, NULL,
				"how many next hops are held now"},
		{NULL, NULL, 0, NULL, NULL, NULL},
};

int statistics_init(int (*held)(void))
{
	count_held = held;
	if(counter_register_array("failover", definitions) < 0) {
		LM_ERR("cannot declare the statistics\n");
		return -1;
	}
	return 0;
}

void statistics_add(statistic_t statistic)
{
	counter_inc(handles[statistic]);
}

void statistics_take(statistic_t statistic)
{
	counter_add(handles[statistic], -1);
}

bool statistics_read(int i, const char **name, long *value)
{
	*name = definitions[i].name;
	if(*name == NULL)
		return false;
	*value = definitions[i].handle != NULL
					 ? (long)counter_get_val(*definitions[i].handle)
					 : count_held();
	return true;
}
