/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "text/arena.h"

#include <stdalign.h>
#include <stdint.h>
#include <string.h>

/* Not max_align_t: Kamailio's allocators align to 8 bytes, and a block cannot
 * promise more than it gets. */
typedef union widest
{
	void *pointer;
	long long integer;
	double number;
} widest_t;

typedef struct block
{
	struct block *next;
	size_t size; /* of data */
	size_t used;
	alignas(widest_t) char data[];
} block_t;

struct arena
{
	allocator_t allocator;
	size_t block_bytes;
	size_t held_bytes;
	bool has_failed;
	block_t *blocks; /* the one that is being filled first */
};

/* What a piece takes of a block. */
static size_t rounded_up(size_t bytes)
{
	return (bytes + alignof(widest_t) - 1) & ~(alignof(widest_t) - 1);
}

static block_t *block_add(arena_t *arena, size_t size)
{
	block_t *block;

	block = size > SIZE_MAX - sizeof(*block)
					? NULL
					: arena->allocator.alloc(sizeof(*block) + size);
	if(block == NULL) {
		arena->has_failed = true;
		return NULL;
	}
	block->size = size;
	block->used = 0;
	block->next = arena->blocks;
	arena->blocks = block;
	arena->held_bytes += sizeof(*block) + size;
	return block;
}

arena_t *arena_create(const allocator_t *allocator, size_t block_bytes)
{
	arena_t head = {.allocator = *allocator, .block_bytes = block_bytes};
	arena_t *arena;

	if(block_bytes < rounded_up(sizeof(head)))
		head.block_bytes = rounded_up(sizeof(head));
	if(block_add(&head, head.block_bytes) == NULL)
		return NULL;
	/* the arena lives in its own first block: one allocation for a call */
	arena = arena_alloc(&head, sizeof(*arena));
	*arena = head;
	return arena;
}

void arena_destroy(arena_t *arena)
{
	allocator_t allocator;
	block_t *block, *next;

	if(arena == NULL)
		return;
	allocator = arena->allocator; /* goes with the last block */
	for(block = arena->blocks; block != NULL; block = next) {
		next = block->next;
		allocator.release(block);
	}
}

void arena_reset(arena_t *arena)
{
	block_t *block = arena->blocks;

	/* the first block is the last of the list: the arena itself is in it */
	while(block->next != NULL) {
		block_t *next = block->next;

		arena->held_bytes -= sizeof(*block) + block->size;
		arena->allocator.release(block);
		block = next;
	}
	block->used = rounded_up(sizeof(*arena));
	arena->blocks = block;
	arena->has_failed = false;
}

void *arena_alloc(arena_t *arena, size_t bytes)
{
	block_t *block = arena->blocks;
	size_t rounded;
	void *memory;

	if(bytes > SIZE_MAX - alignof(widest_t)) {
		arena->has_failed = true;
		return NULL;
	}
	rounded = rounded_up(bytes);
	if(block->size - block->used < rounded) {
		block = block_add(arena,
				rounded > arena->block_bytes ? rounded : arena->block_bytes);
		if(block == NULL)
			return NULL;
	}
	memory = block->data + block->used;
	block->used += rounded;
	return memset(memory, 0, bytes);
}

int arena_copy(arena_t *arena, const str *text, str *copy)
{
	static char empty[1];
	char *s = empty;

	if(text->len > 0) {
		s = arena_alloc(arena, (size_t)text->len + 1);
		if(s == NULL)
			return -1;
		memcpy(s, text->s, text->len);
	}
	copy->s = s;
	copy->len = text->len;
	return 0;
}

bool arena_has_failed(const arena_t *arena)
{
	return arena->has_failed;
}

size_t arena_bytes(const arena_t *arena)
{
	return arena->held_bytes;
}
