/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "dialplan/settings.h"
#include "suites.h"
#include "support.h"

/* The documented settings, in the order of the manual. */
static const struct
{
	const char *name, *option, *fallback;
	bool is_extension;
	const char *builtin; /* as describe_settings() has it */
} documented[] = {
		{"timer.inviting", "inviting", "10s", false, "timer.inviting=10000"},
		{"timer.provisional", "provisional", "20s", false,
				"timer.provisional=20000"},
		{"timer.ringing", "ringing", "off", true, "timer.ringing=0"},
		{"pattern.response", "pattern", ".+", false,
				"pattern.response=398:300-699"},
		{"redirection", NULL, "true", false, "redirection=1"},
		{"redirection.max", NULL, "10", true, "redirection.max=10"},
		{"redirection.allow", NULL, "", true, ""},
		{"timer.total", NULL, "off", true, "timer.total=0"},
		{"attempts", NULL, "30", true, "attempts=30"},
		{"ringing", NULL, "continue", true, "ringing=0"},
		{"ruri", "ruri", "destination", true, "ruri=0"},
		{"reply", NULL, "last", true, "reply=0"},
		{"preset", NULL, "", true, ""},
		{NULL, "socket", "", true, ""},
		{NULL, "hold", "on", true, "hold=1"},
};

static fragment_t fragment_of_bytes(str *text, const char *bytes)
{
	*text = exact(bytes, (int)strlen(bytes));
	return fragment_of(text);
}

START_TEST(has_the_documented_rows)
{
	const setting_t *row = &settings_table()[_i];
	str text;
	fragment_t name;

	ck_assert_int_eq(ROWS(documented), SETTING_COUNT);
	ck_assert_pstr_eq(row->name, documented[_i].name);
	ck_assert_pstr_eq(row->option, documented[_i].option);
	ck_assert_str_eq(row->fallback, documented[_i].fallback);
	ck_assert_int_eq(row->is_extension, documented[_i].is_extension);
	ck_assert_uint_gt(strlen(row->explanation), 10);
	ck_assert_ptr_null(strchr(row->explanation, '\n'));
	if(row->name != NULL) {
		name = fragment_of_bytes(&text, row->name);
		ck_assert_ptr_eq(setting_find(&name), row);
		exact_free(&text);
	}
	if(row->option != NULL) {
		name = fragment_of_bytes(&text, row->option);
		ck_assert_ptr_eq(setting_find_option(&name), row);
		exact_free(&text);
	}
}
END_TEST

/* Each row alone has the value of the built-in level. */
START_TEST(has_its_built_in_value)
{
	const setting_t *row = &settings_table()[_i];
	diagnostics_t diagnostics = {0};
	settings_t builtin, one = {0};
	str text;
	fragment_t value = fragment_of_bytes(&text, row->fallback);
	char found[128] = "";

	settings_builtin(&builtin);
	ck_assert_uint_eq(builtin.written, (1u << SETTING_COUNT) - 1);
	ck_assert_int_eq(settings_read(&one, row, &value, NULL, &diagnostics), 0);
	if(_i == SETTING_PATTERN_RESPONSE) {
		/* by default, a challenge is no failure; with the same pattern written in a
		 * plan, it is one. The default and its text differ only here. */
		ck_assert(response_set_has(&one.pattern_response, 401));
		ck_assert(response_set_has(&one.pattern_response, 407));
		response_set_default(&one.pattern_response);
	}
	ck_assert_mem_eq((char *)&builtin + row->offset, (char *)&one + row->offset,
			row->size);
	describe_settings(&one, found, sizeof(found));
	expect_same(row->fallback, found, documented[_i].builtin);
	exact_free(&text);
}
END_TEST

/* -- values --------------------------------------------------------------- */

#define REASON_40 "a reason that is exactly 40 bytes long.."
#define REASON_120 REASON_40 REASON_40 REASON_40
#define NO_REPLY                                                             \
	"] is no reply: last, best, or a code from 400 to 699 and a reason, as " \
	"in 480 Try Later, would be right"
#define NEITHER "] is neither true nor false, the values of redirection"

