/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pattern: a regular expression as an author writes it: PCRE2, searched (not
 * anchored), a leading ! negates. Its matching is limited in steps, depth and
 * memory, so that no expression can hold a worker. */
#ifndef FAILOVER_PATTERN_H
#define FAILOVER_PATTERN_H

#include <stdbool.h>

#include "diagnostics.h"

/* longer ones are slips */
#define PATTERN_BYTES_MAX 1024

typedef struct pattern pattern_t;

/** Compile a pattern.
 * @param text trimmed, not empty, without marks
 * @return for pattern_destroy(); NULL with one error reported at the offending
 *         character */
pattern_t *pattern_compile(
		const fragment_t *text, diagnostics_t *diagnostics);

/** Release a pattern; NULL is allowed. */
void pattern_destroy(pattern_t *pattern);

/** Does a text match?
 * @return 1 yes, 0 no; -1 when the search ran into a limit, or without memory,
 *         whether negated or not */
int pattern_match(const pattern_t *pattern, const str *text);

#endif
