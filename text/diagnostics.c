/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "text/diagnostics.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "text/lookalike.h"

/* the longest message, which quotes a word of the text; a longer word is cut, as the
 * position shows the place */
#define DIAGNOSTIC_BYTES 512

/* the same when some of its characters are shown as escapes */
#define SHOWN_BYTES (DIAGNOSTIC_BYTES + 256)

const char *severity_name(severity_t severity)
{
	static const char *const names[] = {
			[SEVERITY_ERROR] = "error",
			[SEVERITY_WARNING] = "warning",
			[SEVERITY_REFUSAL] = "refusal",
	};

	return names[severity];
}

/* Write the bytes of an invisible character as escapes.
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

/* A message can quote anything that a peer or an author typed, and it goes to
 * terminals, logs and replies, which are UTF-8. So control characters, invalid bytes
 * and invisible characters are shown as escapes. */
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
