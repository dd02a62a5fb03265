/* SPDX-License-Identifier: GPL-2.0-or-later */
/* statistics: the counters of group `failover`. They are declared from one table in
 * statistics.c, which the test of the manual reads too. Each process counts for
 * itself, and the server adds up. */
#ifndef FAILOVER_SERVER_STATISTICS_H
#define FAILOVER_SERVER_STATISTICS_H

#include <stdbool.h>

/* calls = answered_first + answered_later + exhausted + rejected + cancelled
 * + active */
typedef enum statistic
{
	STATISTIC_CALLS,
	STATISTIC_ACTIVE,
	STATISTIC_ANSWERED_FIRST,
	STATISTIC_ANSWERED_LATER,
	STATISTIC_EXHAUSTED,
	STATISTIC_REJECTED,
	STATISTIC_CANCELLED,
	STATISTIC_ATTEMPTS,
	STATISTIC_REPLY_MATCHED,
	STATISTIC_TIMEOUT_INVITING,
	STATISTIC_TIMEOUT_PROVISIONAL,
	STATISTIC_SEND_FAILED,
	STATISTIC_REDIRECTED,
	STATISTIC_LATE_ANSWERS,
	STATISTIC_PLAN_REPLIES,
	STATISTIC_HOLDS,	   /* how often a next hop was held */
	STATISTIC_PASSED_OVER, /* destinations passed over because they were held */
	STATISTIC_COUNT
} statistic_t;

/** Declare the counters. To be called before the processes are forked.
 * @param held returns how many next hops are held now
 * @return 0, or -1 with the reason logged */
int statistics_init(int (*held)(void));

/** Count one more. */
void statistics_add(statistic_t statistic);

/** Count one less, for what comes and goes. */
void statistics_take(statistic_t statistic);

/** Go through all of them.
 * @param i from 0 on
 * @param name,value what all processes have counted
 * @return false after the last one */
bool statistics_read(int i, const char **name, long *value);

#endif
