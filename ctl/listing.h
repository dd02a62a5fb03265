/* SPDX-License-Identifier: GPL-2.0-or-later */
/* listing: what is wrong with a text, collected, sorted, and shown as compilers
 * do: FILE:LINE:COLUMN, the line, and a caret below the column. */
#ifndef FAILOVER_CTL_LISTING_H
#define FAILOVER_CTL_LISTING_H

#include <jansson.h>
#include <stdio.h>

#include "text/findings.h"

typedef struct report
{
	diagnostics_t diagnostics; /* to be handed to whoever reports */
	const char *name;		   /* of the text */
	str text;
	findings_t findings;
	finding_t **sorted; /* count of them, once they are */
	int count;
	bool are_warnings_pending; /* they are looked for in a text without errors */
} report_t;

/** Begin a report.
 * @param report must stay where it is
 * @param name of the text, for a person; must outlive the report
 * @param arena holds what is reported */
void report_init(
		report_t *report, const char *name, const str *text, arena_t *arena);

/** Sort what was reported by line and column.
 * @return 0, or -1 if some of it is missing, without memory */
int report_sort(report_t *report);

/** Show what was sorted, and how much it is. */
void report_show(const report_t *report, FILE *out, bool is_coloured);

/** "0 errors, 1 warning", or that errors come first */
void report_summary(const report_t *report, FILE *out);

/** Put what was sorted into a JSON object: errors, warnings, diagnostics. */
void report_json(const report_t *report, json_t *object);

#endif
