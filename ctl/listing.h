/* SPDX-License-Identifier: GPL-2.0-or-later */
/* listing: shows the diagnostics of a text in the form that compilers use:
 * FILE:LINE:COLUMN, the line, and a caret below the column. It can also show them as
 * JSON. */
#ifndef FAILOVER_CTL_LISTING_H
#define FAILOVER_CTL_LISTING_H

#include <jansson.h>
#include <stdio.h>

#include "text/findings.h"

typedef struct listing
{
	diagnostics_t diagnostics; /* for the reader of the text */
	const char *name;		   /* of the text */
	str text;
	findings_t findings;
	finding_t **sorted; /* `count` of them, after listing_sort() */
	int count;
	bool are_warnings_pending; /* warnings are only looked for in a text without errors */
} listing_t;

/** Begin a listing.
 * @param listing must stay where it is
 * @param name the name of the text, for messages; must outlive the listing
 * @param arena holds the diagnostics */
void listing_init(
		listing_t *listing, const char *name, const str *text, arena_t *arena);

/** Sort the diagnostics by line and column.
 * @return 0, or -1 if memory was missing for one of them */
int listing_sort(listing_t *listing);

/** Print the sorted diagnostics and their number. */
void listing_show(const listing_t *listing, FILE *out, bool is_coloured);

/** Print "0 errors, 1 warning", or a note that warnings are shown once there are no
 * errors. */
void listing_summary(const listing_t *listing, FILE *out);

/** Add the sorted diagnostics to a JSON object: errors, warnings, diagnostics. */
void listing_json(const listing_t *listing, json_t *object);

#endif
