/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lines of fields: one value in both formats, and what has no room. */
#include <stdlib.h>
#include <string.h>

#include "suites.h"
#include "text/log_line.h"
#include "text/text.h"

static const struct
{
	const char *value, *text, *json;
} values[] = {
		{"503", "a=503", "{\"a\":\"503\"}"},
		{"sip:a@h;x/UDP", "a=sip:a@h;x/UDP", "{\"a\":\"sip:a@h;x/UDP\"}"},
		{"", "a=\"\"", "{\"a\":\"\"}"},
		{"two words", "a=\"two words\"", "{\"a\":\"two words\"}"},
		{"x=y", "a=\"x=y\"", "{\"a\":\"x=y\"}"},
		{"a \"b\"", "a=\"a \\\"b\\\"\"", "{\"a\":\"a \\\"b\\\"\"}"},
		{"\\", "a=\"\\\\\"", "{\"a\":\"\\\\\"}"},
		{"a\nb\x7f", "a=\"a\\u000ab\\u007f\"", "{\"a\":\"a\\u000ab\\u007f\"}"},
		{"\xc3\xa4", "a=\xc3\xa4", "{\"a\":\"\xc3\xa4\"}"},
		{"\xff!", "a=\xff!", "{\"a\":\"\xef\xbf\xbd!\"}"},
};

START_TEST(test_value)
{
	log_line_t line;

	log_line_begin(&line, LOG_FORMAT_TEXT);
	log_line_word(&line, "a", values[_i].value);
	ck_assert_str_eq(log_line_end(&line).s, values[_i].text);
	log_line_begin(&line, LOG_FORMAT_JSON);
	log_line_word(&line, "a", values[_i].value);
	ck_assert_str_eq(log_line_end(&line).s, values[_i].json);
}
END_TEST

START_TEST(test_several_fields)
{
	log_line_t line;
	int format;

	for(format = 0; format < LOG_FORMATS; format++) {
		log_line_begin(&line, (log_format_t)format);
		log_line_word(&line, "event", "call");
		log_line_number(&line, "ms", 12);
		log_line_number(&line, "n", -1);
		ck_assert_str_eq(log_line_end(&line).s,
				format == LOG_FORMAT_JSON
						? "{\"event\":\"call\",\"ms\":12,\"n\":-1}"
						: "event=call ms=12 n=-1");
	}
}
END_TEST

START_TEST(test_what_has_no_room_is_left_out_as_a_whole)
{
	static char long_value[LOG_LINE_BYTES_MAX];
	int format, len;

	memset(long_value, '"', sizeof(long_value) - 1);
	for(format = 0; format < LOG_FORMATS; format++) {
		for(len = 2000; len < LOG_LINE_BYTES_MAX - 1; len++) {
			str value = {long_value, len};
			log_line_t line;
			str made;

			log_line_begin(&line, (log_format_t)format);
			log_line_number(&line, "a", 1);
			log_line_text(&line, "b", &value);
			made = log_line_end(&line);
			ck_assert_int_lt(made.len, LOG_LINE_BYTES_MAX);
			ck_assert_int_eq(made.s[made.len], '\0');
			ck_assert_int_eq(made.s[made.len - 1], format == LOG_FORMAT_JSON
														   ? '}'
												   : made.len == 3 ? '1'
																   : '"');
			ck_assert(made.len < 10 || made.len > 2 * len);
		}
	}
}
END_TEST

START_TEST(test_the_names_of_the_formats)
{
	static const struct
	{
		const char *name;
		int result;
		log_format_t format;
	} names[] = {{"text", 0, LOG_FORMAT_TEXT}, {"json", 0, LOG_FORMAT_JSON},
			{"JSON", 0, LOG_FORMAT_JSON}, {"", -1, LOG_FORMAT_TEXT},
			{"xml", -1, LOG_FORMAT_TEXT}, {"jsonl", -1, LOG_FORMAT_TEXT}};
	size_t i;

	for(i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		log_format_t format = LOG_FORMAT_TEXT;
		str name = str_of(names[i].name);

		ck_assert_int_eq(log_format_parse(&name, &format), names[i].result);
		ck_assert_int_eq(format, names[i].format);
	}
}
END_TEST

Suite *suite_log_line(void)
{
	Suite *suite = suite_create("log_line");
	TCase *tests = tcase_create("log_line");

	tcase_add_loop_test(
			tests, test_value, 0, sizeof(values) / sizeof(values[0]));
	tcase_add_test(tests, test_several_fields);
	tcase_add_test(tests, test_what_has_no_room_is_left_out_as_a_whole);
	tcase_add_test(tests, test_the_names_of_the_formats);
	suite_add_tcase(suite, tests);
	return suite;
}
