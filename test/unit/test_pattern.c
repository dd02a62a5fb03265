/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a pattern may be, test_response_set.c tests; here is what it does on
 * any text. */
#include <string.h>

#include "pattern.h"
#include "suites.h"
#include "support.h"

static const struct
{
	const char *title;
	const char *pattern;
	unsigned steps_max;
	const char *text;
	int len;
	int expected;
} searches[] = {
		{"searched, not anchored", "b", 100, TEXT("abc"), 1},
		{"not there", "d", 100, TEXT("abc"), 0},
		{"negated", "!b", 100, TEXT("abc"), 0},
		{"negated, not there", "!d", 100, TEXT("abc"), 1},
		{"blanks behind the !", "! d ", 100, TEXT("abc"), 1},
		{"case counts", "B", 100, TEXT("abc"), 0},
		{"an empty text", "^$", 100, TEXT(""), 1},
		{"beyond a NUL", "c$", 100, TEXT("a\0c"), 1},
		{"only up to the end", "abcd", 100, TEXT("abc"), 0},
		{"groups", "(a)(b)(c)", 100, TEXT("abc"), 1},
		{"too many steps are no match", "(a|aa|aaa)*[xy]", 100,
				TEXT("aaaaaaaaaaaaaaaaaaaaaaaa"), -1},
		{"nor are they negated", "!(a|aa|aaa)*[xy]", 100,
				TEXT("aaaaaaaaaaaaaaaaaaaaaaaa"), -1},
};

START_TEST(searches_a_text)
{
	str regex = exact(searches[_i].pattern, (int)strlen(searches[_i].pattern));
	str text = exact(searches[_i].text, searches[_i].len);
	fragment_t fragment = fragment_of(&regex);
	diagnostics_t diagnostics = {0};
	pattern_t pattern;

	ck_assert_int_eq(pattern_compile(&pattern, &fragment,
							 searches[_i].steps_max, &diagnostics),
			0);
	/* compiled once, it needs the author's text no more */
	exact_free(&regex);
	ck_assert_msg(pattern_match(&pattern, &text) == searches[_i].expected, "%s",
			searches[_i].title);
	ck_assert_msg(pattern_match(&pattern, &text) == searches[_i].expected,
			"%s, again", searches[_i].title);
	pattern_destroy(&pattern);
	ck_assert_ptr_null(pattern.regex);
	exact_free(&text);
}
END_TEST

Suite *suite_pattern(void)
{
	Suite *suite = suite_create("pattern");
	TCase *tc = tcase_create("pattern");

	tcase_add_loop_test(tc, searches_a_text, 0, ROWS(searches));
	suite_add_tcase(suite, tc);
	return suite;
}