static const struct
{
	const char *title;
	setting_id_t id;
	const char *text;
	const char *expected; /* the level; "" if nothing was set */
	const char *errors;
} values[] = {
		{"a time", SETTING_TIMER_INVITING, "30", "timer.inviting=30000", ""},
		{"a time", SETTING_TIMER_PROVISIONAL, "1500ms",
				"timer.provisional=1500", ""},
		{"zero", SETTING_TIMER_PROVISIONAL, "0", "",
				"1:1 [0] is out of range..."},
		{"a pattern", SETTING_PATTERN_RESPONSE, "4..",
				"pattern.response=100:400-499", ""},
		{"no pattern", SETTING_PATTERN_RESPONSE, "4(", "",
				"1:3 [4(] is no regular expression..."},
		{"true", SETTING_REDIRECTION, "true", "redirection=1", ""},
		{"TRUE", SETTING_REDIRECTION, "TRUE", "redirection=1", ""},
		{"on", SETTING_REDIRECTION, "On", "redirection=1", ""},
		{"yes", SETTING_REDIRECTION, "yes", "redirection=1", ""},
		{"1", SETTING_REDIRECTION, "1", "redirection=1", ""},
		{"false", SETTING_REDIRECTION, "false", "redirection=0", ""},
		{"off", SETTING_REDIRECTION, "OFF", "redirection=0", ""},
		{"no", SETTING_REDIRECTION, "no", "redirection=0", ""},
		{"0", SETTING_REDIRECTION, "0", "redirection=0", ""},
		{"maybe", SETTING_REDIRECTION, "maybe", "", "1:1 [maybe" NEITHER},
		{"2", SETTING_REDIRECTION, "2", "", "1:1 [2" NEITHER},
		{"truth", SETTING_REDIRECTION, "tru", "", "1:1 [tru" NEITHER},
		{"the least", SETTING_REDIRECTION_MAX, "0", "redirection.max=0", ""},
		{"the most", SETTING_REDIRECTION_MAX, "30", "redirection.max=30", ""},
		{"one too much", SETTING_REDIRECTION_MAX, "31", "",
				"1:1 [31] is no whole number from 0 to 30, the values of "
				"redirection.max"},
		{"the least", SETTING_ATTEMPTS, "1", "attempts=1", ""},
		{"the most", SETTING_ATTEMPTS, "30", "attempts=30", ""},
		{"zeros before", SETTING_ATTEMPTS, "0007", "attempts=7", ""},
		{"zero attempts", SETTING_ATTEMPTS, "0", "",
				"1:1 [0] is no whole number from 1 to 30, the values of "
				"attempts"},
		{"one too much", SETTING_ATTEMPTS, "31", "",
				"1:1 [31] is no whole number from 1 to 30..."},
		{"negative", SETTING_ATTEMPTS, "-1", "",
				"1:1 [-1] is no whole number from 1 to 30..."},
		{"a fraction", SETTING_ATTEMPTS, "1.5", "",
				"1:1 [1.5] is no whole number from 1 to 30..."},
		{"2^32 + 1", SETTING_ATTEMPTS, "4294967297", "",
				"1:1 [4294967297] is no whole number..."},
		{"2^64 + 1", SETTING_ATTEMPTS, "18446744073709551617", "",
				"1:1 [18446744073709551617] is no whole number..."},
		{"continue", SETTING_RINGING, "Continue", "ringing=0", ""},
		{"stop", SETTING_RINGING, "STOP", "ringing=1", ""},
		{"neither", SETTING_RINGING, "halt", "",
				"1:1 [halt] is neither continue nor stop, the values of "
				"ringing"},
		{"an empty value is the default", SETTING_TIMER_INVITING, "", "", ""},
		{"an empty value is the default", SETTING_PATTERN_RESPONSE, "", "", ""},
		{"an empty value is the default", SETTING_REDIRECTION, "", "", ""},
		{"an empty value is the default", SETTING_ATTEMPTS, "", "", ""},
		{"an empty value is the default", SETTING_REPLY, "", "", ""},
		{"an empty value is the default", SETTING_PRESET, "", "", ""},
		{"no limit", SETTING_TIMER_TOTAL, "OFF", "timer.total=0", ""},
		{"a limit", SETTING_TIMER_TOTAL, "60", "timer.total=60000", ""},
		{"zero is not off", SETTING_TIMER_TOTAL, "0", "",
				"1:1 [0] is no duration: off, for none, or 100ms to 3600s "
				"would "
				"be right"},
		{"neither", SETTING_TIMER_TOTAL, "never", "",
				"1:1 [never] is no duration: off, ..."},
		{"too short", SETTING_TIMER_TOTAL, "99ms", "",
				"1:1 [99ms] is out of range: a duration is 100ms to 3600s"},
		{"which Contacts", SETTING_REDIRECTION_ALLOW, "!@10\\.",
				"redirection.allow=!@10\\.", ""},
		{"no pattern", SETTING_REDIRECTION_ALLOW, "!@(", "",
				"1:4 [@(] is no regular expression: ..."},
		{"(*UTF)", SETTING_REDIRECTION_ALLOW, "(*UTF)a", "",
				"1:7 [(*UTF)a] is no regular expression: ..."},
		{"endless recursion", SETTING_REDIRECTION_ALLOW, "(?R)", "",
				"1:1 [(?R)] calls itself without end: ..."},
		{"a limit of its own", SETTING_REDIRECTION_ALLOW, "(*LIMIT_MATCH=1)a",
				"", "1:1 [(*LIMIT_MATCH=1)a] sets a limit of its own, ..."},
		{"the last reply", SETTING_REPLY, "Last", "reply=0", ""},
		{"the best reply", SETTING_REPLY, "best", "reply=1", ""},
		{"a reply", SETTING_REPLY, "480  Try Later", "reply=480 Try Later", ""},
		{"the least code", SETTING_REPLY, "400 x", "reply=400 x", ""},
		{"the highest code", SETTING_REPLY, "699 x", "reply=699 x", ""},
		{"a code too low", SETTING_REPLY, "399 x", "", "1:1 [399 x" NO_REPLY},
		{"a code too high", SETTING_REPLY, "700 x", "", "1:1 [700 x" NO_REPLY},
		{"four digits", SETTING_REPLY, "0480 x", "", "1:1 [0480 x" NO_REPLY},
		{"the longest reason", SETTING_REPLY, "480 " REASON_120 "1234567",
				"reply=480 " REASON_120 "1234567", ""},
		{"a longer reason", SETTING_REPLY, "480 " REASON_120 "12345678", "",
				"1:1 [480 ...] is no reply: ..."},
		{"no reason", SETTING_REPLY, "480", "", "1:1 [480" NO_REPLY},
		{"no code", SETTING_REPLY, "Try Later", "", "1:1 [Try Later" NO_REPLY},
		{"a second line", SETTING_REPLY, "480 a\r\nX: y", "",
				"1:1 [480 a??X: y" NO_REPLY},
		{"a preset", SETTING_PRESET, "Carrier",
				"pattern.response=5:408-504 redirection=0 ringing=1 "
				"preset=Carrier",
				""},
		{"the other preset", SETTING_PRESET, "brekeke",
				"timer.inviting=10000 timer.provisional=20000 "
				"timer.ringing=0 "
				"pattern.response=398:300-699 redirection=1 "
				"redirection.max=10 redirection.allow= timer.total=0 "
				"attempts=30 ringing=0 ruri=0 reply=0 preset=brekeke",
				""},
		{"an unknown preset", SETTING_PRESET, "telco", "",
				"1:1 [telco] is no preset: carrier or brekeke would be right"},
		{"a limit for ringing", SETTING_TIMER_RINGING, "45",
				"timer.ringing=45000", ""},
		{"no limit for ringing", SETTING_TIMER_RINGING, "Off",
				"timer.ringing=0", ""},
		{"zero is no limit for ringing", SETTING_TIMER_RINGING, "0", "",
				"1:1 [0] is no duration: off, for none..."},
		{"the request's URI", SETTING_RURI, "Keep", "ruri=1", ""},
		{"the destination's URI", SETTING_RURI, "destination", "ruri=0", ""},
		{"another URI", SETTING_RURI, "true", "",
				"1:1 [true] is neither destination nor keep, the values of "
				"ruri"},
		{"a socket", SETTING_SOCKET, "udp:10.0.0.1:5060",
				"socket=udp:10.0.0.1:5060", ""},
};

