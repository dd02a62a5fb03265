/* SPDX-License-Identifier: GPL-2.0-or-later */
/* function: the left-hand sides with arguments, $addrPrefix("10.0.0.0/8"),
 * $geturi(From), $localhost(To): how they are written, by one reader, and what they
 * come to. What a request says, and who is asked whether a host is ours or a user
 * registered, is handed in, so that the server and the tool agree. */
#ifndef FAILOVER_DIALPLAN_FUNCTION_H
#define FAILOVER_DIALPLAN_FUNCTION_H

#include "dialplan/dialplan.h"

/* What only whoever has a request knows. */
typedef struct function_world
{
	request_source_t source; /* what the request says */
	/* @return 1: the host is this server's, 0: it is not, SOURCE_UNKNOWN
	 * @param port 0: any */
	int (*is_own)(void *context, const str *host, int port);
	/* @return 1: the URI is registered here, 0, SOURCE_UNKNOWN, SOURCE_FAILED */
	int (*is_registered)(void *context, const str *uri);
	void *context;
} function_world_t;

/** The value of a subject with arguments, or of $registered: as `values` of
 * request_source_t.
 * @param subject of a kind that subject_is_function() knows */
int function_values(const function_world_t *world, const subject_t *subject,
		arena_t *arena, const str **values);

#endif
