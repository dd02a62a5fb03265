/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_policy.c tests the order of replies. */
#include <string.h>

#include "sip/response.h"
#include "suites.h"
#include "support.h"

static const struct
{
	const char *text;
	int code; /* -1: refused */
	const char *phrase;
	int column; /* the column of the phrase */
} replies[] = {
		{"404 Not Here", 404, "Not Here", 5},
		{"404", 404, "", 4},
		{" \t404  a  b ", 404, "a  b", 8},
		{"400 x", 400, "x", 5},
		{"699 x", 699, "x", 5},
		{"404\tNo", 404, "No", 5},
		{"404 \xc3\xa4", 404, "\xc3\xa4", 5},
		{"404 'a b", 404, "'a b", 5},
		{"404 {a b", 404, "{a b", 5},
		{"399 x", -1, NULL, 0},
		{"700 x", -1, NULL, 0},
		{"302 Moved", -1, NULL, 0},
		{"200 OK", -1, NULL, 0},
		{"180", -1, NULL, 0},
		{"0404", -1, NULL, 0},
		{"40", -1, NULL, 0},
		{"4040", -1, NULL, 0},
		{"4x4", -1, NULL, 0},
		{"-40", -1, NULL, 0},
		{"+40", -1, NULL, 0},
		{"4.4", -1, NULL, 0},
		{"Busy", -1, NULL, 0},
		{"register", -1, NULL, 0},
		{"404,Busy", -1, NULL, 0},
		{"", -1, NULL, 0},
		{" ", -1, NULL, 0},
		{"\xd9\xa4\xd9", -1, NULL, 0},
};

START_TEST(splits_code_and_reason)
{
	str text = exact(replies[_i].text, (int)strlen(replies[_i].text));
	fragment_t fragment = fragment_of(&text);
	fragment_t phrase;
	int code = response_split(&fragment, &phrase);

	ck_assert_msg(code == replies[_i].code, "%s: %d", replies[_i].text, code);
	if(code >= 0) {
		ck_assert_int_eq(phrase.text.len, (int)strlen(replies[_i].phrase));
		ck_assert_mem_eq(phrase.text.s, replies[_i].phrase, phrase.text.len);
		if(phrase.text.len > 0)
			ck_assert_int_eq(phrase.column, replies[_i].column);
	}
	exact_free(&text);
}
END_TEST

#define REASON_40 "a reason that is exactly 40 bytes long.."
#define REASON_120 REASON_40 REASON_40 REASON_40

static const struct
{
	const char *title;
	const char *bytes;
	int len;
	bool is_phrase;
} phrases[] = {
		{"a word", TEXT("Busy"), true},
		{"words", TEXT("Not Here"), true},
		{"UTF-8",
				TEXT("\xc3\x9c"
					 "berlastet"),
				true},
		{"signs", TEXT("<a>;\"b\"%41{}\\"), true},
		{"the longest", TEXT(REASON_120 "1234567"), true},
		{"one byte longer", TEXT(REASON_120 "12345678"), false},
		{"nothing", TEXT(""), false},
		{"a line end", TEXT("a\nb"), false},
		{"a header", TEXT("a\r\nX: y"), false},
		{"a NUL", TEXT("a\0b"), false},
		{"a tab", TEXT("a\tb"), false},
		{"an escape sequence", TEXT("\x1b[31m"), false},
		{"DEL", TEXT("a\x7f"), false},
};

START_TEST(knows_what_a_phrase_may_be)
{
	str text = exact(phrases[_i].bytes, phrases[_i].len);

	ck_assert_msg(response_is_phrase(&text) == phrases[_i].is_phrase, "%s",
			phrases[_i].title);
	exact_free(&text);
}
END_TEST

static const struct
{
	int code;
	const char *phrase;
} defaults[] = {
		{400, "Bad Request"},
		{404, "Not Found"},
		{408, "Request Timeout"},
		{480, "Temporarily Unavailable"},
		{486, "Busy Here"},
		{503, "Service Unavailable"},
		{603, "Decline"},
		{608, "Rejected"},
		{499, "Request Failure"},
		{599, "Server Failure"},
		{699, "Global Failure"},
};

START_TEST(has_a_phrase_for_each_code)
{
	str text;
	int code;

	for(code = RESPONSE_OWN_MIN; code <= RESPONSE_OWN_MAX; code++) {
		text.s = (char *)response_phrase(code);
		text.len = (int)strlen(text.s);
		EXPECT(response_is_phrase(&text), "%d: %s", code, text.s);
	}
	for(code = 0; code < ROWS(defaults); code++)
		ck_assert_str_eq(
				response_phrase(defaults[code].code), defaults[code].phrase);
}
END_TEST

START_TEST(knows_redirections)
{
	int code;

	for(code = -1; code < 1000; code++)
		EXPECT(response_is_redirect(code) == (code >= 300 && code < 400), "%d",
				code);
}
END_TEST

static const struct
{
	const char *message;
	unsigned seconds;
} retries[] = {
		{"SIP/2.0 503 X\r\nRetry-After: 7\r\n\r\n", 7},
		{"SIP/2.0 503 X\r\nrETRY-aFTER \t:  7 \r\n\r\n", 7},
		{"SIP/2.0 503 X\r\nRetry-After: 7 (busy);duration=3\r\n\r\n", 7},
		{"SIP/2.0 503 X\r\nRetry-After: 7;duration=3\r\n\r\n", 7},
		{"SIP/2.0 503 X\nRetry-After: 7\n\n", 7},
		{"SIP/2.0 503 X\r\nRetry-After: 99999999999999999999\r\n\r\n",
				RESPONSE_RETRY_AFTER_MAX},
		{"SIP/2.0 503 X\r\nRetry-After: 0\r\n\r\n", 0},
		{"SIP/2.0 503 X\r\nRetry-After: -7\r\n\r\n", 0},
		{"SIP/2.0 503 X\r\nRetry-After: abc\r\n\r\n", 0},
		{"SIP/2.0 503 X\r\nRetry-After: 12x\r\n\r\n", 0},
		{"SIP/2.0 503 X\r\nRetry-After:\r\n\r\n", 0},
		{"SIP/2.0 503 X\r\nRetry-After: abc\r\nRetry-After: 9\r\n"
		 "Retry-After: 4\r\n\r\n",
				9},
		{"SIP/2.0 503 X\r\nX-Retry-After: 7\r\nRetry-Afterwards: 7\r\n\r\n", 0},
		{"SIP/2.0 503 X\r\nTo: x\r\n\r\nRetry-After: 7\r\n", 0},
		{"SIP/2.0 503 X\r\nRetry-After: 7", 0},
		{"SIP/2.0 503 X\r\nRetry-After", 0},
		{"", 0},
};

START_TEST(test_retry_after)
{
	str message = exact(retries[_i].message, (int)strlen(retries[_i].message));

	ck_assert_uint_eq(response_find_retry_after(&message), retries[_i].seconds);
	exact_free(&message);
}
END_TEST

Suite *suite_response(void)
{
	Suite *suite = suite_create("response");
	TCase *tc = new_tcase("response");

	tcase_add_loop_test(tc, test_retry_after, 0, ROWS(retries));
	tcase_add_loop_test(tc, splits_code_and_reason, 0, ROWS(replies));
	tcase_add_loop_test(tc, knows_what_a_phrase_may_be, 0, ROWS(phrases));
	tcase_add_test(tc, has_a_phrase_for_each_code);
	tcase_add_test(tc, knows_redirections);
	suite_add_tcase(suite, tc);
	return suite;
}
