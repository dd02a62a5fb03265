/* SPDX-License-Identifier: GPL-2.0-or-later */
/* memory: the kinds of memory that an arena can take its blocks from. */
#ifndef FAILOVER_SERVER_MEMORY_H
#define FAILOVER_SERVER_MEMORY_H

#include "text/arena.h"

/* Shared by all processes; for calls and dial plans. */
extern const allocator_t failover_shm;

/* Of one process, or of all if it was taken before they were forked; for the
 * arguments of the script. */
extern const allocator_t failover_pkg;

/* Of one process, and not limited by the server's -M; for what grows with the size
 * of a dial plan and would not fit into a worker's pkg memory. */
extern const allocator_t failover_heap;

#endif
