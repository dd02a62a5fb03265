# shellcheck shell=sh source=test/build/lib.sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The unit tests find a leak, a write beyond the end, and undefined arithmetic.
. test/build/lib.sh
enter_small_tree
mkdir test/unit

# unit_test STATEMENTS: writes a runner with one test case.
unit_test() {
	cat >test/unit/run.c <<-C
		#include <check.h>
		#include <limits.h>
		#include <stdlib.h>
		#include <string.h>
		#include "text/room.h"
		/* volatile, or the compiler sees through the mistakes and drops them */
		static char *volatile p;
		static volatile int n = 9;
		START_TEST(test_room) { (void)p; (void)n; $1 }
		END_TEST
		int main(void)
		{
			Suite *suite = suite_create("room");
			TCase *tcase = tcase_create("room");
			SRunner *runner = srunner_create(suite);
			int bad;
			tcase_add_test(tcase, test_room);
			suite_add_tcase(suite, tcase);
			srunner_run_all(runner, CK_ENV);
			bad = srunner_ntests_failed(runner);
			srunner_free(runner);
			return bad != 0;
		}
	C
}

unit_test 'ck_assert_int_eq(room_size(), 0);'
make check-unit
unit_test 'p = malloc(8); ck_assert_ptr_nonnull(p); p = NULL;'
must_fail make check-unit
output_has 'detected memory leaks'
unit_test 'p = malloc(8); memset(p, 0, (size_t)n); free(p);'
must_fail make check-unit
output_has heap-buffer-overflow
unit_test 'n = INT_MAX; n = n + 1;'
must_fail make check-unit
output_has 'signed integer overflow'
