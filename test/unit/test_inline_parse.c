/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "dialplan/inline_parse.h"
#include "suites.h"
#include "support.h"

#define NO_SETTING                                                      \
	"] is no setting of failover: one of timer.inviting, "              \
	"timer.provisional, timer.ringing, pattern.response, redirection, " \
	"redirection.max, redirection.allow, timer.total, attempts, "       \
	"ringing, ruri, reply, preset would be right"

/* -- the list ------------------------------------------------------------- */

static const struct
{
	const char *title;
	const char *text;
	int len;
	const char *expected;
	const char *errors;
} lists[] = {
		{"the example of the documentation",
				TEXT("sip:gw1.example.com/TCP sip:gw2.example.com"),
				"1: sip:gw1.example.com/TCP sip:gw2.example.com(UDP)", ""},
		{"current first", TEXT("current sip:vm@10.0.0.9"),
				"1: current(UDP) sip:vm@10.0.0.9(UDP)", ""},
		{"over several lines", TEXT("\n sip:a@h\r\n\tsip:b@h\n"),
				"1: sip:a@h(UDP) sip:b@h(UDP)", ""},
		{"one twice", TEXT("sip:a@h sip:a@h"), "1: sip:a@h(UDP) sip:a@h(UDP)",
				""},
		{"holes", TEXT("sip:$0@gw1 sip:$0@gw2"),
				"1: sip:<0u>@gw1(UDP) sip:<0u>@gw2(UDP)", ""},
		{"blanks in a mark", TEXT("sip:$(a b)@gw1"), "1: sip:<0u>@gw1(UDP)",
				""},
		{"a hole in the name of a parameter",
				TEXT("sip:a@gw1;$0=1 sip:gw2;x=$1"), NULL,
				"1:11 [$0]: the name of a parameter must be written out, as in "
				";user=phone"},
		{"empty", TEXT(""), NULL,
				"1:1 the list of destinations is empty: a URI such as "
				"sip:gw1.example.com/TCP, or current, would be right"},
		{"only blanks", TEXT(" \t\r\n"), NULL,
				"1:1 the list of destinations is empty: ..."},
		{"NUL", TEXT("sip:a\0b@h"), NULL,
				"1:6 [sip:a]: there is no room for blanks and control..."},
		{"separated by commas", TEXT("sip:a@h, sip:b@h"), NULL,
				"1:8 [sip:a@h,]: a blank separates destinations, not a comma"},
		{"a blank before the options", TEXT("sip:a@h {inviting=3} sip:b@h"),
				NULL,
				"1:9 [{inviting=3}]: options stand right behind their ..."},
		{"the language of a plan", TEXT("failover sip:a@h"), NULL,
				"1:1 [failover]: a destination begins with sip: or sips:"},
		{"every fault, in its line and column",
				TEXT("sip:a@h/X\n  sip:b@h:0 sip:c@h\nsip:d"
					 "@h{weight=1}"),
				NULL,
				"1:9 [X] is no transport: ...\n"
				"2:11 [0] is no port: ...\n"
				"3:9 [weight] is no option of a destination: ..."},
};

/* Read the two texts, one after the other. */
static int parse(const str *list, const str *written, rule_t *rule,
		arena_t *arena, diagnostics_t *about_list,
		diagnostics_t *about_settings)
{
	static mark_t marks[2][MARKS_MAX];
	fragment_t destinations = marked(list, marks[0]);
	fragment_t fragment = marked(written, marks[1]);
	int first =
			inline_parse_destinations(&destinations, rule, arena, about_list);
	int second = inline_parse_settings(&fragment, rule, arena, about_settings);

	ck_assert_int_eq(first<0, about_list->errors> 0);
	ck_assert_int_eq(second<0, about_settings->errors> 0);
	return first < 0 || second < 0 ? -1 : 0;
}

START_TEST(reads_a_list)
{
	arena_t *arena = small_arena();
	str list = exact(lists[_i].text, lists[_i].len);
	collector_t collector, silent;
	str nothing = {NULL, 0};
	rule_t rule = {.line = 1};
	char found[256] = "";
	int result;

	collector_init(&collector);
	collector_init(&silent);
	result = parse(&list, &nothing, &rule, arena, &collector.diagnostics,
			&silent.diagnostics);
	ck_assert_int_eq(result, lists[_i].expected == NULL ? -1 : 0);
	expect_reported(lists[_i].title, &collector, lists[_i].errors);
	expect_reported(lists[_i].title, &silent, "");
	ck_assert(collector.is_ordered);
	if(result == 0) {
		describe_rule(&rule, found, sizeof(found));
		expect_same(lists[_i].title, found, lists[_i].expected);
	}
	exact_free(&list);
	arena_destroy(arena);
}
END_TEST

