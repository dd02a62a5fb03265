/* SPDX-License-Identifier: GPL-2.0-or-later */
/* log: what is wrong with a text, as lines of the server's log. */
#ifndef FAILOVER_SERVER_LOG_H
#define FAILOVER_SERVER_LOG_H

#include "../../core/parser/msg_parser.h"

#include "text/diagnostics.h"

/* The level at which it is logged what callers and destinations do: a line for
 * each end of an attempt, and for a request that is refused for what is in it.
 * As Kamailio's debug: 0 is WARNING, 3 DEBUG. The parameter attempt_log_level. */
extern int attempt_log_level;

/** Let each line of this process, and of those it makes, reach stderr in one
 * piece. The server switches the buffer of stderr off (core/daemonize.c), and the
 * C library writes what is not buffered in pieces of 128 bytes from glibc 2.37 on:
 * the lines of its processes run into each other. What goes to syslog is whole
 * anyhow. */
void log_keep_lines_whole(void);

/** A diagnostics that logs: an error as ERROR, a warning as WARNING, a refusal at
 * attempt_log_level: `SOURCE:LINE:COLUMN: error: ...`.
 * @param source what stands before the line number; must outlive the result */
diagnostics_t log_diagnostics(const char *source);

/** The same without the warnings, for a text that comes with a call: it may be
 * another one in each, and nobody can change it. */
diagnostics_t log_error_diagnostics(const char *source);

/** The Call-ID of a request for a log line: a header may be folded, and a line of
 * the log must not be.
 * @return NUL-terminated, valid until the next call in the same process */
const char *log_call_id(const struct sip_msg *msg);

/* A call about which something is to be said. */
typedef struct call_log
{
	const char *source;	 /* of the rules that it goes by */
	const char *call_id; /* log_call_id() */
} call_log_t;

/** The same for what turns out in a call, whose Call-ID is added.
 * @param log must outlive the result */
diagnostics_t log_call_diagnostics(const call_log_t *log);

#endif
