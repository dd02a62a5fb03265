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

static counter_def_t definitions[] = {
		{&handles[STATISTIC_HOLDS], "holds", 0, NULL, NULL,
				"how often a next hop was held"},
		{&handles[STATISTIC_PASSED_OVER], "passed_over", 0, NULL, NULL,
				"how often a call passed over a next hop that is held"},
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
