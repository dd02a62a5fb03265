/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <ctype.h>
#include <limits.h>

#include "text/ascii.h"
#include "suites.h"
#include "support.h"

#define HEX "0123456789abcdef"

/* Check runs in the locale "C", in which <ctype.h> knows ASCII only. */
START_TEST(agrees_with_ctype)
{
	char c = (char)_i;
	int byte = (unsigned char)c;
	const char *at = strchr(HEX, tolower(byte));

	ck_assert_int_eq(is_digit(c), isdigit(byte) != 0);
	ck_assert_int_eq(is_letter(c), isalpha(byte) != 0);
	ck_assert_int_eq(is_blank(c), isblank(byte) != 0);
	ck_assert_int_eq(
			is_space(c), isspace(byte) != 0 && byte != '\v' && byte != '\f');
	ck_assert_int_eq(to_lower(c), (char)tolower(byte));
	ck_assert_int_eq(hex_value(c), isxdigit(byte) ? (int)(at - HEX) : -1);
}
END_TEST

START_TEST(finds_characters_but_not_the_end_of_the_string)
{
	ck_assert(is_one_of('a', "abc"));
	ck_assert(is_one_of('c', "abc"));
	ck_assert(!is_one_of('A', "abc"));
	ck_assert(!is_one_of('a', ""));
	ck_assert(!is_one_of('\0', "abc"));
}
END_TEST

Suite *suite_ascii(void)
{
	Suite *suite = suite_create("ascii");
	TCase *tc = new_tcase("ascii");

	tcase_add_loop_test(tc, agrees_with_ctype, CHAR_MIN, CHAR_MAX + 1);
	tcase_add_test(tc, finds_characters_but_not_the_end_of_the_string);
	suite_add_tcase(suite, tc);
	return suite;
}
