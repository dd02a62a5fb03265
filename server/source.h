/* SPDX-License-Identifier: GPL-2.0-or-later */
/* source: gives the conditions of a dial plan the values of a request, for
 * dialplan_match(). It reads the request and does not change it. A missing value is
 * no fault and is not logged. It does not know which rules apply. */
#ifndef FAILOVER_SERVER_SOURCE_H
#define FAILOVER_SERVER_SOURCE_H

#include <time.h>

#include "../../core/parser/msg_parser.h"

#include "dialplan/dialplan.h"

/* A request whose values are read. The caller owns it. */
typedef struct source
{
	struct sip_msg *msg;
	struct tm now; /* local time, of the first $date or $time */
	bool has_now;
} source_t;

/** Make a source of a request. It takes no lock. The caller is the process that
 * handles the request, in a route in which pseudo-variables can be read.
 * @param source filled; must stay where it is as long as the result is used
 * @param msg a request with its current R-URI ($ru). Its headers are parsed if they
 *            were not (parse_headers, core/parser/msg_parser.c). Values point into it
 * @return a value is SOURCE_FAILED without memory, and never SOURCE_UNKNOWN; values
 *         that could change while they are in use are copied into the arena */
request_source_t source_of_request(source_t *source, struct sip_msg *msg);

/** Check that this server has all that the conditions of a plan use. An unknown
 * pseudo-variable is an error. A known one is read and kept by the process
 * (pv_cache_get, core/pvapi.c). So this is called when all modules are loaded and
 * before the processes are forked, so that no process has to read them again; and by
 * the process that reloads a plan. It takes no lock.
 * @param scratch memory that is needed during the call
 * @return 0; -1 with every error reported; SOURCE_FAILED without memory */
int source_check(
		const dialplan_t *plan, arena_t *scratch, diagnostics_t *diagnostics);

#endif
