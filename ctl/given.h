/* SPDX-License-Identifier: GPL-2.0-or-later */
/* given: the known values of a request, by the left-hand side of a condition. */
#ifndef FAILOVER_CTL_GIVEN_H
#define FAILOVER_CTL_GIVEN_H

#include "ctl/reason.h"
#include "dialplan/subject.h"
#include "text/text_map.h"

typedef struct given
{
	arena_t *arena;
	text_map_t values; /* by subject_key(): a list of them */
} given_t;

/** Begin without values.
 * @param arena holds the list; the texts are not copied */
void given_init(given_t *given, arena_t *arena);

/** Find the values of a subject.
 * @param values set to them, in the order in which they were added
 * @return their number; 0: nothing is known */
int given_values(
		const given_t *given, const subject_t *subject, const str **values);

/** Find the first value of a subject; NULL: nothing is known. */
const str *given_first(const given_t *given, subject_t subject);

/** The same, for a kind of subject that has no name. */
const str *given_first_of_kind(const given_t *given, subject_kind_t kind);

/** Add a value of a subject. Only a header may have several.
 * @return 0, or -1 with why filled */
int given_add(given_t *given, const subject_t *subject, const str *value,
		reason_t *why);

/** The same, for a kind of subject that has no name. */
int given_add_of_kind(
		given_t *given, subject_kind_t kind, const str *value, reason_t *why);

#endif