/* -- the settings --------------------------------------------------------- */

static const struct
{
	const char *title;
	const char *text;
	int len;
	const char *expected; /* the text after the destination; NULL: refused */
	const char *errors;
} settings[] = {
		{"the example of the documentation",
				TEXT("timer.provisional=25; pattern.response=408|480|486"),
				"; timer.provisional=25000 pattern.response=3:408-486", ""},
		{"none", TEXT(""), "", ""},
		{"only separators", TEXT(" ; ;;\n\r\n;"), "", ""},
		{"the leading &failover., in any case",
				TEXT("&Failover.Attempts = 3 ; &failover.ringing=stop;"),
				"; attempts=3 ringing=1", ""},
		{"line ends separate", TEXT("attempts=3\r\nringing=stop\n"),
				"; attempts=3 ringing=1", ""},
		{"tabs and blanks", TEXT("\tattempts \t=\t 3 "), "; attempts=3", ""},
		{"an empty value", TEXT("attempts=;ringing="), "", ""},
		{"an equals sign in a value", TEXT("pattern.response=(?=4).."),
				"; pattern.response=130:340-649", ""},
		{"a semicolon in quotes", TEXT("pattern.response='4..;|5'"),
				"; pattern.response=157:305-695", ""},
		{"a quote in quotes", TEXT("pattern.response='486|'';'''"),
				"; pattern.response=1:486-486", ""},
		{"a semicolon behind a quote in quotes",
				TEXT("redirection.allow='''|486;';attempts=2"),
				"; redirection.allow='|486; attempts=2", ""},
		{"empty quotes", TEXT("attempts=''"), "", ""},
		{"quotes that are not needed", TEXT("attempts='3'"), "; attempts=3",
				""},
		{"a quote within a value is a letter", TEXT("pattern.response=4'?"),
				"; pattern.response=157:304-694", ""},
		{"holes stay open", TEXT("attempts=$0;timer.inviting=$(a;b)ms"),
				"; timer.inviting=<0v>ms; attempts=<0v>", ""},
		{"a hole in quotes", TEXT("pattern.response='4;$1'"),
				"; pattern.response=4;<1v>", ""},
		{"an escape", TEXT("pattern.response=4$$"),
				"; pattern.response=40:304-694", ""},

		{"an unknown name", TEXT("timer.invite=5"), NULL,
				"1:1 [timer.invite" NO_SETTING},
		{"an unknown name behind the prefix",
				TEXT("  &failover.timer.invite=5"), NULL,
				"1:13 [timer.invite" NO_SETTING},
		{"the prefix alone", TEXT("&failover.=5"), NULL,
				"1:1 [&failover." NO_SETTING},
		{"no name", TEXT("=5"), NULL, "1:1 [" NO_SETTING},
		{"no equals sign", TEXT("attempts 5"), NULL,
				"1:1 [attempts 5] is no setting: name=value would be right; a "
				"value with a semicolon in it stands in single quotes, "
				"name='a;b'"},
		{"a setting of the call's own language",
				TEXT("$session=failover sip:a@h"), NULL,
				"1:1 [$session" NO_SETTING},
		{"a hole as a name", TEXT("$0=5"), NULL, "1:1 [$0" NO_SETTING},
		{"an equals sign in a mark is none", TEXT("$(a=b)"), NULL,
				"1:1 [$(a=b)] is no setting: name=value would be right; a "
				"value with a semicolon in it stands in single quotes, "
				"name='a;b'"},
		{"one twice", TEXT("attempts=3;Attempts=3"), NULL,
				"1:12 [Attempts] stands here a second time: once is right"},
		{"one twice, with a hole", TEXT("attempts=3;attempts=$0"), NULL,
				"1:12 [attempts] stands here a second time: once is right"},
		{"one twice, with a bad value", TEXT("attempts=3;attempts=0"), NULL,
				"1:12 [attempts] stands here a second time: once is right\n"
				"1:21 [0] is no whole number from 1 to 30, the values of "
				"attempts"},
		{"one twice, once empty", TEXT("attempts=;attempts=3"), NULL,
				"1:11 [attempts] stands here a second time: once is right"},
		{"negative", TEXT("timer.inviting = -5"), NULL,
				"1:18 [-5] is no duration: ..."},
		{"two values", TEXT("timer.inviting=30 30"), NULL,
				"1:16 [30 30] is no duration: ..."},
		{"separated by commas", TEXT("attempts=3,ringing=stop"), NULL,
				"1:10 [3,ringing=stop] is no whole number from 1 to 30, ..."},
		{"a bad pattern", TEXT("pattern.response=4("), NULL,
				"1:20 [4(] is no regular expression: ..."},
		{"a bad pattern in quotes", TEXT("pattern.response='4('"), NULL,
				"1:21 [4(] is no regular expression: ..."},
		{"a quote that is not closed", TEXT("pattern.response='4..;attempts=2"),
				NULL, "1:18 this quote is not closed at the end of the value"},
		{"a quote alone", TEXT("attempts='"), NULL,
				"1:10 this quote is not closed at the end of the value"},
		{"a quote that is not closed at the end of its line",
				TEXT("pattern.response='4..\nattempts=2'"), NULL,
				"1:18 this quote is not closed at the end of the value\n"
				"2:10 [2'] is no whole number from 1 to 30, ..."},
		{"text behind a quote", TEXT("attempts='3'4"), NULL,
				"1:10 this quote is not closed at the end of the value"},
		{"a single quote in quotes", TEXT("pattern.response='4'5'"), NULL,
				"1:18 a single quote within quotes is written twice"},
		{"a single quote at the end of quotes",
				TEXT("pattern.response='4'''"
					 "'"),
				NULL, "1:18 a single quote within quotes is written twice"},
		{"a quote in quotes beside a hole", TEXT("pattern.response='4''$0'"),
				NULL, "1:18 a value with a quote in it must be written out"},
		{"every fault, in its line and column",
				TEXT("foo=1; attempts=0\n\nringing=x;bar\n timer.inviting=0"),
				NULL,
				"1:1 [foo" NO_SETTING "\n"
				"1:17 [0] is no whole number from 1 to 30, ...\n"
				"3:9 [x] is neither continue nor stop, ...\n"
				"3:11 [bar] is no setting: name=value would be right; a value "
				"with a semicolon in it stands in single quotes, name='a;b'\n"
				"4:17 [0] is out of range: ..."},
};

