/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pattern: a regular expression as an author writes it: PCRE2, searched (not anchored),
 * a leading ! negates it. It is compiled once and then only read, so all processes
 * share it. A search writes only to a searcher, and each process has its own. JIT is
 * not used: each process would have to compile its own copy at each load.
 *
 * A search has limits for its steps, its depth, its memory and the length of the text.
 * They hold for all its starting points together. So no expression can block a worker. */
#ifndef FAILOVER_DIALPLAN_PATTERN_H
#define FAILOVER_DIALPLAN_PATTERN_H

#include <stdbool.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "text/arena.h"
#include "text/diagnostics.h"

/* an expression that is longer, or has more groups, is a mistake or an attack */
#define PATTERN_BYTES_MAX 1024
#define PATTERN_GROUPS_MAX 32

/* Only some patterns may search a longer text: those that count a step for every
 * character they pass, and those that can only match at the beginning. With any other
 * pattern the time would grow with the square of the length, as a search starts at
 * each character. */
#define PATTERN_TEXT_BYTES_MAX 1024

/* for a search in a value of a request: a few milliseconds at most */
#define PATTERN_STEPS_MAX 70000

typedef struct pattern
{
	pcre2_code *regex;
	str text; /* the expression without the ! */
	bool is_negated;
	bool is_anchored; /* it can match only at the beginning */
	/* a match at a place does not depend on where the search began */
	bool is_local;
	/* it counts a step for every character that it passes */
	bool is_stepwise;
	int n_groups;
} pattern_t;

/* The memory that a search writes to. */
typedef struct searcher
{
	pcre2_match_data *match;
	pcre2_match_context *limits;
	unsigned taken;	 /* steps of the last search; 0 if it took few */
	bool has_failed; /* memory was missing */
} searcher_t;

/** Make a PCRE2 context that compiles patterns into an arena. One is enough for all.
 * @param arena also holds the context
 * @return NULL without memory */
pcre2_compile_context *pattern_context_create(arena_t *arena);

/** Compile a pattern.
 * @param pattern filled on success
 * @param text trimmed, not empty, without marks; must outlive the pattern
 * @param example what would be right, for the error
 * @param context where the compiled code is stored; NULL: malloc holds it, and the caller
 * releases it with pattern_destroy()
 * @return 0, or -1 with one error reported at the offending character */
int pattern_compile(pattern_t *pattern, const fragment_t *text,
		const char *example, pcre2_compile_context *context,
		diagnostics_t *diagnostics);

/** Release a pattern that was compiled without a context. */
void pattern_destroy(pattern_t *pattern);

/** Make a searcher, by malloc, for searcher_destroy().
 * @return 0, or -1 without memory */
int searcher_init(searcher_t *searcher);

void searcher_destroy(searcher_t *searcher);

/** Does a text match?
 * @param steps_max the search gives up after so many steps. That is for a short
 *                  text; in a longer one a step costs more, so fewer are allowed
 * @return 1 yes, 0 no; -1 if the search reached a limit, or without memory. A
 *         negation is not applied */
int pattern_match(const pattern_t *pattern, searcher_t *searcher,
		const str *text, unsigned steps_max);

/** The groups of the last match.
 * @param text that was searched; the groups point into it
 * @param groups room for pattern->n_groups; a group that took no part is empty */
void pattern_groups(const pattern_t *pattern, const searcher_t *searcher,
		const str *text, str *groups);

#endif
