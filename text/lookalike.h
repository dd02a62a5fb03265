/* SPDX-License-Identifier: GPL-2.0-or-later */
/* lookalike: characters that look like one of ASCII or like a blank, but are
 * another one. Word processors and web pages put them into a text. */
#ifndef FAILOVER_TEXT_LOOKALIKE_H
#define FAILOVER_TEXT_LOOKALIKE_H

#include <stdbool.h>

typedef struct lookalike
{
	int len;		   /* of the character, in bytes; 0: it is no lookalike */
	const char *of;	   /* what it looks like, for a message */
	bool is_invisible; /* like a blank, or like nothing */
} lookalike_t;

/** What the character at the beginning of a text looks like.
 * @param len of the text, at least 1 */
lookalike_t lookalike_find(const char *s, int len);

#endif
