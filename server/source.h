/* SPDX-License-Identifier: GPL-2.0-or-later */
/* source: what a request says to the conditions of a dial plan, for
 * dialplan_match(). It reads the request and changes nothing of it; that nothing
 * is there is no fault and is not logged. Which rules apply is not known here. */
#ifndef FAILOVER_SERVER_SOURCE_H
#define FAILOVER_SERVER_SOURCE_H

#include <time.h>

#include "../../core/parser/msg_parser.h"

#include "dialplan/dialplan.h"

/* A request that is being asked; its owner is whoever asks. */
typedef struct source
{
	struct sip_msg *msg;
	struct tm now; /* local, of its first $date or $time */
	bool has_now;
} source_t;

/** The source of a request. It takes no lock and is for the process that has the
 * request in hand, in a route in which pseudo-variables may be asked.
 * @param source filled; must stay where it is as long as the result is used
 * @param msg a request, whose R-URI is the current one ($ru); headers that were
 *            not parsed yet are (parse_headers, core/parser/msg_parser.c), and
 *            values point into it
 * @return its values are SOURCE_FAILED without memory, never SOURCE_UNKNOWN;
 *         what could change while they are in use is copied into the arena */
request_source_t source_of_request(source_t *source, struct sip_msg *msg);

/** Does this server have what the conditions of a plan ask for? Where one asks
 * for a pseudo-variable that it does not know, that is an error. One that it
 * knows is read and kept by the process (pv_cache_get, core/pvapi.c): to be called
 * before the processes are forked, once all modules are loaded, so that none has
 * to do it again; and by the process that reloads a plan. It takes no lock.
 * @param scratch holds what is needed meanwhile
 * @return 0; -1 with every error reported; SOURCE_FAILED without memory */
int source_check(
		const dialplan_t *plan, arena_t *scratch, diagnostics_t *diagnostics);

#endif
