/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ascii: kinds of characters, the same in any locale (RFC 5234 appendix B.1).
 * <ctype.h> cannot be used: its functions depend on the locale, and they do not
 * take a negative char. */
#ifndef FAILOVER_TEXT_ASCII_H
#define FAILOVER_TEXT_ASCII_H

#include <stdbool.h>
#include <string.h>

/** DIGIT. */
static inline bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/** ALPHA. */
static inline bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/** WSP: a blank or a tab. */
static inline bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/** A character of LWSP: a blank, a tab, or one of the end of a line. */
static inline bool is_space(char c)
{
	return is_blank(c) || c == '\r' || c == '\n';
}

/** Is it one of the characters of a string? NUL never is. */
static inline bool is_one_of(char c, const char *characters)
{
	return c != '\0' && strchr(characters, c) != NULL;
}

/** A letter in lower case; any other character as it is. */
static inline char to_lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/** The value of a digit of base 16 in either case; -1 for another character. */
static inline int hex_value(char c)
{
	if(is_digit(c))
		return c - '0';
	c = to_lower(c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

#endif
