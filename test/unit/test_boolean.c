/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "text/boolean.h"
#include "suites.h"
#include "support.h"

#define NEITHER "] is neither true nor false, the values of x"

static const struct
{
	const char *bytes;
	int len;
	int expected; /* -1: refused */
	const char *errors;
} words[] = {
		{TEXT("true"), true, ""},
		{TEXT("True"), true, ""},
		{TEXT("on"), true, ""},
		{TEXT("ON"), true, ""},
		{TEXT("yes"), true, ""},
		{TEXT("yEs"), true, ""},
		{TEXT("1"), true, ""},
		{TEXT("false"), false, ""},
		{TEXT("FALSE"), false, ""},
		{TEXT("off"), false, ""},
		{TEXT("Off"), false, ""},
		{TEXT("no"), false, ""},
		{TEXT("0"), false, ""},
		{TEXT(""), -1, "1:1 [" NEITHER},
		{TEXT("maybe"), -1, "1:1 [maybe" NEITHER},
		{TEXT("tru"), -1, "1:1 [tru" NEITHER},
		{TEXT("truer"), -1, "1:1 [truer" NEITHER},
		{TEXT("true false"), -1, "1:1 [true false" NEITHER},
		{TEXT("2"), -1, "1:1 [2" NEITHER},
		{TEXT("00"), -1, "1:1 [00" NEITHER},
		{TEXT("t"), -1, "1:1 [t" NEITHER},
		{TEXT("!true"), -1, "1:1 [!true" NEITHER},
};

START_TEST(reads_a_word)
{
	str text = exact(words[_i].bytes, words[_i].len);
	fragment_t fragment = fragment_of(&text);
	collector_t collector;
	bool value = words[_i].expected == false;
	bool before = value;
	int result;

	collector_init(&collector);
	result = boolean_parse(&fragment, "x", &value, &collector.diagnostics);
	expect_reported(words[_i].bytes, &collector, words[_i].errors);
	ck_assert_int_eq(result, words[_i].expected < 0 ? -1 : 0);
	/* a word that is refused leaves the value as it was */
	ck_assert_int_eq(
			value, words[_i].expected < 0 ? before : words[_i].expected);
	exact_free(&text);
}
END_TEST

Suite *suite_boolean(void)
{
	Suite *suite = suite_create("boolean");
	TCase *tc = new_tcase("boolean");

	tcase_add_loop_test(tc, reads_a_word, 0, ROWS(words));
	suite_add_tcase(suite, tc);
	return suite;
}
