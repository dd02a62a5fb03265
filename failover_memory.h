/* SPDX-License-Identifier: GPL-2.0-or-later */
/* failover_memory: Kamailio's two kinds of memory, as an arena takes them. */
#ifndef FAILOVER_MEMORY_H
#define FAILOVER_MEMORY_H

#include "arena.h"

/* seen by all processes; for what a call or a dial plan lives in */
extern const allocator_t failover_shm;

/* of one process, or of all when taken before they are forked; for what a
 * script's arguments are parsed into */
extern const allocator_t failover_pkg;

#endif
