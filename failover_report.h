/* SPDX-License-Identifier: GPL-2.0-or-later */
/* failover_report: what is wrong with a dial plan, for the log and for whoever
 * asked for the load: all of it is logged, the first of it kept. */
#ifndef FAILOVER_REPORT_H
#define FAILOVER_REPORT_H

#include <time.h>

#include "diagnostics.h"

/* What a load that failed has found. */
typedef struct failure
{
	time_t at; /* 0: none has failed */
	int errors;
	char text[2048]; /* the first of them, a line for each */
} failure_t;

typedef struct report
{
	diagnostics_t diagnostics; /* what is found in the text goes here */
	diagnostics_t log;
	const char *source;
	failure_t *failure;
} report_t;

/** Begin a report.
 * @param source where the text stands; must outlive the report, like failure
 * @param failure emptied; gets what is found */
void report_init(report_t *report, const char *source, failure_t *failure);

/** Report what is wrong, but not at a place in the text. */
void report_fault(report_t *report, const char *text);

#endif
