# shellcheck shell=sh source=test/build/lib.sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The unit tests find a leak, a write past the end of memory, and undefined
# arithmetic.
. test/build/lib.sh
enter_small_tree
mkdir test/unit

cp "$top/test/unit/run.c" test/unit
cat >test/unit/suites.h <<-'C'
	#include <check.h>
	#define SUITES(X) X(part) X(other)
	Suite *suite_part(void);
	Suite *suite_other(void);
C

# unit_test STATEMENTS: makes two suites. The second test of one of them has
# these statements.
unit_test() {
	cat >test/unit/test_part.c <<-C
		#include <limits.h>
		#include <stdlib.h>
		#include <string.h>
		#include "suites.h"
		#include "text/part.h"
		/* volatile, or the compiler sees through the mistakes and drops them */
		static char *volatile p;
		static volatile int n = 9;
		START_TEST(test_well) { ck_assert_int_eq(part_size(), 0); }
		END_TEST
		START_TEST(test_part) { (void)p; (void)n; $1 }
		END_TEST
		static Suite *suite(const char *name, const TTest *second)
		{
			Suite *suite = suite_create(name);
			TCase *tcase = tcase_create(name);
			tcase_add_test(tcase, test_well);
			tcase_add_test(tcase, second);
			suite_add_tcase(suite, tcase);
			return suite;
		}
		Suite *suite_part(void) { return suite("part", test_part); }
		Suite *suite_other(void) { return suite("other", test_well); }
	C
}

# results OK NOT-OK: fails unless this number of tests of each kind is counted.
results() {
	[ "$(grep -c '^ok ' build/results/unit.tap)" -eq "$1" ] &&
		[ "$(grep -c '^not ok ' build/results/unit.tap)" -eq "$2" ] || {
		cat build/results/unit.tap
		fail "not $1 ok and $2 not ok"
	}
}

unit_test 'ck_assert_int_eq(part_size(), 0);'
make check-unit
results 4 0
unit_test 'ck_assert_int_eq(part_size(), 1);'
must_fail make check-unit
output_has "Assertion 'part_size() == 1' failed"
results 3 2
unit_test 'p = malloc(8); ck_assert_ptr_nonnull(p); p = NULL;'
must_fail make check-unit
output_has 'detected memory leaks'
output_has 'part:test_part:0: (after this point) Early exit'
results 3 2
unit_test 'p = malloc(8); memset(p, 0, (size_t)n); free(p);'
must_fail make check-unit
output_has heap-buffer-overflow
results 3 2
unit_test 'n = INT_MAX; n = n + 1;'
must_fail make check-unit
output_has 'signed integer overflow'
results 3 2
# A test that fails only together with others counts as failed too.
unit_test 'if(n == 10) abort(); n++;'
sed -i 's/tcase_add_test(tcase, second);/&&/' test/unit/test_part.c
must_fail make check-unit
output_has 'part failed; once more'
results 6 1
