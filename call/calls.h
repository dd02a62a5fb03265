/* SPDX-License-Identifier: GPL-2.0-or-later */
/* calls: the list of the calls that are under way, for operators. A call is in it
 * from the moment in which it was taken until its caller has the final reply.
 *
 * There are several lists in shared memory, each with a lock of its own. No other
 * lock is taken while one of these is held. It is held for a few instructions, and
 * while calls_walk() looks at a call. */
#ifndef FAILOVER_CALL_CALLS_H
#define FAILOVER_CALL_CALLS_H

#include <stdbool.h>

#include "../../core/str.h"

typedef struct call call_t;

/* The links of a call in its list. They are part of the call. */
typedef struct calls_link
{
	call_t *next, *before;
	unsigned list;
	bool is_in;
} calls_link_t;

/** Make the lists. To be called before the processes are forked.
 * @return 0, or -1 with the reason logged */
int calls_init(void);

/** Release the lists, when the server ends. */
void calls_destroy(void);

/** @param hash spreads the calls over the lists */
void calls_add(call_t *call, unsigned hash);

/** Take a call out of its list, if it is in one. */
void calls_remove(call_t *call);

/** Call a function for each call, in no order. The call is not released meanwhile, but
 * another process may change it. trace.h says what may be read then.
 * @param look returns whether the walk goes on */
void calls_walk(bool (*look)(void *context, const call_t *call), void *context);

#endif
