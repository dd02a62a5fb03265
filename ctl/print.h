/* SPDX-License-Identifier: GPL-2.0-or-later */
/* print: shows a foreign text on a terminal. It shows control characters, bytes that
 * are no UTF-8, and characters that change the direction of writing as escapes, so that
 * they have no effect. It does not know what the text means. */
#ifndef FAILOVER_CTL_PRINT_H
#define FAILOVER_CTL_PRINT_H

#include <stdbool.h>
#include <stdio.h>

#include "text/text.h"

/* A character as it is shown. */
typedef struct glyph
{
	char shown[16];
	int len;   /* of shown */
	int bytes; /* length of this character in the text */
	int width; /* in columns; 0 for a tab, as its width depends on its place */
	bool is_tab;
	bool is_escape; /* it is shown as an escape */
} glyph_t;

/** Set the locale so that the widths of characters are known, in any language. */
void print_init(void);

/** Read the character at the beginning of a text, which is not empty. */
glyph_t glyph_of(const char *s, int len);

/** Print a text of one line. */
void print_text(FILE *out, const str *text);
void print_string(FILE *out, const char *text);

/** How many columns a text of one line takes on a terminal; a tab takes none. */
int print_columns(const char *text);

/** How a command line asks for colour. */
typedef enum colour
{
	COLOUR_AUTO, /* on a terminal, unless NO_COLOR is set */
	COLOUR_ALWAYS,
	COLOUR_NEVER,
} colour_t;

bool is_coloured(colour_t colour, FILE *out);

#endif
