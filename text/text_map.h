/* SPDX-License-Identifier: GPL-2.0-or-later */
/* text_map: finds a value by its text (a hash table), so that ten thousand rules
 * need not be compared each with each. It lives in an arena and only grows. */
#ifndef FAILOVER_TEXT_TEXT_MAP_H
#define FAILOVER_TEXT_TEXT_MAP_H

#include "text/arena.h"

typedef struct text_entry
{
	struct text_entry *next; /* of the same bucket */
	unsigned hash;
	str text;
	void *value; /* NULL at first */
} text_entry_t;

typedef struct text_map
{
	arena_t *arena;
	text_entry_t **buckets; /* NULL while it is empty */
	unsigned n_buckets;		/* a power of two */
	unsigned n_entries;
} text_map_t;

/** Begin an empty map.
 * @param arena holds it, and must outlive it */
void text_map_init(text_map_t *map, arena_t *arena);

/** The entry of a text. It is made if there is none.
 * @param text compared byte by byte; not copied, it must outlive the map
 * @return NULL without memory */
text_entry_t *text_map_enter(text_map_t *map, const str *text);

/** The entry of a text; NULL if there is none. */
text_entry_t *text_map_find(const text_map_t *map, const str *text);

#endif
