/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "text/text_map.h"

#include <string.h>

#define BUCKETS_AT_FIRST 16

/* FNV-1a: http://www.isthe.com/chongo/tech/comp/fnv/ */
static unsigned hash_of(const str *text)
{
	unsigned hash = 2166136261u;
	int i;

	for(i = 0; i < text->len; i++)
		hash = (hash ^ (unsigned char)text->s[i]) * 16777619u;
	return hash;
}

static text_entry_t **bucket_of(const text_map_t *map, unsigned hash)
{
	return &map->buckets[hash & (map->n_buckets - 1)];
}

static text_entry_t *find(const text_map_t *map, const str *text, unsigned hash)
{
	text_entry_t *entry;

	if(map->n_buckets == 0)
		return NULL;
	for(entry = *bucket_of(map, hash); entry != NULL; entry = entry->next) {
		if(entry->hash == hash && entry->text.len == text->len
				&& (text->len == 0
						|| memcmp(entry->text.s, text->s, text->len) == 0))
			return entry;
	}
	return NULL;
}

static void put(text_map_t *map, text_entry_t *entry)
{
	text_entry_t **bucket = bucket_of(map, entry->hash);

	entry->next = *bucket;
	*bucket = entry;
}

/* Double the number of buckets. The old ones stay in the arena; all of them together
 * are as large as the new ones.
 * @return 0, or -1 without memory */
static int grow(text_map_t *map)
{
	text_entry_t **old = map->buckets;
	unsigned n_old = map->n_buckets;
	unsigned count = n_old == 0 ? BUCKETS_AT_FIRST : 2 * n_old;
	text_entry_t **buckets = arena_alloc(map->arena, count * sizeof(*buckets));
	unsigned i;

	if(buckets == NULL)
		return -1;
	map->buckets = buckets;
	map->n_buckets = count;
	for(i = 0; i < n_old; i++) {
		text_entry_t *entry = old[i];

		while(entry != NULL) {
			text_entry_t *next = entry->next;

			put(map, entry);
			entry = next;
		}
	}
	return 0;
}

void text_map_init(text_map_t *map, arena_t *arena)
{
	memset(map, 0, sizeof(*map));
	map->arena = arena;
}

text_entry_t *text_map_enter(text_map_t *map, const str *text)
{
	unsigned hash = hash_of(text);
	text_entry_t *entry = find(map, text, hash);

	if(entry != NULL)
		return entry;
	if(map->n_entries == map->n_buckets && grow(map) < 0)
		return NULL;
	entry = arena_alloc(map->arena, sizeof(*entry));
	if(entry == NULL)
		return NULL;
	entry->hash = hash;
	entry->text = *text;
	put(map, entry);
	map->n_entries++;
	return entry;
}

text_entry_t *text_map_find(const text_map_t *map, const str *text)
{
	return find(map, text, hash_of(text));
}