START_TEST(reads_values)
{
	const setting_t *row = &settings_table()[values[_i].id];
	arena_t *arena = small_arena();
	settings_t settings = {0};
	collector_t collector;
	char found[512] = "";
	str text;
	fragment_t value = fragment_of_bytes(&text, values[_i].text);

	collector_init(&collector);
	ck_assert_int_eq(settings_read(&settings, row, &value, arena,
							 &collector.diagnostics),
			values[_i].errors[0] == '\0' ? 0 : -1);
	/* the level has a copy of the text */
	memset(text.s, '#', text.len);
	expect_reported(values[_i].title, &collector, values[_i].errors);
	describe_settings(&settings, found, sizeof(found));
	expect_same(values[_i].title, found, values[_i].expected);
	exact_free(&text);
	arena_destroy(arena);
}
END_TEST

/* -- names ---------------------------------------------------------------- */

static const struct
{
	const char *text;
	int id; /* -1: there is no such setting */
	int option_id;
	const char *near; /* the similar name, if there is no such setting */
} names[] = {
		{"timer.inviting", SETTING_TIMER_INVITING, -1, NULL},
		{"Timer.INVITING", SETTING_TIMER_INVITING, -1, NULL},
		{"inviting", -1, SETTING_TIMER_INVITING, "one"},
		{"Provisional", -1, SETTING_TIMER_PROVISIONAL, "one"},
		{"pattern", -1, SETTING_PATTERN_RESPONSE, "one"},
		{"redirection", SETTING_REDIRECTION, -1, NULL},
		{"redirection.", -1, -1, "was redirection meant? Else one"},
		{"timer.invitin", -1, -1, "was timer.inviting meant? Else one"},
		{"timer.invitng", -1, -1, "was timer.inviting meant? Else one"},
		{"atempts", -1, -1, "was attempts meant? Else one"},
		{"&failover.timer.inviting", -1, -1, "one"},
		{"", -1, -1, "one"},
};

