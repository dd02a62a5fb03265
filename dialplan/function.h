/* SPDX-License-Identifier: GPL-2.0-or-later */
/* function: evaluates the left-hand sides with arguments, $addrPrefix("10.0.0.0/8"),
 * $geturi(From), $localhost(To). The caller hands in the values of the request, and
 * functions that know whether a host is ours and whether a user is registered. So the
 * server and the tool use the same code. */
#ifndef FAILOVER_DIALPLAN_FUNCTION_H
#define FAILOVER_DIALPLAN_FUNCTION_H

#include "dialplan/dialplan.h"

/* What only the caller knows. */
typedef struct function_world
{
	request_source_t source; /* the values of the request */
	/* @return 1: the host is this server's, 0: it is not, SOURCE_UNKNOWN
	 * @param port 0: any */
	int (*is_own)(void *context, const str *host, int port);
	/* @return 1: the URI is registered here, 0, SOURCE_UNKNOWN, SOURCE_FAILED */
	int (*is_registered)(void *context, const str *uri);
	void *context;
} function_world_t;

/** The address that an argument is or has: as `address` of request_source_t. */
int function_address(const function_world_t *world, const argument_t *argument,
		arena_t *arena, address_t *address);

/** Find the value of a subject with arguments, or of $registered. It returns as
 * `values` of request_source_t.
 * @param subject of a kind for which subject_is_function() is true */
int function_values(const function_world_t *world, const subject_t *subject,
		arena_t *arena, const str **values);

#endif
