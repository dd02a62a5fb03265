/* SPDX-License-Identifier: GPL-2.0-or-later */
/* report: the errors of one load of a dial plan, in the order of the text. All of
 * them are logged. The first ones are kept for the administrator who asked for the
 * load. */
#ifndef FAILOVER_SERVER_REPORT_H
#define FAILOVER_SERVER_REPORT_H

#include <time.h>

#include "text/findings.h"

/* A path is cut to so many bytes in what is kept: the place in the file and the
 * error must fit into the fault of an RPC as well. */
#define FAILURE_SOURCE_BYTES_MAX 64

/* Why a load failed. */
typedef struct failure
{
	time_t at; /* 0: no load has failed */
	int errors;
	bool lacks_memory; /* then nothing is known about the text */
	int kept;
	char text[2048]; /* the first errors, `kept` of them, one a line */
} failure_t;

typedef struct report
{
	diagnostics_t diagnostics; /* for whoever reads the text */
	diagnostics_t log;
	const char *source;
	char shown_source[FAILURE_SOURCE_BYTES_MAX + 1];
	findings_t findings; /* not yet logged */
	failure_t *failure;
} report_t;

/** Begin a report.
 * @param report must stay where it is
 * @param source where the text stands; must outlive the report
 * @param failure emptied, then filled; must outlive the report
 * @return 0, or -1 without memory, which is reported */
int report_begin(report_t *report, const char *source, failure_t *failure);

/** Report an error that has no place in the text.
 * @param format printf's, the text behind the source */
void report_fault(report_t *report, const char *format, ...)
		__attribute__((format(printf, 2, 3)));

/** Report that there is no private memory. Other errors are dropped: they may be a
 * consequence of it. */
void report_no_memory(report_t *report);

/** End a report: log and keep the errors. */
void report_end(report_t *report);

#endif
