/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_subject.c and test_pattern.c test the left and the right side of the equals
 * sign; this file tests the whole condition. */
#include <string.h>

#include "dialplan/condition.h"
#include "suites.h"
#include "support.h"

#define NO_PATTERN \
	"] has no pattern: .+ for any value, or ^$ for none, would be right"
#define OWN_LIMIT                                                          \
	"] sets a limit of its own, and the server's hold for all: a pattern " \
	"such as ^sip:9 or @example\\.com would be right"
#define ENDLESS                                                \
	"] calls itself without end: a pattern such as ^sip:9 or " \
	"@example\\.com would be right"
#define WOULD_BE_RIGHT \
	"a pattern such as ^sip:9 or @example\\.com would be right"

static const struct
{
	const char *title;
	const char *line;
	const char *expected; /* SUBJECT~PATTERN; NULL: refused */
	const char *errors;
} conditions[] = {
		{"a header", "From = sip:10[0-9]@", "From~sip:10[0-9]@", ""},
		{"no blanks", "From=x", "From~x", ""},
		{"blanks and tabs", "From \t= \t x", "From~x", ""},
		{"an equals sign in the pattern", "To = a=b", "To~a=b", ""},
		{"an equals sign in a pseudo-variable", "$pv($xavp(a=>b)) = c",
				"$pv($xavp(a=>b))~c", ""},
		{"negated", "From = !sip:1", "From~!sip:1", ""},
		{"negated, with blanks", "From = ! sip:1", "From~!sip:1", ""},
		{"a percent sign stands for itself", "X-A = 100%", "X-A~100%", ""},
		{"no equals sign", "From sip:1", NULL,
				"1:1 [From sip:1]: a condition is NAME = PATTERN, as in From "
				"= @example\\.com"},
		{"no name", "= x", NULL,
				"1:1 [= x]: there is no name before the equals sign"},
		{"no pattern", "From =", NULL, "1:7 [From" NO_PATTERN},
		{"only blanks", "From = ", NULL, "1:8 [From" NO_PATTERN},
		{"neither name nor pattern", "=", NULL,
				"1:1 [=]: there is no name before the equals sign"},
		{"no pattern behind the !", "From = !", NULL,
				"1:8 there is no pattern behind the !: !^sip:9 or "
				"@example\\.com would be right"},
		{"a bracket is not closed", "From = sip:(", NULL,
				"1:13 [sip:(] is no regular expression: missing closing "
				"parenthesis; " WOULD_BE_RIGHT},
		{"behind a !", "From = ! sip:(", NULL,
				"1:15 [sip:(] is no regular expression: ..." WOULD_BE_RIGHT},
		{"\\C", "From = \\C", NULL,
				"1:10 [\\C] is no regular expression: using \\C is disabled by "
				"the application; " WOULD_BE_RIGHT},
		{"(*UTF)", "From = (*UTF)a", NULL,
				"1:14 [(*UTF)a] is no regular expression: using UTF is "
				"disabled "
				"by the application; " WOULD_BE_RIGHT},
		{"(*UCP)", "From = (*UCP)a", NULL,
				"1:14 [(*UCP)a] is no regular expression: using UCP is "
				"disabled "
				"by the application; " WOULD_BE_RIGHT},
		{"limits of its own", "From = (*LIMIT_MATCH=1)a", NULL,
				"1:8 [(*LIMIT_MATCH=1)a" OWN_LIMIT},
		{"a limit of depth, behind a !", "From = ! (*LIMIT_DEPTH=100000)a",
				NULL, "1:10 [(*LIMIT_DEPTH=100000)a" OWN_LIMIT},
		{"a limit of memory", "From = (*LIMIT_HEAP=0)a", NULL,
				"1:8 [(*LIMIT_HEAP=0)a" OWN_LIMIT},
		{"endless recursion", "From = (?R)", NULL, "1:8 [(?R)" ENDLESS},
		{"endless behind something else", "From = ab(c|(?1))", NULL,
				"1:8 [ab(c|(?1))" ENDLESS},
		{"endless before something else", "From = !(?<n>a?(?&n)b)", NULL,
				"1:9 [(?<n>a?(?&n)b)" ENDLESS},
		{"recursion that goes further", "From = ^(\\((?:[^()]|(?1))*\\))$",
				"From~^(\\((?:[^()]|(?1))*\\))$", ""},
		{"a group called from elsewhere", "From = (?1)\\g<1>(9)",
				"From~(?1)\\g<1>(9)", ""},
		{"a callout does nothing", "From = (?C1)a", "From~(?C1)a", ""},
		{"other verbs", "From = (*NO_START_OPT)(*COMMIT)a",
				"From~(*NO_START_OPT)(*COMMIT)a", ""},
		{"\\C within", "From = ! a\\Cb", NULL,
				"1:13 [a\\Cb] is no regular expression: using \\C is disabled "
				"by the application; " WOULD_BE_RIGHT},
		{"(*UTF) that does not come first", "From = a(*UTF)", NULL,
				"1:14 [a(*UTF)] is no regular expression: (*VERB) not "
				"recognized or malformed; " WOULD_BE_RIGHT},
		{"a recursion to nowhere", "From = (?1)", NULL,
				"1:11 [(?1)] is no regular expression: reference to "
				"non-existent subpattern; " WOULD_BE_RIGHT},
		/* slow patterns are valid; test_pattern.c tests the limit of a search */
		{"a recursion", "From = a(?R)?b", "From~a(?R)?b", ""},
		{"32 groups",
				"From = ()()()()()()()()()()()()()()()()()()()()()()()()()()()("
				")()()()()",
				"From~()()()()()()()()()()()()()()()()()()()()()()()()()()()()("
				")()()()",
				""},
		{"33 groups in a pattern",
				"From = ()()()()()()()()()()()()()()()()()()()()()()()()()()()("
				")()()()()()",
				NULL, "1:8 [()()...] has more than 32 groups: " WOULD_BE_RIGHT},
		{"a ! before the name", "!$time = ^12", NULL,
				"1:1 [!$time]: the ! stands before the pattern: $time = !^12 "
				"would be right"},
		{"a ! before the equals sign", "To != x", NULL,
				"1:1 [To !]: the ! stands before the pattern: To = !x would be "
				"right"},
		{"and without a blank", "To!= x", NULL,
				"1:1 [To!]: the ! stands before the pattern: To = !x would be "
				"right"},
		{"nothing but a !", "! = x", NULL, "1:1 [!]: the ! stands ..."},
		{"a ! within a name", "X!a = x", "X!a~x", ""},
		{"no function", "$foo = x", NULL, "1:1 [$foo] is not known here: ..."},
		{"no function and no pattern", "$foo =", NULL,
				"1:1 [$foo] is not known here: ...\n1:7 [$foo" NO_PATTERN},
};

