/* SPDX-License-Identifier: GPL-2.0-or-later */
/* report: what is wrong with a dial plan, for the log and for whoever
 * asked for the load: all of it is logged, the first of it kept, in the order of
 * the text. */
#ifndef FAILOVER_SERVER_REPORT_H
#define FAILOVER_SERVER_REPORT_H

#include <time.h>

#include "text/findings.h"

/* Of a path so much is shown in what is kept: the place in the file and what is
 * wrong there must fit into the fault of an RPC as well. */
#define FAILURE_SOURCE_BYTES_MAX 64

/* What a load that failed has found. */
typedef struct failure
{
	time_t at; /* 0: none has failed */
	int errors;
	bool lacks_memory; /* it says nothing about the text */
	int kept;
	char text[2048]; /* so many of them, from the first on, a line for each */
} failure_t;

typedef struct report
{
	diagnostics_t diagnostics; /* what is found in the text goes here */
	diagnostics_t log;
	const char *source;
	char shown_source[FAILURE_SOURCE_BYTES_MAX + 1];
	findings_t findings; /* not yet logged */
	failure_t *failure;
} report_t;

/** Begin a report.
 * @param report must stay where it is
 * @param source where the text stands; must outlive the report, like failure
 * @param failure emptied; gets what is found
 * @return 0, or -1 without memory, which is reported */
int report_begin(report_t *report, const char *source, failure_t *failure);

/** Report what is wrong, but not at a place in the text.
 * @param format printf's, what stands behind the source */
void report_fault(report_t *report, const char *format, ...)
		__attribute__((format(printf, 2, 3)));

/** Report that there is no private memory. What was found in the text is
 * dropped, as it may come of that. */
void report_no_memory(report_t *report);

/** End a report: what was found is logged and kept. */
void report_end(report_t *report);

#endif
