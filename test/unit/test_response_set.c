/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dialplan/pattern.h"
#include "dialplan/response_set.h"
#include "suites.h"
#include "support.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

START_TEST(by_default_lacks_only_the_challenges)
{
	response_set_t set;

	int code;

	memset(&set, 0, sizeof(set));
	response_set_default(&set);
	/* a pattern only matches negative final replies, whatever it is */
	for(code = -1; code <= 1000; code++)
		EXPECT(response_set_has(&set, code)
						== (code >= 300 && code <= 699 && code != 401
								&& code != 407),
				"%d", code);
}
END_TEST

START_TEST(has_no_code_that_is_out_of_range)
{
	static const int codes[] = {-2147483647 - 1, -300, -1, 0, 1, 99, 299, 700,
			999, 1000, 4861, 1 << 20, 2147483647};
	response_set_t set;
	int i;

	memset(&set, 0xff, sizeof(set));
	for(i = 0; i < ROWS(codes); i++)
		ck_assert(!response_set_has(&set, codes[i]));
}
END_TEST

/* -- against PCRE2 itself ------------------------------------------------- */

static const char *const patterns[] = {".+", ".", "4..", "4.", "^4", "4$", "5",
		"30.", "...", "^...$", "....", "408|5..", "408|480|486|500|502|503|504",
		"408|500|502|503|504", "[45]..", "[^6]..", "(?!486).+", "(?!486)^.+",
		"4(0[48]|8[06])", "^(?:4\\d\\d|503)$", "\\d", "\\D", "(.)\\1",
		"(\\d)\\1\\1", "(?<=4)8", "0{2}", "0*", "0+", "4..|", "", "x",
		"(?i)A|5", "[3-6]0[0-9]", "\\b4", "\\Q4..\\E", "(?#comment)486",
		"(?(?=4)..4|5..)", "\\x34..", "(?x) 4 . .", "4\\.\\.", "(a+)+$",
		"(\\d+)+$", "(\\d+)+x", "(\\d*)*x", "((\\d?)*)*x", "(\\d+)+[xy]",
		"((\\d?)*)*[xy]", "(?C1)4", "^(4|5)(?1)?", "\\K4", "(*COMMIT)4",
		"4(*SKIP)(*F)|5"};

static pcre2_code *regex_of(const char *pattern)
{
	int error;
	PCRE2_SIZE offset;
	pcre2_code *regex = pcre2_compile((PCRE2_SPTR)pattern,
			PCRE2_ZERO_TERMINATED, 0, &error, &offset, NULL);

	ck_assert_ptr_nonnull(regex);
	return regex;
}

static bool matches(const pcre2_code *regex, int code)
{
	char digits[8] = "";
	pcre2_match_data *match = pcre2_match_data_create(16, NULL);
	bool found;

	print(digits, sizeof(digits), "%03d", code);
	found = pcre2_match(regex, (PCRE2_SPTR)digits, 3, 0, 0, match, NULL) >= 0;
	pcre2_match_data_free(match);
	return found;
}

static int compile(
		const char *bytes, int len, response_set_t *set, collector_t *collector)
{
	str text = exact(bytes, len);
	fragment_t fragment = fragment_of(&text);
	int result;

	collector_init(collector);
	result = response_set_compile(&fragment, set, &collector->diagnostics);
	exact_free(&text);
	return result;
}

START_TEST(has_the_codes_that_pcre2_matches)
{
	const char *pattern = patterns[_i / 2];
	bool is_negated = _i % 2 == 1;
	char bytes[128] = "";
	collector_t collector;
	response_set_t set;
	pcre2_code *regex;
	int code;

	/* an empty text is not a pattern but a setting without a value */
	if(pattern[0] == '\0')
		return;
	print(bytes, sizeof(bytes), "%s%s", is_negated ? "!" : "", pattern);
	/* the earlier content must be overwritten */
	memset(&set, _i % 3 == 0 ? 0xff : 0, sizeof(set));
	ck_assert_msg(compile(bytes, (int)strlen(bytes), &set, &collector) == 0,
			"%s: %s", bytes, collector.text);
	regex = regex_of(pattern);
	for(code = 300; code <= 699; code++)
		EXPECT(response_set_has(&set, code)
						== (matches(regex, code) != is_negated),
				"%s: %d", bytes, code);
	pcre2_code_free(regex);
}
END_TEST

/* -- patterns that are refused -------------------------------------------- */

#define WOULD_BE_RIGHT "a pattern such as 4.. or 408|5.. would be right"

