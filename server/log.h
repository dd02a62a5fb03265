/* SPDX-License-Identifier: GPL-2.0-or-later */
/* log: writes diagnostics as lines of the server's log. */
#ifndef FAILOVER_SERVER_LOG_H
#define FAILOVER_SERVER_LOG_H

#include "../../core/parser/msg_parser.h"

#include "text/diagnostics.h"
#include "text/log_line.h"

/* The parameter attempt_log_level: the level of the lines about what callers and
 * destinations do. There is a line for each attempt that ends, and for a request that
 * is refused because of a value in it, unless that is a warning. The numbers are
 * those of Kamailio's debug: 0 is WARNING, 3 is DEBUG. */
int log_attempt_level(void);

/** Set the function that returns this level. Until this is called, the level is DEBUG. */
void log_set_level_source(int (*level)(void));

/** Let each line of this process and its children reach stderr in one piece. The
 * server switches the buffer of stderr off (core/daemonize.c). From glibc 2.37 on
 * the C library then writes pieces of 128 bytes, and the lines of two processes
 * get mixed. Syslog is not concerned. */
void log_keep_lines_whole(void);

/** Make diagnostics that are logged as `SOURCE:LINE:COLUMN: error: ...`: an error as
 * ERROR, a warning as WARNING, a refusal at attempt_log_level.
 * @param source the name before the line number; must outlive the result */
diagnostics_t log_diagnostics(const char *source);

/** The Call-ID of a request, on one line: a header may be folded, a line of the log
 * must not be.
 * @return NUL-terminated, valid until the next call in the same process */
const char *log_call_id(const struct sip_msg *msg);

/* The parameter log_format: of the lines at attempt_log_level. */
extern log_format_t log_format;

/** Begin a line about a call, at attempt_log_level: what it is about, and the
 * Call-ID.
 * @return for log_send(), of this process; NULL if nobody would see it */
log_line_t *log_begin(const char *event, const struct sip_msg *msg);

/** Make the counters of log_begin_refused(). To be called once, before the processes
 * are forked.
 * @return 0, or -1 without shared memory */
int log_prepare(void);

/** Begin a line about a call that failover() refuses because of a value that came with
 * it. It is a warning at most once a minute and cause for the whole server, with the
 * number of those left out since the last one; in between it is at attempt_log_level.
 * So an administrator sees the reason, and a caller cannot fill the log.
 * @param source,place the cause: a text, and a line or the like within it; a caller
 *                     must not be able to choose them
 * @return as log_begin() */
log_line_t *log_begin_refused(
		const struct sip_msg *msg, const char *source, int place);

/** Begin another line with the same subject and level as the last line of
 * log_begin_refused(). */
log_line_t *log_begin_more(const struct sip_msg *msg);

/** Write a line; NULL: nothing is written. */
void log_send(log_line_t *line);

/* The call that a line of the log is about. */
typedef struct call_log
{
	const char *source;		   /* where its rules stand */
	const struct sip_msg *msg; /* the request that it is about */
} call_log_t;

/** As log_diagnostics(), with the Call-ID of a call added; without warnings, as the
 * author had them at load; refusals by log_begin_refused().
 * @param log must outlive the result */
diagnostics_t log_call_diagnostics(const call_log_t *log);

#endif