START_TEST(finds_names)
{
	const setting_t *table = settings_table();
	collector_t collector;
	str text;
	fragment_t name = fragment_of_bytes(&text, names[_i].text);
	const setting_t *expected = names[_i].id < 0 ? NULL : &table[names[_i].id];
	char message[512] = "";

	collector_init(&collector);
	ck_assert_ptr_eq(setting_find(&name), expected);
	ck_assert_ptr_eq(setting_require(&name, &collector.diagnostics), expected);
	ck_assert_ptr_eq(setting_find_option(&name),
			names[_i].option_id < 0 ? NULL : &table[names[_i].option_id]);
	/* the message names all settings that would be right, in full */
	if(expected == NULL)
		print(message, sizeof(message),
				"1:1 [%s] is no setting of failover: %s of timer.inviting, "
				"timer.provisional, timer.ringing, pattern.response, "
				"redirection, "
				"redirection.max, redirection.allow, timer.total, attempts, "
				"ringing, ruri, reply, preset would be right",
				names[_i].text, names[_i].near);
	expect_reported(names[_i].text, &collector, message);
	exact_free(&text);
}
END_TEST

START_TEST(may_be_set_only_once)
{
	const setting_t *row = &settings_table()[_i];
	settings_t settings = {0};
	collector_t collector;
	str text;
	fragment_t name = fragment_of_bytes(&text, "the.name");
	int i;

	collector_init(&collector);
	for(i = 0; i < SETTING_COUNT; i++)
		ck_assert_int_eq(settings_name(&settings, &settings_table()[i], &name,
								 &collector.diagnostics),
				0);
	ck_assert_int_eq(
			settings_name(&settings, row, &name, &collector.diagnostics), -1);
	expect_reported(row->explanation, &collector,
			"1:1 [the.name] stands here a second time: once is right");
	exact_free(&text);
}
END_TEST

/* -- levels --------------------------------------------------------------- */

/* Within a level, a value that is written there overrides the preset, whether it comes
 * before or after it. Of two levels, the later one overrides the other with each of its
 * values. */
static const struct
{
	const char *first, *second; /* NAME=VALUE of one level */
	const char *expected;
} presets[] = {
		{"preset=carrier", "redirection=true",
				"pattern.response=5:408-504 redirection=1 ringing=1 "
				"preset=carrier"},
		{"redirection=true", "preset=carrier",
				"pattern.response=5:408-504 redirection=1 ringing=1 "
				"preset=carrier"},
		{"attempts=3", "preset=carrier",
				"pattern.response=5:408-504 redirection=0 attempts=3 "
				"ringing=1 preset=carrier"},
		{"pattern.response=4..", "preset=carrier",
				"pattern.response=100:400-499 redirection=0 ringing=1 "
				"preset=carrier"},
};

