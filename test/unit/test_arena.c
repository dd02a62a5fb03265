/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdalign.h>
#include <stdint.h>
#include <string.h>

#include "suites.h"
#include "support.h"

/* Sizes close to the one at which the arena's own data still fits into its first block. */
static const size_t block_sizes[] = {
		0, 1, 8, 39, 40, 41, 47, 48, 49, 63, 64, 65, 1000, 4096};

START_TEST(is_one_allocation_when_created)
{
	arena_t *arena;

	counting_fail_at(2);
	arena = arena_create(&counting, block_sizes[_i]);
	ck_assert_msg(arena != NULL, "block of %zu bytes", block_sizes[_i]);
	ck_assert_int_eq(counting_live(), 1);
	ck_assert_uint_ge(arena_bytes(arena), block_sizes[_i]);
	arena_destroy(arena);
	ck_assert_int_eq(counting_live(), 0);
}
END_TEST

START_TEST(survives_without_memory)
{
	arena_t *arena;
	size_t held;

	counting_fail_at(1);
	ck_assert_ptr_null(arena_create(&counting, block_sizes[_i]));
	counting_fail_at(2);
	arena = arena_create(&counting, block_sizes[_i]);
	ck_assert_ptr_nonnull(arena);
	held = arena_bytes(arena);
	ck_assert_ptr_null(arena_alloc(arena, 10000));
	ck_assert_uint_eq(arena_bytes(arena), held);
	counting_fail_at(0);
	ck_assert_ptr_nonnull(arena_alloc(arena, 10000));
	ck_assert_uint_ge(arena_bytes(arena), held + 10000);
	arena_destroy(arena);
	ck_assert_int_eq(counting_live(), 0);
}
END_TEST

/* Every piece is written from end to end: the test finds an overlap, and ASan finds a
 * piece that is too short. */
START_TEST(gives_zeroed_aligned_memory)
{
	arena_t *arena = arena_create(&counting, block_sizes[_i]);
	unsigned char *piece[200];
	size_t size, i;

	for(size = 0; size < 200; size++) {
		piece[size] = arena_alloc(arena, size);
		ck_assert_ptr_nonnull(piece[size]);
		ck_assert_uint_eq((uintptr_t)piece[size] % alignof(void *), 0);
		for(i = 0; i < size; i++)
			EXPECT(piece[size][i] == 0, "%zu bytes, at %zu", size, i);
		memset(piece[size], (int)size, size);
	}
	for(size = 0; size < 200; size++) {
		for(i = 0; i < size; i++)
			EXPECT(piece[size][i] == (unsigned char)size, "%zu bytes, at %zu",
					size, i);
	}
	arena_destroy(arena);
	ck_assert_int_eq(counting_live(), 0);
}
END_TEST

START_TEST(refuses_sizes_that_wrap)
{
	arena_t *arena = small_arena();
	size_t less;

	for(less = 0; less < 64; less++)
		ck_assert_ptr_null(arena_alloc(arena, SIZE_MAX - less));
	/* this counts as a lack of memory too */
	ck_assert(arena_has_failed(arena));
	ck_assert_ptr_nonnull(arena_alloc(arena, 16));
	arena_destroy(arena);
}
END_TEST

START_TEST(takes_a_block_only_when_the_last_one_is_full)
{
	arena_t *arena = arena_create(&counting, 1024);
	int i;

	for(i = 0; i < 50; i++)
		arena_alloc(arena, 16);
	ck_assert_int_eq(counting_live(), 1);
	for(i = 0; i < 50; i++)
		arena_alloc(arena, 16);
	ck_assert_int_eq(counting_live(), 2);
	arena_destroy(arena);
}
END_TEST

START_TEST(copies_strings)
{
	static const struct
	{
		const char *bytes;
		int len;
	} rows[] = {{TEXT("")}, {TEXT("a")}, {TEXT("a\0b")}, {TEXT("0123456789")}};
	arena_t *arena = small_arena();
	str text = exact(rows[_i].bytes, rows[_i].len);
	str copy = {NULL, -1};

	ck_assert_int_eq(arena_copy(arena, &text, &copy), 0);
	ck_assert_ptr_ne(copy.s, text.s);
	ck_assert_int_eq(copy.len, text.len);
	ck_assert_mem_eq(copy.s, rows[_i].bytes, text.len + 1);
	exact_free(&text);
	arena_destroy(arena);
}
END_TEST

