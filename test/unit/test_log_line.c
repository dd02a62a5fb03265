/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lines of fields: one value in both formats, and values that do not fit. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "suites.h"
#include "text/log_line.h"
#include "text/text.h"
#include "text/utf8.h"

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

START_TEST(test_a_field_without_room_is_left_out_completely)
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

/* -- any bytes ----------------------------------------------------------- */

#define RANDOM_BYTES_MAX 40
#define RANDOM_LINES 20000

/* Mostly difficult bytes: quotes, control characters, and UTF-8, complete or damaged. */
static str random_value(char *buffer)
{
	static const char *const pieces[] = {"\"", "\\", "=", " ", "\n", "\r",
			"\x01", "\x7f", "{", "}", ",", "\\u0041", "\xc3\xa4",
			"\xe2\x82\xac", "\xc3", "\xe2\x82", "\xff", "\xc0\xaf",
			"\xed\xa0\x80", "\xf0\x9f\x98\x80", "\xf4\x90\x80\x80", "a",
			"sip:", "\x80"};
	int n = rand() % 9;
	str value = {buffer, 0};

	while(n-- > 0) {
		const char *piece =
				pieces[rand() % (int)(sizeof(pieces) / sizeof(pieces[0]))];

		memcpy(buffer + value.len, piece, strlen(piece));
		value.len += (int)strlen(piece);
	}
	return value;
}

/* Read a value in double quotes, as a reader of the line would.
 * @return the place after it */
static const char *unquote(const char *at, str *value)
{
	ck_assert_int_eq(*at++, '"');
	for(value->len = 0; *at != '"'; at++) {
		unsigned code = (unsigned char)*at;

		ck_assert_uint_ge(code, ' '); /* so a NUL is not part of it either */
		if(code == '\\') {
			at++;
			code = (unsigned char)*at;
			if(code == 'u') {
				ck_assert_int_eq(sscanf(at + 1, "%4x", &code), 1);
				ck_assert_uint_lt(code, 0x80);
				at += 4;
			} else {
				ck_assert(code == '"' || code == '\\');
			}
		}
		value->s[value->len++] = (char)code;
	}
	return at + 1;
}

/* The same text, with U+FFFD for bytes that are not valid UTF-8. */
static str clean(const str *value, char *buffer)
{
	str cleaned = {buffer, 0};
	int at, bytes;

	for(at = 0; at < value->len; at += bytes) {
		bool is_known =
				utf8_decode(value->s + at, value->len - at, &bytes) >= 0;

		memcpy(buffer + cleaned.len, is_known ? value->s + at : "\xef\xbf\xbd",
				is_known ? bytes : 3);
		cleaned.len += is_known ? bytes : 3;
	}
	return cleaned;
}

static void check_line(const str *first, const str *second, log_format_t format)
{
	static const char *const names[LOG_FORMATS][2] = {
			{"a=", " b="}, {"{\"a\":", ",\"b\":"}};
	const str *given[] = {first, second};
	char buffer[8 * RANDOM_BYTES_MAX], expected[8 * RANDOM_BYTES_MAX];
	log_line_t line;
	const char *at;
	int i;

	log_line_begin(&line, format);
	log_line_text(&line, "a", first);
	log_line_text(&line, "b", second);
	at = log_line_end(&line).s;
	for(i = 0; i < 2; i++) {
		str found = {buffer, 0};
		str wanted = format == LOG_FORMAT_JSON ? clean(given[i], expected)
											   : *given[i];

		ck_assert_int_eq(
				strncmp(at, names[format][i], strlen(names[format][i])), 0);
		at += strlen(names[format][i]);
		if(*at == '"') {
			at = unquote(at, &found);
		} else {
			found = (str){(char *)at, (int)strcspn(at, " ")};
			at += found.len;
		}
		ck_assert(str_equal(&found, &wanted));
	}
	ck_assert_str_eq(at, format == LOG_FORMAT_JSON ? "}" : "");
}

START_TEST(test_any_value_is_read_back)
{
	char one[8 * RANDOM_BYTES_MAX], other[8 * RANDOM_BYTES_MAX];
	int i;

	srand(1);
	for(i = 0; i < RANDOM_LINES; i++) {
		str first = random_value(one), second = random_value(other);

		check_line(&first, &second, LOG_FORMAT_TEXT);
		check_line(&first, &second, LOG_FORMAT_JSON);
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
	tcase_add_test(tests, test_a_field_without_room_is_left_out_completely);
	tcase_add_test(tests, test_any_value_is_read_back);
	tcase_add_test(tests, test_the_names_of_the_formats);
	suite_add_tcase(suite, tests);
	return suite;
}
