/* SPDX-License-Identifier: GPL-2.0-or-later */
/* calls: those that are under way, for operators. A call is in it from when it was
 * taken until its caller has the final reply.
 *
 * The lists lie in shared memory, each with a lock of its own. It is the innermost
 * one, held for a few instructions, and while a call is looked at. */
#ifndef FAILOVER_CALL_CALLS_H
#define FAILOVER_CALL_CALLS_H

#include <stdbool.h>

#include "../../core/str.h"

typedef struct call call_t;

/* The place of a call in its list, in the call. */
typedef struct calls_link
{
	call_t *next, *before;
	unsigned list;
	bool is_in;
} calls_link_t;

/** Make the lists, before the processes.
 * @return 0, or -1 with the reason logged */
int calls_init(void);

/** Release them, at the server's end. */
void calls_destroy(void);

/** @param hash spreads the calls over the lists */
void calls_add(call_t *call, unsigned hash);

/** Take a call out, if it is in. */
void calls_remove(call_t *call);

/** Look at the calls, in no order. It does not go away meanwhile, but another process
 * may change it: what may be read is what its trace says of that.
 * @param look returns whether it wants to see more */
void calls_walk(bool (*look)(void *context, const call_t *call), void *context);

#endif
