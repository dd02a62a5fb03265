/* SPDX-License-Identifier: GPL-2.0-or-later */
/* arena: the memory of one text or of one call. Many small allocations, one
 * release. It takes its blocks from two functions that its creator hands in. So
 * the same code fills private memory in the tool, pkg memory in a worker and
 * shared memory in the server. It takes no lock: the owner sees to it that there
 * is one writer at a time. */
#ifndef FAILOVER_TEXT_ARENA_H
#define FAILOVER_TEXT_ARENA_H

#include <stdbool.h>
#include <stddef.h>

#include "../../core/str.h"

/** Where an arena gets its blocks: malloc/free, pkg_malloc/pkg_free, ... */
typedef struct allocator
{
	void *(*alloc)(size_t bytes); /* NULL when there is no memory */
	void (*release)(void *block);
} allocator_t;

typedef struct arena arena_t;

/** Create an arena.
 * @param allocator copied, need not outlive the call
 * @param block_bytes size of its first block, and the least size of further ones
 * @return the arena, for arena_destroy(); NULL without memory */
arena_t *arena_create(const allocator_t *allocator, size_t block_bytes);

/** Release the arena and all that was taken from it; NULL is allowed. */
void arena_destroy(arena_t *arena);

/** Release all that was taken from the arena, and use it anew. It keeps its first
 * block. */
void arena_reset(arena_t *arena);

/** Take zeroed memory, aligned for pointers, 64-bit integers and doubles.
 * @return valid until arena_destroy(); NULL without memory */
void *arena_alloc(arena_t *arena, size_t bytes);

/** Copy a string into the arena, with a NUL byte behind it.
 * @param copy the copy; its s is never NULL on success
 * @return 0, or -1 without memory */
int arena_copy(arena_t *arena, const str *text, str *copy);

/** Did the arena ever get no memory? */
bool arena_has_failed(const arena_t *arena);

/** Bytes the arena holds from its allocator, its own bookkeeping included. */
size_t arena_bytes(const arena_t *arena);

#endif
