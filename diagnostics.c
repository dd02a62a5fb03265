/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "diagnostics.h"

#include <stdarg.h>
#include <stdio.h>

/* room for the longest message with a word of the text in it; a longer word
 * is cut, the position says the rest */
#define DIAGNOSTIC_BYTES 512

/* What a peer or an author typed goes to terminals and logs: no control
 * character may pass. */
static void printable(char *text)
{
	for(; *text != '\0'; text++) {
		if((unsigned char)*text < 0x20 || *text == 0x7f)
			*text = '?';
	}
}

static void report(diagnostics_t *diagnostics, severity_t severity,
		const fragment_t *where, const char *format, va_list arguments)
{
	char text[DIAGNOSTIC_BYTES];
	diagnostic_t diagnostic = {severity, where->line, where->column, text};

	if(diagnostics->emit == NULL)
		return;
	vsnprintf(text, sizeof(text), format, arguments);
	printable(text);
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
