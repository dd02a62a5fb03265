/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "text/utf8.h"

#include "suites.h"
#include "support.h"

static const struct
{
	const char *title;
	const char *text;
	int len;
	long code; /* -1: not valid */
	int bytes;
} characters[] = {
		{"a letter", TEXT("a"), 'a', 1},
		{"NUL", TEXT("\0"), 0, 1},
		{"the last of one byte", TEXT("\x7f"), 0x7f, 1},
		{"the first of two", TEXT("\xc2\x80"), 0x80, 2},
		{"an umlaut, and more", TEXT("\xc3\xa4x"), 0xe4, 2},
		{"of three bytes", TEXT("\xe2\x82\xac"), 0x20ac, 3},
		{"of four", TEXT("\xf0\x9f\x98\x80"), 0x1f600, 4},
		{"the very last", TEXT("\xf4\x8f\xbf\xbf"), 0x10ffff, 4},
		{"a byte of Latin-1", TEXT("\xe4 "), -1, 1},
		{"one that continues", TEXT("\xbf"), -1, 1},
		{"one that never stands there", TEXT("\xff\xff"), -1, 1},
		{"cut off", TEXT("\xe2\x82"), -1, 1},
		{"too long a form, two bytes", TEXT("\xc1\xbf"), -1, 1},
		{"too long a form, three", TEXT("\xe0\x9f\xbf"), -1, 1},
		{"too long a form, four", TEXT("\xf0\x8f\xbf\xbf"), -1, 1},
		{"half of a pair", TEXT("\xed\xa0\x80"), -1, 1},
		{"beyond the last", TEXT("\xf4\x90\x80\x80"), -1, 1},
};

START_TEST(decodes)
{
	str text = exact(characters[_i].text, characters[_i].len);
	int bytes = 0;

	EXPECT(utf8_decode(text.s, text.len, &bytes) == characters[_i].code,
			"%s: another code", characters[_i].title);
	EXPECT(bytes == characters[_i].bytes, "%s: %d bytes", characters[_i].title,
			bytes);
	exact_free(&text);
}
END_TEST

static const struct
{
	const char *title;
	const char *text;
	int len;
	int most, taken;
} cuts[] = {
		{"there is room", TEXT("abc"), 3, 3},
		{"there is more", TEXT("abc"), 9, 3},
		{"between letters", TEXT("abc"), 2, 2},
		{"no room", TEXT("\xc3\xa4"), 0, 0},
		{"within two bytes", TEXT("a\xc3\xa4"), 2, 1},
		{"behind them", TEXT("a\xc3\xa4z"), 3, 3},
		{"within three", TEXT("\xe2\x82\xac"), 2, 0},
		{"within four", TEXT("ab\xf0\x9f\x98\x80z"), 5, 2},
		{"before four", TEXT("ab\xf0\x9f\x98\x80z"), 2, 2},
		{"in what is no character", TEXT("ab\x80\x80\x80\x80"), 4, 4},
		{"in half of one", TEXT("ab\xf0\x9f\x98z"), 4, 4},
};

START_TEST(cuts_between_characters)
{
	str text = exact(cuts[_i].text, cuts[_i].len);
	int taken = utf8_cut(text.s, text.len, cuts[_i].most);

	EXPECT(taken == cuts[_i].taken, "%s: %d bytes", cuts[_i].title, taken);
	exact_free(&text);
}
END_TEST

Suite *suite_utf8(void)
{
	Suite *suite = suite_create("utf8");
	TCase *tc = new_tcase("utf8");

	tcase_add_loop_test(tc, decodes, 0, ROWS(characters));
	tcase_add_loop_test(tc, cuts_between_characters, 0, ROWS(cuts));
	suite_add_tcase(suite, tc);
	return suite;
}
