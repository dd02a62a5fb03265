/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "text/findings.h"

#include "suites.h"
#include "support.h"

static void add(findings_t *findings, int line, int column, const char *text)
{
	char copied[16];
	diagnostic_t diagnostic = {SEVERITY_ERROR, line, column, copied, NULL};

	/* the text belongs to the caller, who releases it after the call */
	strcpy(copied, text);
	findings_add(findings, &diagnostic);
	memset(copied, 'x', sizeof(copied));
}

START_TEST(sorts_by_place)
{
	static const char *const expected[] = {
			"1:9", "2:1", "2:9", "2:9 too", "10:1"};
	arena_t *arena = arena_create(&counting, 64);
	findings_t findings;
	finding_t **sorted;
	int i;

	findings_init(&findings, arena);
	add(&findings, 2, 9, "2:9");
	add(&findings, 10, 1, "10:1");
	add(&findings, 1, 9, "1:9");
	add(&findings, 2, 9, "2:9 too");
	add(&findings, 2, 1, "2:1");
	ck_assert_int_eq(findings.count, ROWS(expected));
	sorted = findings_sort(&findings);
	for(i = 0; i < findings.count; i++)
		ck_assert_str_eq(sorted[i]->diagnostic.text, expected[i]);
	arena_destroy(arena);
	ck_assert_int_eq(counting_live(), 0);
}
END_TEST

START_TEST(sorts_nothing)
{
	arena_t *arena = arena_create(&counting, 64);
	findings_t findings;

	findings_init(&findings, arena);
	ck_assert_ptr_nonnull(findings_sort(&findings));
	arena_destroy(arena);
}
END_TEST

START_TEST(says_when_some_are_lost)
{
	arena_t *arena = small_arena();
	findings_t findings;

	findings_init(&findings, arena);
	add(&findings, 1, 1, "kept");
	counting_fail_once(1);
	add(&findings, 1, 2, "lost");
	add(&findings, 1, 3, "kept");
	ck_assert(counting_has_failed());
	ck_assert_ptr_null(findings_sort(&findings));
	arena_destroy(arena);
}
END_TEST

Suite *suite_findings(void)
{
	Suite *suite = suite_create("findings");
	TCase *tc = new_tcase("findings");

	tcase_add_test(tc, sorts_by_place);
	tcase_add_test(tc, sorts_nothing);
	tcase_add_test(tc, says_when_some_are_lost);
	suite_add_tcase(suite, tc);
	return suite;
}
