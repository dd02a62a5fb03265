/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "text/lookalike.h"
#include "suites.h"
#include "support.h"

static const struct
{
	const char *text;
	int len;
	const char *of; /* NULL: it looks like no other */
	bool is_invisible;
} rows[] = {{"a", 0, NULL, false}, {" ", 0, NULL, false},
		{"\xc2\xa0x", 2, "blank", true}, {"\xc2", 0, NULL, false},
		{"\xc2\xa1", 0, NULL, false}, {"\xe2\x80", 0, NULL, false},
		{"\xe2\x80\x8b", 3, "nothing", true},
		{"\xe2\x80\x93", 3, "dash", false}, {"\xe2\x80\x94", 3, "dash", false},
		{"\xe2\x80\x99", 3, "apostrophe", false},
		{"\xe2\x80\x9c", 3, "quotation mark", false},
		{"\xe2\x80\x9e", 3, "quotation mark", false},
		{"\xe2\x80\xa6", 0, NULL, false}, {"\xc3\xbc", 0, NULL, false},
		{"\xef\xbc\x90", 3, "digit", false},
		{"\xef\xbc\x99", 3, "digit", false},
		{"\xef\xbc\x9a", 3, "colon", false}, {"\xef\xbc\xa1", 0, NULL, false},
		{"\xef\xbb\xbf", 3, "nothing", true}, {"\xff", 0, NULL, false}};

START_TEST(finds_what_looks_alike)
{
	str text = exact(rows[_i].text, (int)strlen(rows[_i].text));
	lookalike_t found = lookalike_find(text.s, text.len);

	ck_assert_int_eq(found.len, rows[_i].len);
	ck_assert_int_eq(found.is_invisible, rows[_i].is_invisible);
	if(rows[_i].of != NULL)
		ck_assert_str_eq(found.of, rows[_i].of);
	exact_free(&text);
}
END_TEST

Suite *suite_lookalike(void)
{
	Suite *suite = suite_create("lookalike");
	TCase *tc = new_tcase("lookalike");

	tcase_add_loop_test(tc, finds_what_looks_alike, 0, ROWS(rows));
	suite_add_tcase(suite, tc);
	return suite;
}
