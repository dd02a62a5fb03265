/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../../core/sr_module.h"
#include "../../core/dprint.h"

#include "server/log.h"

#include <stdio.h>

static int (*level_source)(void);
log_format_t log_format = LOG_FORMAT_TEXT;

int log_attempt_level(void)
{
	return level_source != NULL ? level_source() : L_DBG;
}

void log_set_level_source(int (*level)(void))
{
	level_source = level;
}

/* what is longer is cut */
#define CALL_ID_BYTES_MAX 256

/* A line that is longer is written in pieces. */
#define LINE_BYTES_MAX 8192

void log_keep_lines_whole(void)
{
	static char
			line[LINE_BYTES_MAX]; /* each process has its own after fork() */

	setvbuf(stderr, line, _IOLBF, sizeof(line));
}

const char *log_call_id(const struct sip_msg *msg)
{
	static char text[CALL_ID_BYTES_MAX + 1];
	int len = 0;

	while(msg->callid != NULL && len < msg->callid->body.len
			&& len < CALL_ID_BYTES_MAX) {
		unsigned char c = (unsigned char)msg->callid->body.s[len];

		text[len++] = c < 0x20 || c == 0x7f ? '?' : (char)c;
	}
	text[len] = '\0';
	return text;
}

log_line_t *log_begin(const char *event, const struct sip_msg *msg)
{
	static log_line_t line;

	if(!is_printable(log_attempt_level()))
		return NULL;
	log_line_begin(&line, log_format);
	log_line_word(&line, "event", event);
	log_line_word(&line, "call_id", log_call_id(msg));
	return &line;
}

void log_send(log_line_t *line)
{
	if(line != NULL)
		LM_GEN1(log_attempt_level(), "%s\n", log_line_end(line).s);
}

static const char *severity_name(severity_t severity)
{
	return severity == SEVERITY_ERROR	  ? "error"
		   : severity == SEVERITY_WARNING ? "warning"
										  : "refused";
}

static int severity_level(severity_t severity)
{
	return severity == SEVERITY_ERROR	  ? L_ERR
		   : severity == SEVERITY_WARNING ? L_WARN
										  : log_attempt_level();
}

static void log_diagnostic(void *context, const diagnostic_t *diagnostic)
{
	const char *source = context;

	LM_GEN1(severity_level(diagnostic->severity), "%s:%d:%d: %s: %s\n", source,
			diagnostic->line, diagnostic->column,
			severity_name(diagnostic->severity), diagnostic->text);
}

diagnostics_t log_diagnostics(const char *source)
{
	return (diagnostics_t){.emit = log_diagnostic, .context = (void *)source};
}

static void log_unless_warning(void *context, const diagnostic_t *diagnostic)
{
	if(diagnostic->severity != SEVERITY_WARNING)
		log_diagnostic(context, diagnostic);
}

diagnostics_t log_error_diagnostics(const char *source)
{
	return (diagnostics_t){
			.emit = log_unless_warning, .context = (void *)source};
}

/* What the caller has brought about, and no author can correct. */
static void log_refusal(const call_log_t *log, const diagnostic_t *diagnostic)
{
	log_line_t *line = log_begin("refused", log->msg);

	if(line == NULL)
		return;
	log_line_word(line, "source", log->source);
	log_line_number(line, "line", diagnostic->line);
	log_line_number(line, "column", diagnostic->column);
	log_line_word(line, "why", diagnostic->text);
	log_send(line);
}

static void log_in_call(void *context, const diagnostic_t *diagnostic)
{
	const call_log_t *log = context;

	if(diagnostic->severity == SEVERITY_REFUSAL) {
		log_refusal(log, diagnostic);
		return;
	}
	LM_GEN1(severity_level(diagnostic->severity),
			"%s:%d:%d: %s: %s, Call-ID [%s]\n", log->source, diagnostic->line,
			diagnostic->column, severity_name(diagnostic->severity),
			diagnostic->text, log_call_id(log->msg));
}

diagnostics_t log_call_diagnostics(const call_log_t *log)
{
	return (diagnostics_t){.emit = log_in_call, .context = (void *)log};
}
