/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "text/nearness.h"
#include "suites.h"
#include "support.h"

START_TEST(counts_letters)
{
	static const struct
	{
		const char *word, *other;
		int distance;
	} words[] = {{"", "", 0}, {"a", "", 1}, {"", "abc", 3}, {"TCP", "tcp", 0},
			{"TPC", "TCP", 1}, {"TC", "TCP", 1}, {"TCPP", "TCP", 1},
			{"session", "sesion", 1}, {"kitten", "sitting", 3},
			{"ca", "abc", 3}, {"contniue", "continue", 1}};
	static const char longer[] = "abcdefghijklmnopqrstuvwxyzabcdefghijkl";
	str text = {(char *)longer, (int)strlen(longer)};
	int i;

	for(i = 0; i < ROWS(words); i++) {
		str word = exact(words[i].word, (int)strlen(words[i].word));

		ck_assert_msg(
				nearness_distance(&word, words[i].other) == words[i].distance,
				"%s, %s: %d", words[i].word, words[i].other,
				nearness_distance(&word, words[i].other));
		exact_free(&word);
	}
	ck_assert_int_gt(nearness_distance(&text, longer), 20);
}
END_TEST

static const struct
{
	const char *word, *other;
	bool is_slip;
} slips[] = {{"$reqest", "$request", true}, {"$REQUEST", "$request", true},
		{"timer.invitng", "timer.inviting", true},
		{"timer.invite", "timer.inviting", false}, {"sesion", "session", true},
		{"ab", "To", false}, {"Tp", "To", false}, {"", "To", false},
		{"x", "request", false}, {"requests...", "request", false}};

START_TEST(knows_slips)
{
	str word = exact(slips[_i].word, (int)strlen(slips[_i].word));

	ck_assert_msg(nearness_is_slip(&word, slips[_i].other) == slips[_i].is_slip,
			"%s, %s", slips[_i].word, slips[_i].other);
	exact_free(&word);
}
END_TEST

Suite *suite_nearness(void)
{
	Suite *suite = suite_create("nearness");
	TCase *tc = new_tcase("nearness");

	tcase_add_test(tc, counts_letters);
	tcase_add_loop_test(tc, knows_slips, 0, ROWS(slips));
	suite_add_tcase(suite, tc);
	return suite;
}
