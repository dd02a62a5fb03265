/* SPDX-License-Identifier: GPL-2.0-or-later */
/* findings: what was reported of a text, kept until it can be put into the order
 * of the text: what lines say to each other turns out late. */
#ifndef FAILOVER_TEXT_FINDINGS_H
#define FAILOVER_TEXT_FINDINGS_H

#include "text/arena.h"
#include "text/diagnostics.h"

typedef struct finding
{
	struct finding *next;
	diagnostic_t diagnostic; /* its text is a copy */
	int number;				 /* in the order of reporting */
} finding_t;

typedef struct findings
{
	arena_t *arena;
	finding_t *first, **last;
	int count;
} findings_t;

/** Begin without any.
 * @param findings must stay where it is
 * @param arena holds what is found */
void findings_init(findings_t *findings, arena_t *arena);

/** Keep what was reported. Without memory it is lost, and findings_sort() fails. */
void findings_add(findings_t *findings, const diagnostic_t *diagnostic);

/** Sort them by line and column; at the same place as they were reported.
 * @return findings->count of them, in the arena; NULL if some are missing, without
 *         memory */
finding_t **findings_sort(const findings_t *findings);

#endif
