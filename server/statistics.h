/* SPDX-License-Identifier: GPL-2.0-or-later */
/* statistics: the counters of group `failover`, one table (statistics.c) that they
 * are declared from, and that the test of the manual reads. */
#ifndef FAILOVER_SERVER_STATISTICS_H
#define FAILOVER_SERVER_STATISTICS_H

typedef enum statistic
{
	STATISTIC_HOLDS,	   /* next hops that were held */
	STATISTIC_PASSED_OVER, /* destinations that a call has passed over for it */
	STATISTIC_COUNT
} statistic_t;

/** Declare the counters, before processes are made.
 * @param held how many next hops are held now
 * @return 0, or -1 with the reason logged */
int statistics_init(int (*held)(void));

void statistics_add(statistic_t statistic);

#endif