static void read_line(settings_t *settings, const char *line, arena_t *arena)
{
	diagnostics_t diagnostics = {0};
	str text = {(char *)line, (int)strlen(line)};
	fragment_t whole = fragment_of(&text);
	int equals = fragment_find(&whole, 0, '=');
	fragment_t name = fragment_part(&whole, 0, equals);
	fragment_t value = fragment_part(&whole, equals + 1, text.len - equals - 1);

	ck_assert_int_eq(settings_read(settings, setting_find(&name), &value, arena,
							 &diagnostics),
			0);
}

START_TEST(overrides_its_preset)
{
	arena_t *arena = small_arena();
	settings_t level = {0}, below = {0}, later = {0};
	char found[256] = "";

	read_line(&level, presets[_i].first, arena);
	read_line(&level, presets[_i].second, arena);
	describe_settings(&level, found, sizeof(found));
	expect_same(presets[_i].first, found, presets[_i].expected);
	/* over a level with other values, and below such a level */
	read_line(&below, "pattern.response=6..", arena);
	settings_apply(&below, &level);
	found[0] = '\0';
	describe_settings(&below, found, sizeof(found));
	expect_same(presets[_i].first, found, presets[_i].expected);
	read_line(&later, "preset=brekeke", arena);
	settings_apply(&below, &later);
	ck_assert(below.redirection && below.attempts == 30);
	ck_assert_int_eq(below.ringing, RINGING_CONTINUE);
	arena_destroy(arena);
}
END_TEST

START_TEST(keeps_copies_of_its_texts)
{
	arena_t *arena = small_arena();
	arena_t *other = small_arena();
	settings_t level = {0};
	str socket;
	char found[256] = "";

	read_line(&level, "redirection.allow=a", arena);
	read_line(&level, "reply=480 b", arena);
	level.preset = (str){"carrier", 7};
	level.socket = exact("s", 1);
	socket = level.socket;
	ck_assert_int_eq(settings_keep(&level, other), 0);
	arena_destroy(arena);
	exact_free(&socket);
	describe_settings(&level, found, sizeof(found));
	ck_assert_str_eq(found, "redirection.allow=a reply=480 b");
	/* ASan checks that these are still in memory; it does not check those that printf()
	 * reads */
	ck_assert_mem_eq(level.redirection_allow.s, "a", 1);
	ck_assert_mem_eq(level.reply.phrase.s, "b", 1);
	ck_assert_mem_eq(level.preset.s, "carrier", 7);
	ck_assert_mem_eq(level.socket.s, "s", 1);
	counting_fail_at(1);
	while(settings_keep(&level, other) == 0)
		;
	ck_assert(counting_has_failed());
	arena_destroy(other);
}
END_TEST

/* Each set of rows that a level may have: these values are used; for the other rows,
 * the level below is used. */
START_TEST(puts_a_level_over_another)
{
	const setting_t *table = settings_table();
	settings_t below, level, both;
	unsigned written;
	int i;

	memset(&below, 0x11, sizeof(below));
	memset(&level, 0x22, sizeof(level));
	below.written = 1u << SETTING_ATTEMPTS;
	for(written = 0; written < 1u << SETTING_COUNT; written++) {
		level.written = written;
		both = below;
		settings_apply(&both, &level);
		for(i = 0; i < SETTING_COUNT; i++) {
			const settings_t *from = (written >> i) & 1 ? &level : &below;

			EXPECT(settings_has(&level, i) == ((written >> i) & 1), "%x %d",
					written, i);
			EXPECT(memcmp((char *)&both + table[i].offset,
						   (char *)from + table[i].offset, table[i].size)
							== 0,
					"%x %d", written, i);
		}
		EXPECT(both.written == (below.written | written), "%x", written);
	}
}
END_TEST

Suite *suite_settings(void)
{
	Suite *suite = suite_create("settings");
	TCase *tc = new_tcase("settings");

	tcase_add_loop_test(tc, has_the_documented_rows, 0, SETTING_COUNT);
	tcase_add_loop_test(tc, has_its_built_in_value, 0, SETTING_COUNT);
	tcase_add_loop_test(tc, reads_values, 0, ROWS(values));
	tcase_add_loop_test(tc, finds_names, 0, ROWS(names));
	tcase_add_loop_test(tc, may_be_set_only_once, 0, SETTING_COUNT);
	tcase_add_loop_test(tc, overrides_its_preset, 0, ROWS(presets));
	tcase_add_test(tc, keeps_copies_of_its_texts);
	tcase_add_test(tc, puts_a_level_over_another);
	suite_add_tcase(suite, tc);
	return suite;
}
