/* SPDX-License-Identifier: GPL-2.0-or-later */
/* text: functions for the core's str that its str.h lacks. */
#ifndef FAILOVER_TEXT_TEXT_H
#define FAILOVER_TEXT_TEXT_H

#include <stdbool.h>
#include <string.h>

#include "../../core/str.h"

#include "text/ascii.h"

/** A string that ends with NUL; it is not copied. */
static inline str str_of(const char *text)
{
	str whole = {(char *)text, (int)strlen(text)};

	return whole;
}

/** Are two texts the same, byte by byte? */
static inline bool str_equal(const str *a, const str *b)
{
	return a->len == b->len && (a->len == 0 || memcmp(a->s, b->s, a->len) == 0);
}

/** Are two texts the same, in any case of letters? */
static inline bool str_equal_nocase(const str *a, const str *b)
{
	int i;

	if(a->len != b->len)
		return false;
	for(i = 0; i < a->len; i++) {
		if(to_lower(a->s[i]) != to_lower(b->s[i]))
			return false;
	}
	return true;
}

/** Does a text have one of these characters? */
static inline bool str_has_any(const str *text, const char *characters)
{
	int i;

	for(i = 0; i < text->len; i++) {
		if(is_one_of(text->s[i], characters))
			return true;
	}
	return false;
}

/** A text without the blanks and ends of lines round it; it is not copied. */
static inline str str_trim(str text)
{
	while(text.len > 0 && is_space(text.s[0])) {
		text.s++;
		text.len--;
	}
	while(text.len > 0 && is_space(text.s[text.len - 1]))
		text.len--;
	return text;
}

#endif
