/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "text/duration.h"
#include "suites.h"
#include "support.h"

#define NO_DURATION                                                      \
	"] is no duration: a whole number of seconds, or with a unit as in " \
	"30s, 30sec, 1500ms"
#define OUT_OF_RANGE "] is out of range: a duration is 100ms to 3600s"
#define MILLISECONDS(n) OUT_OF_RANGE "; " n "ms would be milliseconds"

static const struct
{
	const char *title;
	const char *text;
	unsigned ms;
	const char *errors;
} durations[] = {
		{"seconds", "30", 30000, ""},
		{"s", "30s", 30000, ""},
		{"sec", "30sec", 30000, ""},
		{"ms", "1500ms", 1500, ""},
		{"units in any case", "30S", 30000, ""},
		{"units in any case", "30SEC", 30000, ""},
		{"units in any case", "1500Ms", 1500, ""},
		{"zeros before", "007", 7000, ""},
		{"the least", "100ms", 100, ""},
		{"the most", "3600", 3600000, ""},
		{"the most in ms", "3600000ms", 3600000, ""},
		{"negative", "-5", 0, "1:1 [-5" NO_DURATION},
		{"zero", "0", 0, "1:1 [0" OUT_OF_RANGE},
		{"exponent", "1e9", 0, "1:1 [1e9" NO_DURATION},
		{"large", "99999999999", 0, "1:1 [99999999999" OUT_OF_RANGE},
		{"2^31", "2147483648", 0, "1:1 [2147483648" OUT_OF_RANGE},
		{"2^32+5", "4294967301", 0, "1:1 [4294967301" OUT_OF_RANGE},
		{"2^64+5", "18446744073709551621", 0,
				"1:1 [18446744073709551621" OUT_OF_RANGE},
		{"wraps when multiplied", "4294968", 0, "1:1 [4294968" OUT_OF_RANGE},
		{"wraps to 1 s when multiplied", "18446744073709552", 0,
				"1:1 [18446744073709552" OUT_OF_RANGE},
		{"below the least", "10ms", 0, "1:1 [10ms" OUT_OF_RANGE},
		{"just below the least", "99ms", 0, "1:1 [99ms" OUT_OF_RANGE},
		{"just beyond the most", "3601", 0, "1:1 [3601" MILLISECONDS("3601")},
		{"milliseconds without a unit", "4000", 0,
				"1:1 [4000" MILLISECONDS("4000")},
		{"too many of them also as milliseconds", "3600001s", 0,
				"1:1 [3600001s" OUT_OF_RANGE},
		{"just beyond the most in ms", "3600001ms", 0,
				"1:1 [3600001ms" OUT_OF_RANGE},
		{"a unit of another language", "1m", 0, "1:1 [1m" NO_DURATION},
		{"hexadecimal", "0x10", 0, "1:1 [0x10" NO_DURATION},
		{"fraction", "3.5", 0, "1:1 [3.5" NO_DURATION},
		{"fraction with comma", "3,5", 0, "1:1 [3,5" NO_DURATION},
		{"digits of another script", "\xd9\xa1\xd9\xa0", 0,
				"1:1 [\xd9\xa1\xd9\xa0" NO_DURATION},
		{"two numbers", "30 30", 0, "1:1 [30 30" NO_DURATION},
		{"a blank before the unit", "30 s", 0, "1:1 [30 s" NO_DURATION},
		{"a unit alone", "ms", 0, "1:1 [ms" NO_DURATION},
		{"a sign", "+5", 0, "1:1 [+5" NO_DURATION},
		{"nothing", "", 0, "1:1 [" NO_DURATION},
};

START_TEST(reads)
{
	collector_t collector;
	const char *bytes = durations[_i].text;
	str text = exact(bytes, (int)strlen(bytes));
	fragment_t fragment = fragment_of(&text);
	unsigned ms = 4711;
	bool is_right = durations[_i].ms != 0;

	collector_init(&collector);
	ck_assert_int_eq(duration_parse(&fragment, &ms, &collector.diagnostics),
			is_right ? 0 : -1);
	ck_assert_uint_eq(ms, is_right ? durations[_i].ms : 4711);
	expect_reported(durations[_i].title, &collector, durations[_i].errors);
	exact_free(&text);
}
END_TEST

/* Every number of seconds, and of ms round the ends of the range. */
START_TEST(reads_the_whole_range)
{
	unsigned number, ms;

	for(number = 0; number < 5000; number++) {
		diagnostics_t diagnostics = {0};
		char bytes[32] = "";
		str text = {bytes, 0};
		fragment_t fragment;
		unsigned expected = _i == 0	  ? number * 1000
							: _i == 1 ? number
									  : 3598000 + number;

		print(bytes, sizeof(bytes), _i == 0 ? "%us" : "%ums",
				_i == 2 ? expected : number);
		text.len = (int)strlen(bytes);
		fragment = fragment_of(&text);
		ms = 0;
		if(duration_parse(&fragment, &ms, &diagnostics) == 0)
			EXPECT(ms == expected, "%s: %u", bytes, ms);
		else
			EXPECT(expected < 100 || expected > 3600000, "%s", bytes);
	}
}
END_TEST

Suite *suite_duration(void)
{
	Suite *suite = suite_create("duration");
	TCase *tc = new_tcase("duration");

	tcase_add_loop_test(tc, reads, 0, ROWS(durations));
	tcase_add_loop_test(tc, reads_the_whole_range, 0, 3);
	suite_add_tcase(suite, tc);
	return suite;
}
