/* SPDX-License-Identifier: GPL-2.0-or-later */
/* run [PART OF]: the unit tests of the pure rooms, or every OF-th suite of them
 * from PART, 1 to OF, on: parts run side by side. Each test is a process of its own
 * (Check's default; CK_FORK=no for a debugger), so that a crash or a leak of
 * one is reported as that one's. */
#include <stdlib.h>

#include "suites.h"

int main(int argc, char **argv)
{
	static Suite *(*const suites[])(void) = {suite_arena, suite_diagnostics,
			suite_findings, suite_ascii, suite_fragment, suite_text_map,
			suite_utf8, suite_nearness, suite_lookalike, suite_sip_uri,
			suite_contact, suite_duration, suite_boolean, suite_header_name,
			suite_header_line, suite_pattern, suite_literal, suite_response,
			suite_response_set, suite_template, suite_settings,
			suite_destination, suite_subject, suite_network, suite_function,
			suite_words, suite_condition, suite_rule, suite_rule_parse,
			suite_inline_parse, suite_dialplan_parse, suite_rule_index,
			suite_dialplan, suite_route, suite_dialplan_lint, suite_policy,
			suite_state, suite_trace, suite_log_line, suite_hold, suite_cases,
			suite_mutation};
	SRunner *runner = srunner_create(NULL);
	size_t first = argc == 3 ? strtoul(argv[1], NULL, 10) - 1 : 0;
	size_t step = argc == 3 ? strtoul(argv[2], NULL, 10) : 1;
	size_t i;
	int failed;

	for(i = first; i < sizeof(suites) / sizeof(suites[0]); i += step)
		srunner_add_suite(runner, suites[i]());
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
