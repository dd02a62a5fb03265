/* SPDX-License-Identifier: GPL-2.0-or-later */
/* failover_log: what is wrong with a text, as lines of the server's log. */
#ifndef FAILOVER_LOG_H
#define FAILOVER_LOG_H

#include "diagnostics.h"

/** A diagnostics that logs: an error as ERROR, a warning as WARNING,
 * `SOURCE:LINE:COLUMN: error: ...`.
 * @param source what stands before the line number; must outlive the result */
diagnostics_t log_diagnostics(const char *source);

#endif
