/* SPDX-License-Identifier: GPL-2.0-or-later */
/* memory: the kinds of memory that an arena can take its blocks from. */
#ifndef FAILOVER_SERVER_MEMORY_H
#define FAILOVER_SERVER_MEMORY_H

#include "text/arena.h"

/* Memory shared by all processes; for calls and dial plans. */
extern const allocator_t failover_shm;

/* Memory of one process; for texts that come with calls. */
extern const allocator_t failover_pkg;

/* Memory of one process that the server's option -M does not limit. What was taken
 * before the processes were forked is in all of them. For the arguments of the script,
 * and for what grows with a dial plan and would not fit into a worker's pkg memory. */
extern const allocator_t failover_heap;

#endif
