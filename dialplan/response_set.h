/* SPDX-License-Identifier: GPL-2.0-or-later */
/* response_set: the negative final replies that lead to the next destination. A
 * pattern is compiled once into the set of codes that it matches. So a reply costs
 * one bit test, and no regular expression runs when it comes in. */
#ifndef FAILOVER_DIALPLAN_RESPONSE_SET_H
#define FAILOVER_DIALPLAN_RESPONSE_SET_H

#include <stdbool.h>

#include "text/diagnostics.h"

#define RESPONSE_CODE_MIN 300
#define RESPONSE_CODE_MAX 699
#define RESPONSE_CODES (RESPONSE_CODE_MAX - RESPONSE_CODE_MIN + 1)

typedef struct response_set
{
	unsigned char bits[RESPONSE_CODES / 8];
} response_set_t;

/** Make the set for the case that no pattern is written: every code except the
 * challenges 401 and 407, which only the caller can answer (RFC 3261 section 22). */
void response_set_default(response_set_t *set);

/** Compile a pattern.
 * @param text PCRE2, searched (not anchored) in the three digits of a code; a
 *             leading ! negates. Trimmed, not empty.
 * @param set filled on success
 * @return 0, or -1 with one error reported at the offending character */
int response_set_compile(const fragment_t *text, response_set_t *set,
		diagnostics_t *diagnostics);

/** Does a reply with this code lead on? False for any code outside 300..699. */
bool response_set_has(const response_set_t *set, int code);

/** Does it have no code at all? */
bool response_set_is_empty(const response_set_t *set);

/** What an author most likely meant who wrote a pattern, or a part of one, that
 * matches no code; static text. */
const char *response_set_advice(const str *text);

#endif
