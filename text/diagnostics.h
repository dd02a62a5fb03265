/* SPDX-License-Identifier: GPL-2.0-or-later */
/* diagnostics: what is wrong with a text, and where. Whoever reads a text reports
 * here. The caller decides what it becomes: a line of the log (server/log.h), the
 * result of a load (server/report.h), a line with a caret (ctl/listing.h). The last
 * two need the order of the text, and text/findings.h sorts for both. */
#ifndef FAILOVER_TEXT_DIAGNOSTICS_H
#define FAILOVER_TEXT_DIAGNOSTICS_H

#include "text/fragment.h"
#include "text/utf8.h"

typedef enum severity
{
	SEVERITY_ERROR,
	SEVERITY_WARNING,
	SEVERITY_REFUSAL, /* a value of the request may not stand in its place; this
					   * is the sender's fault and not the author's */
} severity_t;

typedef struct diagnostic
{
	severity_t severity;
	int line;		  /* from 1 */
	int column;		  /* from 1, in bytes */
	const char *text; /* what is wrong, and what would be right, on one line of
					   * UTF-8; valid during the call of emit only */
	const char *name; /* the name of a warning; NULL: it has none */
} diagnostic_t;

typedef struct diagnostics
{
	/* Called for each diagnostic, in the order of the text. What is wrong between
	 * lines comes after all of them; findings.h sorts it. May be NULL. */
	void (*emit)(void *context, const diagnostic_t *diagnostic);
	void *context;
	int errors; /* how many so far; refusals are counted too */
	int warnings;
	const char *
			warning_name; /* the name of the warnings that follow; NULL: none */
} diagnostics_t;

/* A long value is cut after so many bytes: the message about it must fit too. */
#define DIAGNOSTIC_VALUE_BYTES 128

/** The text of a fragment for a message, to be printed with "%.*s". */
#define SHOWN(fragment)                                                        \
	utf8_cut(                                                                  \
			(fragment)->text.s, (fragment)->text.len, DIAGNOSTIC_VALUE_BYTES), \
			(fragment)->text.s

/** The name of a severity in listings and logs: error, warning or refusal. */
const char *severity_name(severity_t severity);

/** Report an error at the beginning of a fragment.
 * @param where the piece of text that is wrong
 * @param format printf's, lower case, the value in [brackets] by SHOWN()
 * @return -1, so that a caller can write: return diagnostics_error(...) */
int diagnostics_error(diagnostics_t *diagnostics, const fragment_t *where,
		const char *format, ...) __attribute__((format(printf, 3, 4)));

/** Report that a value of the request is refused. As diagnostics_error(). */
int diagnostics_refusal(diagnostics_t *diagnostics, const fragment_t *where,
		const char *format, ...) __attribute__((format(printf, 3, 4)));

/** Report what is allowed but most likely a mistake. */
void diagnostics_warning(diagnostics_t *diagnostics, const fragment_t *where,
		const char *format, ...) __attribute__((format(printf, 3, 4)));

#endif
