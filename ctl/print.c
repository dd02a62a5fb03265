/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* wcwidth */
#endif
#include "ctl/print.h"

#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <wchar.h>

#include "text/utf8.h"

static bool has_widths;

void print_init(void)
{
	has_widths = setlocale(LC_CTYPE, "C.UTF-8") != NULL;
}

/* -- UTF-8 -------------------------------------------------------------- */

/* Characters that change the direction of writing, and so the look of a line:
 * https://www.unicode.org/reports/tr36/ 2.8 */
static bool is_turning(long code)
{
	return code == 0x061c || (code >= 0x200e && code <= 0x200f)
		   || (code >= 0x2028 && code <= 0x202e)
		   || (code >= 0x2066 && code <= 0x2069) || code == 0xfeff;
}

static int width_of(long code)
{
	return code < 0x80 || !has_widths ? 1 : wcwidth((wchar_t)code);
}

static glyph_t escape(const char *format, long value, int bytes)
{
	glyph_t glyph = {.bytes = bytes, .is_escape = true};

	glyph.len = snprintf(glyph.shown, sizeof(glyph.shown), format, value);
	glyph.width = glyph.len;
	return glyph;
}

glyph_t glyph_of(const char *s, int len)
{
	glyph_t glyph = {.len = 1};
	long code = utf8_decode(s, len, &glyph.bytes);
	int width;

	if(code < 0)
		return escape("\\x%02lx", (unsigned char)s[0], 1);
	if(code == '\t') {
		glyph.is_tab = true;
		glyph.shown[0] = '\t';
		return glyph;
	}
	if(code < 0x20 || code == 0x7f)
		return escape("\\x%02lx", code, 1);
	width = width_of(code);
	if(is_turning(code) || width < 0 || (code >= 0x80 && code < 0xa0))
		return escape("<U+%04lX>", code, glyph.bytes);
	memcpy(glyph.shown, s, glyph.bytes);
	glyph.len = glyph.bytes;
	glyph.width = width;
	return glyph;
}

void print_text(FILE *out, const str *text)
{
	int i = 0;

	while(i < text->len) {
		glyph_t glyph = glyph_of(text->s + i, text->len - i);

		fwrite(glyph.shown, 1, glyph.len, out);
		i += glyph.bytes;
	}
}

void print_string(FILE *out, const char *text)
{
	str whole = str_of(text);

	print_text(out, &whole);
}

int print_columns(const char *text)
{
	int len = (int)strlen(text);
	int columns = 0;
	int i = 0;

	while(i < len) {
		glyph_t glyph = glyph_of(text + i, len - i);

		columns += glyph.width;
		i += glyph.bytes;
	}
	return columns;
}

bool is_coloured(colour_t colour, FILE *out)
{
	const char *no_color = getenv("NO_COLOR"); /* https://no-color.org */
	const char *term = getenv("TERM");

	if(colour != COLOUR_AUTO)
		return colour == COLOUR_ALWAYS;
	return (no_color == NULL || no_color[0] == '\0') && term != NULL
		   && strcmp(term, "dumb") != 0 && isatty(fileno(out));
}
