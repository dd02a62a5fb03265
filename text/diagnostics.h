/* SPDX-License-Identifier: GPL-2.0-or-later */
/* diagnostics: what is wrong with a text, and where. The rooms that read text
 * report here; who called them decides what becomes of it: a log line, an RPC
 * fault, a line with a caret on a terminal. */
#ifndef FAILOVER_TEXT_DIAGNOSTICS_H
#define FAILOVER_TEXT_DIAGNOSTICS_H

#include "text/fragment.h"
#include "text/utf8.h"

typedef enum severity
{
	SEVERITY_ERROR,
	SEVERITY_WARNING,
	SEVERITY_REFUSAL, /* what came with a request may not stand where the author
					   * has put it: whoever sent it did that */
} severity_t;

typedef struct diagnostic
{
	severity_t severity;
	int line;		  /* from 1 */
	int column;		  /* from 1, in bytes */
	const char *text; /* what is wrong, and what would be right, on one line of
					   * UTF-8; valid during the call of emit only */
	const char *name; /* of a warning, what it is called; NULL: nothing */
} diagnostic_t;

typedef struct diagnostics
{
	/* called for each diagnostic, in the order of the text, but what lines say
	 * to each other comes at their end (findings puts that right); may be NULL */
	void (*emit)(void *context, const diagnostic_t *diagnostic);
	void *context;
	int errors; /* how many so far, refusals among them */
	int warnings;
	const char *warning_name; /* of those that follow; NULL: none */
} diagnostics_t;

/* Of a long value so much is shown: what is said about it must fit as well. */
#define DIAGNOSTIC_VALUE_BYTES 128

/** The text of a fragment for a message, to be printed with "%.*s". */
#define SHOWN(fragment)                                                        \
	utf8_cut(                                                                  \
			(fragment)->text.s, (fragment)->text.len, DIAGNOSTIC_VALUE_BYTES), \
			(fragment)->text.s

/** Report an error at the beginning of a fragment.
 * @param where the piece of text that is wrong
 * @param format printf's, lower case, the value in [brackets] by SHOWN()
 * @return -1, so that a caller can write: return diagnostics_error(...) */
int diagnostics_error(diagnostics_t *diagnostics, const fragment_t *where,
		const char *format, ...) __attribute__((format(printf, 3, 4)));

/** Report that what came with a request is refused. As diagnostics_error(). */
int diagnostics_refusal(diagnostics_t *diagnostics, const fragment_t *where,
		const char *format, ...) __attribute__((format(printf, 3, 4)));

/** Report what is legal but most likely not meant. */
void diagnostics_warning(diagnostics_t *diagnostics, const fragment_t *where,
		const char *format, ...) __attribute__((format(printf, 3, 4)));

#endif
