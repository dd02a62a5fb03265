/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../../core/sr_module.h"
#include "../../core/action.h"
#include "../../core/dprint.h"
#include "../../core/hashes.h"
#include "../../core/mem/shm_mem.h"
#include "../../core/timer.h"

#include "server/log.h"

#include <stdio.h>
#include <string.h>

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

/* a longer Call-ID is cut */
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

/* the level of the line that is being written */
static int line_level;

static log_line_t *begin(
		int level, const char *event, const struct sip_msg *msg)
{
	static log_line_t line;

	if(!is_printable(level))
		return NULL;
	line_level = level;
	log_line_begin(&line, log_format);
	log_line_word(&line, "event", event);
	log_line_word(&line, "call_id", log_call_id(msg));
	return &line;
}

log_line_t *log_begin(const char *event, const struct sip_msg *msg)
{
	return begin(log_attempt_level(), event, msg);
}

void log_send(log_line_t *line)
{
	if(line != NULL)
		LM_GEN1(line_level, "%s\n", log_line_end(line).s);
}

/* -- lines that callers could fill the log with -------------------------- */

#define TOLD_SLOTS 256
#define TOLD_SECONDS 60

/* When a cause was last logged as a warning, and how many warnings were left out
 * since then. Two causes may share one entry. */
typedef struct told
{
	unsigned at; /* in seconds of the server's ticks, plus one; 0: never */
	unsigned left_out;
} told_t;

static int refused_level; /* of the last of these lines */

static told_t *tolds; /* TOLD_SLOTS of them, in shared memory */

int log_prepare(void)
{
	tolds = shm_malloc(TOLD_SLOTS * sizeof(*tolds));
	if(tolds == NULL)
		return -1;
	memset(tolds, 0, TOLD_SLOTS * sizeof(*tolds));
	return 0;
}

/* @param left_out set to how many lines were left out since the last one
 * @return whether this one may be told */
static bool may_tell(const char *source, int place, unsigned *left_out)
{
	unsigned now = get_ticks() + 1;
	unsigned hash = get_hash1_raw(source, (int)strlen(source));
	told_t *told = &tolds[(hash + (unsigned)place) % TOLD_SLOTS];
	unsigned at = __atomic_load_n(&told->at, __ATOMIC_RELAXED);

	if((at != 0 && now - at < TOLD_SECONDS)
			|| !__atomic_compare_exchange_n(&told->at, &at, now, false,
					__ATOMIC_RELAXED, __ATOMIC_RELAXED)) {
		__atomic_add_fetch(&told->left_out, 1, __ATOMIC_RELAXED);
		return false;
	}
	*left_out = __atomic_exchange_n(&told->left_out, 0, __ATOMIC_RELAXED);
	return true;
}

log_line_t *log_begin_refused(
		const struct sip_msg *msg, const char *source, int place)
{
	unsigned left_out = 0;
	log_line_t *line;

	refused_level =
			may_tell(source, place, &left_out) ? L_WARN : log_attempt_level();
	line = log_begin_more(msg);
	if(line != NULL && left_out > 0)
		log_line_number(line, "left_out", left_out);
	return line;
}

log_line_t *log_begin_more(const struct sip_msg *msg)
{
	return begin(refused_level, "refused", msg);
}

/* -- diagnostics -------------------------------------------------------- */

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

/* Log a refusal. The caller has caused it, and the author cannot correct it. */
static void log_refusal(const call_log_t *log, const diagnostic_t *diagnostic)
{
	log_line_t *line =
			log_begin_refused(log->msg, log->source, diagnostic->line);

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

	if(diagnostic->severity == SEVERITY_WARNING)
		return; /* the author was warned at load */
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
