/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "suites.h"
#include "support.h"
#include "text/text_map.h"

static str text_of(const char *s)
{
	str text = {(char *)s, (int)strlen(s)};

	return text;
}

START_TEST(is_empty_at_first)
{
	arena_t *arena = small_arena();
	str text = text_of("a"), nothing = {NULL, 0};
	text_map_t map;

	memset(&map, 0xff, sizeof(map));
	text_map_init(&map, arena);
	ck_assert_ptr_null(text_map_find(&map, &text));
	ck_assert_ptr_null(text_map_find(&map, &nothing));
	/* an empty map needs no memory */
	ck_assert_int_eq(counting_live(), 1);
	arena_destroy(arena);
}
END_TEST

/* Texts that have much in common, and yet differ. */
static const struct
{
	const char *bytes;
	int len;
} texts[] = {{TEXT("")}, {TEXT("a")}, {TEXT("A")}, {TEXT("aa")}, {TEXT("\0")},
		{TEXT("\0\0")}, {TEXT("a\0")}, {TEXT("a\0b")}, {TEXT("a\0c")},
		{TEXT("\xff")}, {TEXT(" ")}};

START_TEST(compares_bytes)
{
	arena_t *arena = small_arena();
	text_entry_t *entries[ROWS(texts)];
	str keys[ROWS(texts)];
	text_map_t map;
	int i;

	text_map_init(&map, arena);
	for(i = 0; i < ROWS(texts); i++) {
		keys[i] = exact(texts[i].bytes, texts[i].len);
		ck_assert_ptr_null(text_map_find(&map, &keys[i]));
		entries[i] = text_map_enter(&map, &keys[i]);
		ck_assert_ptr_nonnull(entries[i]);
		ck_assert_ptr_null(entries[i]->value);
		entries[i]->value = &entries[i];
	}
	for(i = 0; i < ROWS(texts); i++) {
		str again = exact(texts[i].bytes, texts[i].len);

		ck_assert_ptr_eq(text_map_find(&map, &again), entries[i]);
		ck_assert_ptr_eq(text_map_enter(&map, &again), entries[i]);
		ck_assert_ptr_eq(entries[i]->value, &entries[i]);
		exact_free(&again);
	}
	ck_assert_uint_eq(map.n_entries, ROWS(texts));
	for(i = 0; i < ROWS(texts); i++)
		exact_free(&keys[i]);
	arena_destroy(arena);
}
END_TEST

/* A text without bytes and an empty text are the same. */
START_TEST(treats_a_missing_text_as_an_empty_one)
{
	arena_t *arena = small_arena();
	str nothing = {NULL, 0};
	str empty = text_of("");
	text_map_t map;
	text_entry_t *entry;

	text_map_init(&map, arena);
	entry = text_map_enter(&map, &nothing);
	ck_assert_ptr_nonnull(entry);
	ck_assert_ptr_eq(text_map_find(&map, &empty), entry);
	arena_destroy(arena);
}
END_TEST

#define MANY 200000

/* A map finds its entries while it grows, each in about the same time. */
START_TEST(grows)
{
	arena_t *arena = arena_create(&counting, 65536);
	char(*bytes)[12] = malloc(MANY * sizeof(*bytes));
	double since = spent_ms();
	unsigned bucket, longest = 0;
	text_map_t map;
	int i;

	text_map_init(&map, arena);
	for(i = 0; i < MANY; i++) {
		str text = {bytes[i], snprintf(bytes[i], sizeof(bytes[i]), "%d", i)};

		text_map_enter(&map, &text)->value = bytes[i];
		if((i & 1023) == 0) {
			text = text_of("0");
			ck_assert_ptr_eq(text_map_find(&map, &text)->value, bytes[0]);
		}
	}
	for(i = 0; i < MANY; i++) {
		str text = {bytes[i], (int)strlen(bytes[i])};
		const text_entry_t *entry = text_map_find(&map, &text);

		EXPECT(entry != NULL && entry->value == bytes[i], "%d", i);
	}
	ck_assert_uint_eq(map.n_entries, MANY);
	for(bucket = 0; bucket < map.n_buckets; bucket++) {
		unsigned len = 0;
		const text_entry_t *entry = map.buckets[bucket];

		for(; entry != NULL; entry = entry->next)
			len++;
		longest = len > longest ? len : longest;
	}
	ck_assert_msg(longest < 20, "%u in one bucket", longest);
	ck_assert_msg(
			spent_ms() - since < 500 * SLOWNESS, "%.0f ms", spent_ms() - since);
	arena_destroy(arena);
	free(bytes);
}
END_TEST

/* Without memory the map reports it, and keeps its entries. */
START_TEST(reports_a_lack_of_memory)
{
	int n;

	for(n = 2; n < 40; n++) {
		arena_t *arena = small_arena();
		char bytes[40];
		int i, entered = 0;
		text_map_t map;

		text_map_init(&map, arena);
		counting_fail_at(n - 1);
		for(i = 0; i < ROWS(bytes); i++) {
			str text = {&bytes[i], 1};

			bytes[i] = (char)('0' + i);
			if(text_map_enter(&map, &text) == NULL)
				break;
			entered++;
		}
		ck_assert_msg(counting_has_failed() && entered < n, "%d: %d entered", n,
				entered);
		for(i = 0; i < ROWS(bytes); i++) {
			str text = {&bytes[i], 1};

			bytes[i] = (char)('0' + i);
			ck_assert_int_eq(text_map_find(&map, &text) != NULL, i < entered);
		}
		counting_fail_at(0);
		arena_destroy(arena);
		ck_assert_int_eq(counting_live(), 0);
	}
}
END_TEST

Suite *suite_text_map(void)
{
	Suite *suite = suite_create("text_map");
	TCase *tc = new_tcase("text_map");

	tcase_set_timeout(tc, 30);
	tcase_add_test(tc, is_empty_at_first);
	tcase_add_test(tc, compares_bytes);
	tcase_add_test(tc, treats_a_missing_text_as_an_empty_one);
	tcase_add_test(tc, grows);
	tcase_add_test(tc, reports_a_lack_of_memory);
	suite_add_tcase(suite, tc);
	return suite;
}
