/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "dialplan/inline_parse.h"
#include "dialplan/rule.h"
#include "suites.h"
#include "support.h"

static const struct
{
	const char *title;
	const char *text;
	const char *expected;
	const char *errors;
} lists[] = {
		{"none", "", "", ""},
		{"blanks", " \t ", "", ""},
		{"one", "sip:a@h", "sip:a@h(UDP) ", ""},
		{"some, in their order", "current  sip:b@h/TCP\tsip:a@h{inviting=1}",
				"current(UDP) sip:b@h/TCP sip:a@h(UDP){timer.inviting=1000} ",
				""},
		{"one twice", "sip:a@h sip:a@h", "sip:a@h(UDP) sip:a@h(UDP) ", ""},
		{"every fault", "a sip:b@h/X sip:c@h sip:d@h:0", NULL,
				"1:1 [a]: a destination begins with sip: or sips:\n"
				"1:11 [X] is no transport: ...\n"
				"1:29 [0] is no port: ..."},
};

START_TEST(reads_a_list)
{
	arena_t *arena = small_arena();
	str text = exact(lists[_i].text, (int)strlen(lists[_i].text));
	fragment_t fragment = fragment_of(&text);
	destination_t first = {.is_current = true};
	destination_t *list = &first;
	const destination_t *destination;
	collector_t collector;
	char found[256] = "";
	int result;

	/* it appends to the destinations that are already there */
	collector_init(&collector);
	result =
			destinations_parse(&fragment, &list, arena, &collector.diagnostics);
	ck_assert_int_eq(result, lists[_i].expected == NULL ? -1 : 0);
	expect_reported(lists[_i].title, &collector, lists[_i].errors);
	ck_assert_ptr_eq(list, &first);
	for(destination = first.next; destination != NULL;
			destination = destination->next) {
		describe_destination(destination, found, sizeof(found));
		print(found, sizeof(found), " ");
	}
	if(result == 0)
		expect_same(lists[_i].title, found, lists[_i].expected);
	exact_free(&text);
	arena_destroy(arena);
}
END_TEST

/* -- the settings of a call ----------------------------------------------- */

static const struct
{
	const char *title;
	const char *settings; /* the settings of the rule, with holes */
	const char *value;	  /* the value of each hole */
	const char *expected; /* the result over attempts=7, redirection.max=3 */
	const char *errors;
} levels[] = {
		{"nothing", "", "", "redirection.max=3 attempts=7", ""},
		{"a later setting overrides an earlier one", "attempts=9", "",
				"redirection.max=3 attempts=9", ""},
		{"an empty value changes nothing", "attempts=", "",
				"redirection.max=3 attempts=7", ""},
		{"a hole", "attempts=$0", "5", "redirection.max=3 attempts=5", ""},
		{"a part of a value", "timer.inviting=1$0ms; attempts=$1", "20",
				"timer.inviting=120 redirection.max=3 attempts=20", ""},
		{"blanks round a value are ignored", "attempts=$0", " 5\t",
				"redirection.max=3 attempts=5", ""},
		{"an empty hole changes nothing", "attempts=$0", "",
				"redirection.max=3 attempts=7", ""},
		{"a reply", "reply=$0", "480 x",
				"redirection.max=3 attempts=7 reply=480 x", ""},
		{"a value cannot add a setting", "attempts=$0", "5;redirection.max=4",
				NULL,
				"1:10 refused: [5;redirection.max=4] is no whole number from 1 "
				"to 30, "
				"..."},
		{"a value cannot add a line", "timer.inviting=1;pattern.response=$0",
				"4\n5", NULL,
				"1:35 refused: [$0]: what is put in has a line end in it, or "
				"is too "
				"long"},
		{"a pattern", "pattern.response=$0", "4..|5..",
				"pattern.response=200:400-599 redirection.max=3 attempts=7",
				""},
		{"no pattern", "pattern.response=x$0", "(", NULL,
				"1:... refused: [x(] is no regular expression: ..."},
		{"an escape", "pattern.response='4..$$'; attempts=$0", "2",
				"pattern.response=100:400-499 redirection.max=3 attempts=2",
				""},
};

START_TEST(puts_its_settings_over_others)
{
	arena_t *arena = small_arena();
	mark_t marks[MARKS_MAX];
	str text = exact(levels[_i].settings, (int)strlen(levels[_i].settings));
	fragment_t written = marked(&text, marks);
	str value = exact(levels[_i].value, (int)strlen(levels[_i].value));
	str values[] = {value, value};
	settings_t settings = {
			.written = 1u << SETTING_ATTEMPTS | 1u << SETTING_REDIRECTION_MAX,
			.attempts = 7,
			.redirection_max = 3};
	collector_t collector;
	rule_t rule = {0};
	char found[256] = "";
	int result;

	collector_init(&collector);
	ck_assert_int_eq(inline_parse_settings(
							 &written, &rule, arena, &collector.diagnostics),
			0);
	result = rule_settings(
			&rule, values, &settings, arena, &collector.diagnostics);
	ck_assert_int_eq(result, levels[_i].expected == NULL ? -1 : 0);
	expect_reported(levels[_i].title, &collector, levels[_i].errors);
	if(result == 0) {
		describe_settings(&settings, found, sizeof(found));
		expect_same(levels[_i].title, found, levels[_i].expected);
	}
	exact_free(&value);
	exact_free(&text);
	arena_destroy(arena);
}
END_TEST

START_TEST(limits_the_value_of_a_setting)
{
	static char bytes[2000];
	arena_t *arena = small_arena();
	mark_t marks[MARKS_MAX];
	str text = {"pattern.response=$0", 19};
	fragment_t written = marked(&text, marks);
	str value = {bytes, sizeof(bytes)};
	settings_t settings = {0};
	diagnostics_t diagnostics = {0};
	rule_t rule = {0};

	memset(bytes, '4', sizeof(bytes));
	ck_assert_int_eq(
			inline_parse_settings(&written, &rule, arena, &diagnostics), 0);
	ck_assert_int_eq(
			rule_settings(&rule, &value, &settings, arena, &diagnostics), -1);
	ck_assert_int_eq(diagnostics.errors, 1);
	value.len = 3;
	ck_assert_int_eq(
			rule_settings(&rule, &value, &settings, arena, &diagnostics), 0);
	arena_destroy(arena);
}
END_TEST

static int read_list(
		const str *text, arena_t *arena, diagnostics_t *diagnostics)
{
	fragment_t fragment = fragment_of(text);
	destination_t *list = NULL;

	return destinations_parse(&fragment, &list, arena, diagnostics);
}

START_TEST(reports_a_lack_of_memory)
{
	expect_out_of_memory_is_reported(
			read_list, "sip:a@h/TCP current sip:b@h{inviting=1}");
}
END_TEST

Suite *suite_rule(void)
{
	Suite *suite = suite_create("rule");
	TCase *tc = new_tcase("rule");

	tcase_add_loop_test(tc, reads_a_list, 0, ROWS(lists));
	tcase_add_loop_test(tc, puts_its_settings_over_others, 0, ROWS(levels));
	tcase_add_test(tc, limits_the_value_of_a_setting);
	tcase_add_test(tc, reports_a_lack_of_memory);
	suite_add_tcase(suite, tc);
	return suite;
}
