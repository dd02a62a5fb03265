/* SPDX-License-Identifier: GPL-2.0-or-later */
/* suites: one for each pure room, one that plays the cases of the language's
 * description, and one that feeds them all damaged texts. */
#ifndef FAILOVER_TEST_SUITES_H
#define FAILOVER_TEST_SUITES_H

#include <check.h>

Suite *suite_arena(void);
Suite *suite_diagnostics(void);
Suite *suite_findings(void);
Suite *suite_ascii(void);
Suite *suite_fragment(void);
Suite *suite_text_map(void);
Suite *suite_utf8(void);
Suite *suite_nearness(void);
Suite *suite_lookalike(void);
Suite *suite_sip_uri(void);
Suite *suite_contact(void);
Suite *suite_duration(void);
Suite *suite_boolean(void);
Suite *suite_header_name(void);
Suite *suite_header_line(void);
Suite *suite_pattern(void);
Suite *suite_literal(void);
Suite *suite_response(void);
Suite *suite_response_set(void);
Suite *suite_template(void);
Suite *suite_settings(void);
Suite *suite_destination(void);
Suite *suite_subject(void);
Suite *suite_network(void);
Suite *suite_function(void);
Suite *suite_words(void);
Suite *suite_condition(void);
Suite *suite_rule(void);
Suite *suite_rule_parse(void);
Suite *suite_inline_parse(void);
Suite *suite_dialplan_parse(void);
Suite *suite_rule_index(void);
Suite *suite_dialplan(void);
Suite *suite_route(void);
Suite *suite_dialplan_lint(void);
Suite *suite_policy(void);
Suite *suite_state(void);
Suite *suite_trace(void);
Suite *suite_log_line(void);
Suite *suite_hold(void);
Suite *suite_cases(void);
Suite *suite_mutation(void);

#endif