START_TEST(copies_an_empty_string_without_bytes)
{
	arena_t *arena = small_arena();
	str nothing = {NULL, 0};
	str copy = {NULL, -1};

	ck_assert_int_eq(arena_copy(arena, &nothing, &copy), 0);
	ck_assert_str_eq(copy.s, "");
	ck_assert_int_eq(copy.len, 0);
	nothing.s = "does not fit";
	nothing.len = 12;
	counting_fail_at(1);
	while(arena_copy(arena, &nothing, &copy) == 0)
		;
	ck_assert(counting_has_failed());
	arena_destroy(arena);
	arena_destroy(NULL);
	ck_assert_int_eq(counting_live(), 0);
}
END_TEST

/* After a reset, the arena has as much memory as when it was new, and gives zeroed
 * memory again, whatever was written into it before. */
START_TEST(gives_all_memory_back_at_reset)
{
	arena_t *arena = arena_create(&counting, block_sizes[_i]);
	size_t held = arena_bytes(arena);
	size_t i;
	int round;

	for(round = 0; round < 3; round++) {
		for(i = 0; i < 100; i++) {
			unsigned char *piece = arena_alloc(arena, i);
			size_t k;

			ck_assert_ptr_nonnull(piece);
			for(k = 0; k < i; k++)
				EXPECT(piece[k] == 0, "%zu bytes, at %zu", i, k);
			memset(piece, 0xff, i);
		}
		ck_assert_ptr_nonnull(arena_alloc(arena, 20000));
		ck_assert_int_gt(counting_live(), 1);
		arena_reset(arena);
		ck_assert_int_eq(counting_live(), 1);
		ck_assert_uint_eq(arena_bytes(arena), held);
	}
	/* a second reset; nothing was taken before it */
	arena_reset(arena);
	ck_assert_uint_eq(arena_bytes(arena), held);
	arena_destroy(arena);
	ck_assert_int_eq(counting_live(), 0);
}
END_TEST

START_TEST(keeps_its_first_block_at_reset)
{
	arena_t *arena = arena_create(&counting, 1024);
	void *first = arena_alloc(arena, 100);

	arena_reset(arena);
	ck_assert_ptr_eq(arena_alloc(arena, 100), first);
	arena_destroy(arena);
}
END_TEST

START_TEST(forgets_that_there_was_no_memory)
{
	arena_t *arena = small_arena();

	ck_assert(!arena_has_failed(arena));
	counting_fail_at(1);
	ck_assert_ptr_null(arena_alloc(arena, 1000));
	ck_assert(arena_has_failed(arena));
	counting_fail_at(0);
	/* a later success does not change the failure */
	ck_assert_ptr_nonnull(arena_alloc(arena, 1000));
	ck_assert(arena_has_failed(arena));
	arena_reset(arena);
	ck_assert(!arena_has_failed(arena));
	arena_destroy(arena);
}
END_TEST

Suite *suite_arena(void)
{
	Suite *suite = suite_create("arena");
	TCase *tc = new_tcase("arena");

	tcase_add_loop_test(
			tc, is_one_allocation_when_created, 0, ROWS(block_sizes));
	tcase_add_loop_test(tc, survives_without_memory, 0, ROWS(block_sizes));
	tcase_add_loop_test(tc, gives_zeroed_aligned_memory, 0, ROWS(block_sizes));
	tcase_add_test(tc, refuses_sizes_that_wrap);
	tcase_add_test(tc, takes_a_block_only_when_the_last_one_is_full);
	tcase_add_loop_test(tc, copies_strings, 0, 4);
	tcase_add_test(tc, copies_an_empty_string_without_bytes);
	tcase_add_loop_test(
			tc, gives_all_memory_back_at_reset, 0, ROWS(block_sizes));
	tcase_add_test(tc, keeps_its_first_block_at_reset);
	tcase_add_test(tc, forgets_that_there_was_no_memory);
	suite_add_tcase(suite, tc);
	return suite;
}
