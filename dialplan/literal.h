/* SPDX-License-Identifier: GPL-2.0-or-later */
/* literal: finds texts without which a regular expression cannot match. A search
 * looks for them first, so that most expressions need not be tried at all.
 *
 * Reading is careful: an expression that is not fully understood has no literal. A
 * literal that is found never means that the expression matches. */
#ifndef FAILOVER_DIALPLAN_LITERAL_H
#define FAILOVER_DIALPLAN_LITERAL_H

#include <stdbool.h>

#include "text/arena.h"

/* how many alternatives a requirement may have, (100|200|...), before it is too
 * many to be of use */
#define LITERAL_ALTERNATIVES_MAX 32

/* of a longer text there are several requirements */
#define LITERAL_BYTES_MAX 64

typedef struct literal
{
	str text;		  /* at least one character, without escapes */
	bool is_anchored; /* stands at the very beginning of what is searched */
} literal_t;

/* One of these texts is in whatever the expression matches. */
typedef struct requirement
{
	struct requirement *next;
	literal_t *literals;
	int n_literals;
} requirement_t;

/** What an expression cannot match without: every requirement holds for every
 * text that it matches.
 * @param regex a valid PCRE2 expression, without a leading ! of ours
 * @param arena holds the requirements
 * @param requirements set to a list; NULL: nothing is certain
 * @return 0, or -1 without memory */
int literal_requirements(
		const str *regex, arena_t *arena, requirement_t **requirements);

#endif
