/* SPDX-License-Identifier: GPL-2.0-or-later */
/* listing: shows the diagnostics of a text as compilers do: FILE:LINE:COLUMN, the
 * line, and a caret below the column. Or as JSON. */
#ifndef FAILOVER_CTL_LISTING_H
#define FAILOVER_CTL_LISTING_H

#include <jansson.h>
#include <stdio.h>

#include "text/findings.h"

typedef struct listing
{
	diagnostics_t diagnostics; /* for whoever reads the text */
	const char *name;		   /* of the text */
	str text;
	findings_t findings;
	finding_t **sorted; /* count of them, once they are */
	int count;
	bool are_warnings_pending; /* they are looked for in a text without errors */
} listing_t;

/** Begin a listing.
 * @param listing must stay where it is
 * @param name of the text, for a person; must outlive the listing
 * @param arena holds what is reported */
void listing_init(
		listing_t *listing, const char *name, const str *text, arena_t *arena);

/** Sort what was reported by line and column.
 * @return 0, or -1 if some of it is missing, without memory */
int listing_sort(listing_t *listing);

/** Show what was sorted, and how much it is. */
void listing_show(const listing_t *listing, FILE *out, bool is_coloured);

/** "0 errors, 1 warning", or that errors come first */
void listing_summary(const listing_t *listing, FILE *out);

/** Put what was sorted into a JSON object: errors, warnings, diagnostics. */
void listing_json(const listing_t *listing, json_t *object);

#endif
