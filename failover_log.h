/* SPDX-License-Identifier: GPL-2.0-or-later */
/* failover_log: what is wrong with a text, as lines of the server's log. */
#ifndef FAILOVER_LOG_H
#define FAILOVER_LOG_H

#include "diagnostics.h"

/* The level at which it is logged what callers and destinations do: a line for
 * each end of an attempt, and for a request that is refused for what is in it.
 * As Kamailio's debug: 0 is WARNING, 3 DEBUG. The parameter attempt_log_level. */
extern int attempt_log_level;

/** A diagnostics that logs: an error as ERROR, a warning as WARNING, a refusal at
 * attempt_log_level: `SOURCE:LINE:COLUMN: error: ...`.
 * @param source what stands before the line number; must outlive the result */
diagnostics_t log_diagnostics(const char *source);

#endif