START_TEST(reads_settings)
{
	arena_t *arena = small_arena();
	str list = exact("current", 7);
	str text = exact(settings[_i].text, settings[_i].len);
	collector_t collector, silent;
	rule_t rule = {.line = 1};
	int result;
	char found[256] = "", expected[256] = "1: current(UDP)";

	collector_init(&collector);
	collector_init(&silent);
	result = parse(&list, &text, &rule, arena, &silent.diagnostics,
			&collector.diagnostics);
	expect_reported(settings[_i].title, &collector, settings[_i].errors);
	expect_reported(settings[_i].title, &silent, "");
	ck_assert_int_eq(result, settings[_i].expected == NULL ? -1 : 0);
	ck_assert(collector.is_ordered);
	if(result == 0) {
		print(expected, sizeof(expected), "%s", settings[_i].expected);
		describe_rule(&rule, found, sizeof(found));
		expect_same(settings[_i].title, found, expected);
	}
	exact_free(&text);
	exact_free(&list);
	arena_destroy(arena);
}
END_TEST

static int read_arguments(
		const str *text, arena_t *arena, diagnostics_t *diagnostics)
{
	const char *bar = memchr(text->s, '|', text->len);
	str list = {text->s, (int)(bar - text->s)};
	str rest = {text->s + list.len + 1, text->len - list.len - 1};
	diagnostics_t about_list = {0};
	rule_t rule = {0};
	int result = parse(&list, &rest, &rule, arena, &about_list, diagnostics);

	diagnostics->errors += about_list.errors;
	return result;
}

START_TEST(reports_a_lack_of_memory)
{
	expect_out_of_memory_is_reported(read_arguments,
			"current sip:$0@h/TCP{inviting=1}|attempts=$0; "
			"pattern.response='4|'''; timer.inviting=$1$$$2");
}
END_TEST

Suite *suite_inline_parse(void)
{
	Suite *suite = suite_create("inline_parse");
	TCase *tc = new_tcase("inline_parse");

	tcase_add_loop_test(tc, reads_a_list, 0, ROWS(lists));
	tcase_add_loop_test(tc, reads_settings, 0, ROWS(settings));
	tcase_add_test(tc, reports_a_lack_of_memory);
	suite_add_tcase(suite, tc);
	return suite;
}