/* Describe a condition as it is written in a rule. */
static void describe(const condition_t *condition, char *buffer, size_t size)
{
	const test_t *test = condition->test;

	describe_subject(test->subject, buffer, size);
	print(buffer, size, "~%s%.*s", test->pattern.is_negated ? "!" : "",
			STR_FMT(&test->pattern.text));
}

START_TEST(reads_a_condition)
{
	arena_t *arena = small_arena();
	arena_t *scratch = small_arena();
	str text = exact(conditions[_i].line, (int)strlen(conditions[_i].line));
	fragment_t line = fragment_of(&text);
	const condition_t *condition;
	collector_t collector;
	tests_t tests;
	char found[256] = "";

	collector_init(&collector);
	tests_init(&tests, arena, scratch);
	condition = condition_parse(&tests, &line, &collector.diagnostics);
	expect_reported(conditions[_i].title, &collector, conditions[_i].errors);
	ck_assert_int_eq(condition == NULL, conditions[_i].expected == NULL);
	if(condition != NULL) {
		describe(condition, found, sizeof(found));
		expect_same(conditions[_i].title, found, conditions[_i].expected);
		ck_assert_ptr_eq(condition->where.text.s, text.s);
		ck_assert_int_eq(tests.n_subjects, 1);
		ck_assert_int_eq(tests.n_tests, 1);
		ck_assert_ptr_eq(tests.tests, condition->test);
	}
	arena_destroy(scratch);
	exact_free(&text);
	arena_destroy(arena);
}
END_TEST

