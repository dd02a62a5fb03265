/* SPDX-License-Identifier: GPL-2.0-or-later */
/* memory: the kinds of memory that there are, as an arena takes them. */
#ifndef FAILOVER_SERVER_MEMORY_H
#define FAILOVER_SERVER_MEMORY_H

#include "text/arena.h"

/* seen by all processes; for what a call or a dial plan lives in */
extern const allocator_t failover_shm;

/* of one process, or of all when taken before they are forked; for what a
 * script's arguments are parsed into */
extern const allocator_t failover_pkg;

/* of one process, and not limited by the server's -M: for what grows with the
 * size of a dial plan, which a worker's pkg memory is not made for */
extern const allocator_t failover_heap;

#endif
