/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pattern: a regular expression as an author writes it: PCRE2, searched (not
 * anchored), a leading ! negates. Its matching is limited in steps, depth and
 * memory, so that no expression can hold a worker. */
#ifndef FAILOVER_PATTERN_H
#define FAILOVER_PATTERN_H

#include <stdbool.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "diagnostics.h"

/* what is longer, or has more groups, is a slip, or built to be slow */
#define PATTERN_BYTES_MAX 1024
#define PATTERN_GROUPS_MAX 32

typedef struct pattern
{
	pcre2_code *regex;
	pcre2_match_data *match;
	pcre2_match_context *limits;
	bool is_negated;
} pattern_t;

/** Compile a pattern.
 * @param pattern filled, for pattern_destroy(), on success
 * @param text trimmed, not empty, without marks
 * @param steps_max of one search: beyond that many it is given up
 * @return 0, or -1 with one error reported at the offending character */
int pattern_compile(pattern_t *pattern, const fragment_t *text,
		unsigned steps_max, diagnostics_t *diagnostics);

/** Release what a pattern holds. */
void pattern_destroy(pattern_t *pattern);

/** Does a text match?
 * @return 1 yes, 0 no; -1 when the search ran into a limit, or without memory,
 *         whether negated or not */
int pattern_match(const pattern_t *pattern, const str *text);

#endif
