/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "text/diagnostics.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "text/lookalike.h"

/* room for the longest message with a word of the text in it; a longer word
 * is cut, the position says the rest */
#define DIAGNOSTIC_BYTES 512

/* room for it when some characters of it are shown as escapes */
#define SHOWN_BYTES (DIAGNOSTIC_BYTES + 256)

/* The bytes of a character that nobody would see.
 * @return how many characters were written */
static int show_bytes(char *out, const char *s, int len)
{
	static const char digits[] = "0123456789abcdef";
	int i;

	for(i = 0; i < len; i++) {
		*out++ = '\\';
		*out++ = 'x';
		*out++ = digits[(unsigned char)s[i] >> 4];
		*out++ = digits[(unsigned char)s[i] & 15];
	}
	return 4 * len;
}

static bool is_control(long code)
{
	return code < 0x20 || (code >= 0x7f && code < 0xa0);
}

/* What a peer or an author typed goes to terminals, logs, and replies that are
 * UTF-8: no control character may pass, nor what is no character at all, and
 * what looks like a blank but is none is shown as what it is. */
static void printable(const char *text, int len, char *shown)
{
	const char *last = shown + SHOWN_BYTES - 16;
	int bytes;

	for(; len > 0 && shown < last; text += bytes, len -= bytes) {
		long code = utf8_decode(text, len, &bytes);

		if(code < 0 || is_control(code)) {
			*shown++ = '?';
		} else if(lookalike_find(text, len).is_invisible) {
			shown += show_bytes(shown, text, bytes);
		} else {
			memcpy(shown, text, bytes);
			shown += bytes;
		}
	}
	*shown = '\0';
}

static void report(diagnostics_t *diagnostics, severity_t severity,
		const fragment_t *where, const char *format, va_list arguments)
{
	char text[DIAGNOSTIC_BYTES], shown[SHOWN_BYTES];
	diagnostic_t diagnostic = {
			severity, where->line, where->column, shown, NULL};
	int len;

	if(diagnostics->emit == NULL)
		return;
	len = vsnprintf(text, sizeof(text), format, arguments);
	if(len >= (int)sizeof(text))
		len = utf8_cut(text, sizeof(text) - 1, sizeof(text) - 5);
	printable(text, len, shown);
	if(severity == SEVERITY_WARNING)
		diagnostic.name = diagnostics->warning_name;
	diagnostics->emit(diagnostics->context, &diagnostic);
}

int diagnostics_error(diagnostics_t *diagnostics, const fragment_t *where,
		const char *format, ...)
{
	va_list arguments;

	diagnostics->errors++;
	va_start(arguments, format);
	report(diagnostics, SEVERITY_ERROR, where, format, arguments);
	va_end(arguments);
	return -1;
}

int diagnostics_refusal(diagnostics_t *diagnostics, const fragment_t *where,
		const char *format, ...)
{
	va_list arguments;

	diagnostics->errors++;
	va_start(arguments, format);
	report(diagnostics, SEVERITY_REFUSAL, where, format, arguments);
	va_end(arguments);
	return -1;
}

void diagnostics_warning(diagnostics_t *diagnostics, const fragment_t *where,
		const char *format, ...)
{
	va_list arguments;

	diagnostics->warnings++;
	va_start(arguments, format);
	report(diagnostics, SEVERITY_WARNING, where, format, arguments);
	va_end(arguments);
}