static const struct
{
	const char *title;
	const char *text;
	int len;
	const char *errors;
} wrong[] = {
		{"a bracket is not closed", TEXT("4("),
				"1:3 [4(] is no regular expression: missing closing "
				"parenthesis; " WOULD_BE_RIGHT},
		{"a class is not closed", TEXT("["),
				"1:2 [[] is no regular expression: missing terminating ] for "
				"character class; " WOULD_BE_RIGHT},
		{"nothing to repeat", TEXT("*"),
				"1:1 [*] is no regular expression: quantifier does not follow "
				"a repeatable item; " WOULD_BE_RIGHT},
		{"a bracket too much, in the middle", TEXT("4)."),
				"1:2 [4).] is no regular expression: unmatched closing "
				"parenthesis; " WOULD_BE_RIGHT},
		{"the column counts the !", TEXT("!4)."),
				"1:3 [4).] is no regular expression: ..." WOULD_BE_RIGHT},
		{"the column counts blanks behind the !", TEXT("!  4)."),
				"1:5 [4).] is no regular expression: ..." WOULD_BE_RIGHT},
		{"nothing behind the !", TEXT("!"),
				"1:1 there is no pattern behind the !: !4.. or 408|5.. would "
				"be "
				"right"},
		{"blanks behind the !", TEXT("!  "),
				"1:1 there is no pattern behind the !: !4.. or 408|5.. would "
				"be "
				"right"},
		{"\\C", TEXT("4\\C."),
				"1:4 [4\\C.] is no regular expression: ..." WOULD_BE_RIGHT},
		{"(*UTF)", TEXT("(*UTF)4"),
				"1:7 [(*UTF)4] is no regular expression: ..." WOULD_BE_RIGHT},
		{"(*UCP)", TEXT("(*UCP)4"),
				"1:7 [(*UCP)4] is no regular expression: ..." WOULD_BE_RIGHT},
		{"endless recursion", TEXT("(?R)"),
				"1:1 [(?R)] calls itself without end: " WOULD_BE_RIGHT},
		{"a limit of its own", TEXT("(*LIMIT_MATCH=1)4"),
				"1:1 [(*LIMIT_MATCH=1)4] sets a limit of its own, and the "
				"server's hold for all: " WOULD_BE_RIGHT},
		{"many steps", TEXT("(((((\\d*)*)*)*)*)*[xy]"), "?"},
		{"more steps",
				TEXT("(\\d|\\d\\d|\\d\\d\\d|)*(\\d|\\d\\d|\\d\\d\\d|)*"
					 "(\\d|\\d\\d|\\d\\d\\d|)*(\\d|\\d\\d|\\d\\d\\d|)*"
					 "(\\d|\\d\\d|\\d\\d\\d|)*(\\d|\\d\\d|\\d\\d\\d|)*[xy]"),
				"1:1 [...] takes too many steps on three "
				"digits: " WOULD_BE_RIGHT},
		{"deep", TEXT("(?:(?:(?:(?:){60000}){60000}){60000}){60000}x"), "?"},
		{"large by repetition",
				TEXT("(((((a{1,999}){1,999}){1,999}){1,999}){1,999})"),
				"1:...is no regular expression: ..." WOULD_BE_RIGHT},
		{"a lookbehind of many lengths", TEXT("(?<=((a|bb){9}){9})4"), "?"},
};

START_TEST(refuses_a_pattern_or_is_quick)
{
	collector_t collector;
	response_set_t set;
	double since = spent_ms();
	int result = compile(wrong[_i].text, wrong[_i].len, &set, &collector);
	double ms = spent_ms() - since;

	ck_assert_msg(ms < 50, "%s: %.1f ms", wrong[_i].title, ms);
	ck_assert_int_eq(result < 0, collector.diagnostics.errors == 1);
	/* ?: PCRE2 decides whether to refuse it; it must only be quick */
	if(strcmp(wrong[_i].errors, "?") == 0)
		return;
	ck_assert_int_eq(result, -1);
	expect_reported(wrong[_i].title, &collector, wrong[_i].errors);
}
END_TEST

/* Patterns of one piece that is repeated, up to 200 000 bytes. */
static const struct
{
	const char *title;
	const char *piece;
	int times;
	bool is_right;
} long_ones[] = {
		{"the longest", "4", PATTERN_BYTES_MAX, true},
		{"one byte longer", "4", PATTERN_BYTES_MAX + 1, false},
		{"200 000 bytes", "486|", 50000, false},
		{"10 000 groups", "()", 10000, false},
		{"as many groups as it takes", "()", 32, true},
		{"one more", "()", 33, false},
		{"as many groups as fit", "()", 512, false},
		{"as many groups as fit, deep", "(", 1024, false},
		{"groups that capture and repeat", "(.?)*", 32, true},
		{"recursions", "(?R)?", 204, false},
		{"alternatives", "(|.)", 32, true},
		{"the longest list of codes", "699|", 256, true},
		{"nearly too many steps", "(?:.|.|.|)", 5, true},
		{"lookaheads", "(?=.*.*.*[xy])?", 8, true},
		{"too many lookaheads", "(?=.*.*.*[xy])?", 68, false},
};

START_TEST(limits_long_patterns)
{
	int size = (int)strlen(long_ones[_i].piece) * long_ones[_i].times;
	char *bytes = malloc(size);
	collector_t collector;
	response_set_t set;
	double since;
	double ms;
	int result, i;

	for(i = 0; i < size; i++)
		bytes[i] = long_ones[_i].piece[i % (int)strlen(long_ones[_i].piece)];
	since = spent_ms();
	result = compile(bytes, size, &set, &collector);
	ms = spent_ms() - since;
	ck_assert_msg(ms < 50, "%s: %.1f ms", long_ones[_i].title, ms);
	ck_assert_msg((result == 0) == long_ones[_i].is_right, "%s: %s",
			long_ones[_i].title, collector.text);
	if(size > PATTERN_BYTES_MAX)
		expect_reported(long_ones[_i].title, &collector,
				"1:1 a pattern is at most 1024 bytes long");
	free(bytes);
}
END_TEST

Suite *suite_response_set(void)
{
	Suite *suite = suite_create("response_set");
	TCase *tc = new_tcase("response_set");

	tcase_add_test(tc, by_default_lacks_only_the_challenges);
	tcase_add_test(tc, has_no_code_that_is_out_of_range);
	tcase_add_loop_test(
			tc, has_the_codes_that_pcre2_matches, 0, 2 * ROWS(patterns));
	tcase_add_loop_test(tc, refuses_a_pattern_or_is_quick, 0, ROWS(wrong));
	tcase_add_loop_test(tc, limits_long_patterns, 0, ROWS(long_ones));
	suite_add_tcase(suite, tc);
	return suite;
}