/* Equal subjects and tests exist once: SUBJECT-ID:TEST-ID of each line. */
START_TEST(shares_equal_subjects_and_tests)
{
	static const struct
	{
		const char *line;
		int subject, test;
	} rows[] = {{"From = a", 0, 0}, {"From = b", 0, 1}, {"f = a", 0, 0},
			{"FROM=  b ", 0, 1}, {"From = !a", 0, 2}, {"To = a", 1, 3},
			{"&To = a", 2, 4}, {"&to = a", 3, 5}, {"$pv($To) = a", 4, 6},
			{"$request = a", 5, 7}, {"$Request = a", 5, 7}, {"To = a", 1, 3},
			{"&to = a", 3, 5}};
	arena_t *arena = small_arena();
	diagnostics_t diagnostics = {0};
	tests_t tests;
	int i;

	tests_init(&tests, arena, arena);
	for(i = 0; i < ROWS(rows); i++) {
		str text = {(char *)rows[i].line, (int)strlen(rows[i].line)};
		fragment_t line = fragment_of(&text);
		const condition_t *condition =
				condition_parse(&tests, &line, &diagnostics);

		ck_assert_ptr_nonnull(condition);
		ck_assert_msg(
				condition->test->id == rows[i].test
						&& condition->test->subject->id == rows[i].subject,
				"%s: %d:%d", rows[i].line, condition->test->subject->id,
				condition->test->id);
		ck_assert_ptr_eq(
				tests.subjects[rows[i].subject], condition->test->subject);
	}
	ck_assert_int_eq(tests.n_subjects, 6);
	ck_assert_int_eq(tests.n_tests, 8);
	arena_destroy(arena);
}
END_TEST

/* The same fault in two lines is two faults. */
START_TEST(reports_a_fault_in_each_line)
{
	arena_t *arena = small_arena();
	str text = {"From = (", 8};
	fragment_t line = fragment_of(&text);
	diagnostics_t diagnostics = {0};
	tests_t tests;

	tests_init(&tests, arena, arena);
	ck_assert_ptr_null(condition_parse(&tests, &line, &diagnostics));
	ck_assert_ptr_null(condition_parse(&tests, &line, &diagnostics));
	ck_assert_int_eq(diagnostics.errors, 2);
	ck_assert_int_eq(tests.n_tests, 0);
	arena_destroy(arena);
}
END_TEST

static int read_condition(
		const str *text, arena_t *arena, diagnostics_t *diagnostics)
{
	fragment_t line = fragment_of(text);
	tests_t tests;

	tests_init(&tests, arena, arena);
	return condition_parse(&tests, &line, diagnostics) == NULL ? -1 : 0;
}

START_TEST(reports_a_lack_of_memory)
{
	expect_out_of_memory_is_reported(read_condition, "From = (a|b)+c");
	expect_out_of_memory_is_reported(read_condition, "$pv($fU) = !x");
}
END_TEST

Suite *suite_condition(void)
{
	Suite *suite = suite_create("condition");
	TCase *tc = new_tcase("condition");

	tcase_add_loop_test(tc, reads_a_condition, 0, ROWS(conditions));
	tcase_add_test(tc, shares_equal_subjects_and_tests);
	tcase_add_test(tc, reports_a_fault_in_each_line);
	tcase_add_test(tc, reports_a_lack_of_memory);
	suite_add_tcase(suite, tc);
	return suite;
}
