/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pattern: a regular expression as an author writes it: PCRE2, searched (not
 * anchored), a leading ! negates. It is compiled once and then only read, so
 * that all processes share it in shared memory; what a search writes to is a
 * searcher's, of which each process has its own. There is no JIT code: that
 * would be a copy for each process at each load.
 *
 * A search is limited in steps, depth, memory and the length of the text, all
 * its starting points together, so that no expression can hold a worker. */
#ifndef FAILOVER_DIALPLAN_PATTERN_H
#define FAILOVER_DIALPLAN_PATTERN_H

#include <stdbool.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "text/arena.h"
#include "text/diagnostics.h"

/* what is longer, or has more groups, is a slip, or built to be slow */
#define PATTERN_BYTES_MAX 1024
#define PATTERN_GROUPS_MAX 32

/* A longer text is searched by those patterns only that take a step for whatever
 * they go over, or can match nowhere but at its beginning: else a search from each
 * of its characters takes time with the square of the length. */
#define PATTERN_TEXT_BYTES_MAX 1024

/* for a search in what a request says: a few milliseconds at most */
#define PATTERN_STEPS_MAX 70000

typedef struct pattern
{
	pcre2_code *regex;
	str text; /* the expression without the ! */
	bool is_negated;
	bool is_anchored; /* can match at the beginning only */
	/* whether it matches at a place does not depend on where the search began */
	bool is_local;
	/* whatever of a text it goes over, it takes steps for */
	bool is_stepwise;
	int n_groups;
} pattern_t;

/* What a search writes to. */
typedef struct searcher
{
	pcre2_match_data *match;
	pcre2_match_context *limits;
	unsigned taken;	 /* steps of the last search; of one that took few, 0 */
	bool has_failed; /* it was without memory */
} searcher_t;

/** How patterns are compiled into an arena, once for all of them.
 * @param arena also holds the context
 * @return NULL without memory */
pcre2_compile_context *pattern_context_create(arena_t *arena);

/** Compile a pattern.
 * @param pattern filled on success
 * @param text trimmed, not empty, without marks; must outlive the pattern
 * @param example what would be right, for the error
 * @param context where the compiled code goes; NULL: malloc holds it, and it is
 *                for pattern_destroy()
 * @return 0, or -1 with one error reported at the offending character */
int pattern_compile(pattern_t *pattern, const fragment_t *text,
		const char *example, pcre2_compile_context *context,
		diagnostics_t *diagnostics);

/** Release what a pattern compiled without a context holds. */
void pattern_destroy(pattern_t *pattern);

/** Make a searcher, by malloc, for searcher_destroy().
 * @return 0, or -1 without memory */
int searcher_init(searcher_t *searcher);

void searcher_destroy(searcher_t *searcher);

/** Does a text match?
 * @param steps_max of the whole search, for a short text: beyond that many it is
 *                  given up. Of a longer text a step takes longer, and so fewer
 *                  are taken.
 * @return 1 yes, 0 no; -1 when the search ran into a limit, or without memory,
 *         whether negated or not */
int pattern_match(const pattern_t *pattern, searcher_t *searcher,
		const str *text, unsigned steps_max);

/** The groups of the last match.
 * @param text that was searched; the groups point into it
 * @param groups room for pattern->n_groups; one that took no part is empty */
void pattern_groups(const pattern_t *pattern, const searcher_t *searcher,
		const str *text, str *groups);

#endif
