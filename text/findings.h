/* SPDX-License-Identifier: GPL-2.0-or-later */
/* findings: collects diagnostics and sorts them into the order of the text. What is
 * wrong between two lines is found only after both were read. */
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

/** Begin an empty collection.
 * @param findings must stay where it is
 * @param arena holds the diagnostics */
void findings_init(findings_t *findings, arena_t *arena);

/** Add a copy of a diagnostic. Without memory it is lost, and findings_sort() fails. */
void findings_add(findings_t *findings, const diagnostic_t *diagnostic);

/** Sort by line and column; those at one place stay in the order of reporting.
 * @return findings->count of them, in the arena; NULL if there was no memory, now
 *         or for one that was to be added */
finding_t **findings_sort(const findings_t *findings);

#endif
