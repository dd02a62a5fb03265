/* SPDX-License-Identifier: GPL-2.0-or-later */
/* literal: finds the texts that every match of a regular expression contains. A search
 * looks for them first, so that it need not try most of the expressions.
 *
 * An expression that is not fully understood has no literal. If a literal is found in a
 * text, the expression may still not match. */
#ifndef FAILOVER_DIALPLAN_LITERAL_H
#define FAILOVER_DIALPLAN_LITERAL_H

#include <stdbool.h>

#include "text/arena.h"

/* a requirement with more alternatives than these, (100|200|...), is of no use */
#define LITERAL_ALTERNATIVES_MAX 32

/* a longer text becomes several requirements */
#define LITERAL_BYTES_MAX 64

typedef struct literal
{
	str text;		  /* at least one character, without escapes */
	bool is_anchored; /* it stands at the beginning of the searched text */
} literal_t;

/* Every text that the expression matches contains one of these. */
typedef struct requirement
{
	struct requirement *next;
	literal_t *literals;
	int n_literals;
} requirement_t;

/** Find the requirements of an expression. Each of them holds for every text that the
 * expression matches.
 * @param regex a valid PCRE2 expression, without a leading ! of ours
 * @param arena holds the requirements
 * @param requirements set to a list; NULL: nothing is certain
 * @return 0, or -1 without memory */
int literal_requirements(
		const str *regex, arena_t *arena, requirement_t **requirements);

#endif
