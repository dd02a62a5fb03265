/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "suites.h"
#include "support.h"

START_TEST(says_where_and_counts)
{
	collector_t collector;
	str text = exact("first\nsecond", 12);
	fragment_t whole = fragment_of(&text);
	fragment_t part = fragment_part(&whole, 8, 3);

	collector_init(&collector);
	ck_assert_int_eq(diagnostics_error(&collector.diagnostics, &part,
							 "[%.*s] is wrong", STR_FMT(&part.text)),
			-1);
	diagnostics_warning(&collector.diagnostics, &whole, "number %d", 7);
	/* a fault in the data of a caller counts as an error */
	ck_assert_int_eq(
			diagnostics_refusal(&collector.diagnostics, &part, "no %s", "x"),
			-1);
	ck_assert_int_eq(collector.diagnostics.errors, 2);
	ck_assert_int_eq(collector.diagnostics.warnings, 1);
	ck_assert_str_eq(collector.text,
			"2:3 [con] is wrong\n1:1 warning: number 7\n"
			"2:3 refused: no x\n");
	exact_free(&text);
}
END_TEST

START_TEST(counts_without_a_listener)
{
	diagnostics_t diagnostics = {0};
	str text = {NULL, 0};
	fragment_t nothing = fragment_of(&text);

	ck_assert_int_eq(diagnostics_error(&diagnostics, &nothing, "x"), -1);
	ck_assert_int_eq(diagnostics_refusal(&diagnostics, &nothing, "x"), -1);
	diagnostics_warning(&diagnostics, &nothing, "x");
	ck_assert_int_eq(diagnostics.errors, 2);
	ck_assert_int_eq(diagnostics.warnings, 1);
}
END_TEST

/* A message contains no control characters and only valid UTF-8, whatever bytes the
 * author of the plan typed. */
START_TEST(shows_control_characters_as_escapes)
{
	collector_t collector;
	int code;

	/* printf() ends the value at a NUL */
	for(code = 1; code < 256; code++) {
		char c = (char)code;
		str text = {&c, 1};
		fragment_t where = fragment_of(&text);
		bool is_text = code >= 0x20 && code < 0x7f;
		char expected[16] = "";

		collector_init(&collector);
		diagnostics_error(
				&collector.diagnostics, &where, "[%.*s]", SHOWN(&where));
		print(expected, sizeof(expected), "1:1 [%c]\n", is_text ? c : '?');
		ck_assert_str_eq(collector.text, expected);
	}
}
END_TEST

/* Characters that look like a blank, or that are invisible, are shown as escapes. */
START_TEST(shows_invisible_characters_as_escapes)
{
	static const char text[] =
			"a\xc2\xa0\xe2\x80\x8b\xc3\xbc\xe2\x80\x9c\xc2\x85\xc2";
	collector_t collector;
	str whole = exact(text, (int)sizeof(text) - 1);
	fragment_t where = fragment_of(&whole);
	char many[3 * 200 + 1];
	int i;

	collector_init(&collector);
	diagnostics_error(&collector.diagnostics, &where, "[%.*s]", SHOWN(&where));
	ck_assert_str_eq(collector.text,
			"1:1 [a\\xc2\\xa0\\xe2\\x80\\x8b\xc3\xbc\xe2\x80\x9c??]\n");
	/* a value that is too long is cut */
	for(i = 0; i < 600; i++)
		many[i] = "\xe3\x80\x80"[i % 3];
	many[600] = '\0';
	collector_init(&collector);
	diagnostics_error(&collector.diagnostics, &where, "%s", many);
	ck_assert_int_gt((int)strlen(collector.text), 512);
	exact_free(&whole);
}
END_TEST

/* A long value, and a long message. */
START_TEST(cuts_between_characters)
{
	collector_t collector;
	char bytes[3 * 400];
	str text = {bytes, sizeof(bytes)};
	fragment_t where = fragment_of(&text);
	int i;

	for(i = 0; i < (int)sizeof(bytes); i++)
		bytes[i] = "\xe2\x82\xac"[i % 3];
	collector_init(&collector);
	diagnostics_error(&collector.diagnostics, &where, "[%.*s]", SHOWN(&where));
	diagnostics_error(&collector.diagnostics, &where, "%.*s", STR_FMT(&text));
	ck_assert_ptr_null(strchr(collector.text, '?'));
	ck_assert_int_eq((int)strcspn(collector.text, "]"),
			(int)strlen("1:1 [") + DIAGNOSTIC_VALUE_BYTES / 3 * 3);
}
END_TEST

static void keep_name(void *context, const diagnostic_t *diagnostic)
{
	const char **name = context;

	*name = diagnostic->name;
}

START_TEST(gives_names_to_warnings_only)
{
	const char *name = NULL;
	diagnostics_t diagnostics = {.emit = keep_name,
			.context = (void *)&name,
			.warning_name = "no-rule"};
	str text = {NULL, 0};
	fragment_t where = fragment_of(&text);

	diagnostics_warning(&diagnostics, &where, "x");
	ck_assert_str_eq(name, "no-rule");
	diagnostics_error(&diagnostics, &where, "x");
	ck_assert_ptr_null(name);
}
END_TEST

/* A long value is cut, but the message about it is not. */
START_TEST(cuts_the_value_and_not_the_reason)
{
	static const int lengths[] = {1, 99, 100, 101, 511, 512, 513, 65536};
	collector_t collector;
	static char bytes[65536];
	str text;
	fragment_t where;
	int shown;

	memset(bytes, 'x', sizeof(bytes));
	text = exact(bytes, lengths[_i]);
	where = fragment_of(&text);
	shown = text.len < DIAGNOSTIC_VALUE_BYTES ? text.len
											  : DIAGNOSTIC_VALUE_BYTES;
	collector_init(&collector);
	diagnostics_error(&collector.diagnostics, &where,
			"[%.*s] is too much: little would be right", SHOWN(&where));
	ck_assert_int_eq((int)strspn(collector.text + 5, "x"), shown);
	ck_assert_str_eq(collector.text + 5 + shown,
			"] is too much: little would be right\n");
	exact_free(&text);
}
END_TEST

Suite *suite_diagnostics(void)
{
	Suite *suite = suite_create("diagnostics");
	TCase *tc = new_tcase("diagnostics");

	tcase_add_test(tc, says_where_and_counts);
	tcase_add_test(tc, counts_without_a_listener);
	tcase_add_test(tc, shows_control_characters_as_escapes);
	tcase_add_test(tc, cuts_between_characters);
	tcase_add_test(tc, shows_invisible_characters_as_escapes);
	tcase_add_test(tc, gives_names_to_warnings_only);
	tcase_add_loop_test(tc, cuts_the_value_and_not_the_reason, 0, 8);
	suite_add_tcase(suite, tc);
	return suite;
}
