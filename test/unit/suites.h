/* SPDX-License-Identifier: GPL-2.0-or-later */
/* suites: one for each pure room, and one that feeds them damaged texts. */
#ifndef FAILOVER_TEST_SUITES_H
#define FAILOVER_TEST_SUITES_H

#include <check.h>

Suite *suite_arena(void);
Suite *suite_diagnostics(void);
Suite *suite_fragment(void);
Suite *suite_sip_uri(void);
Suite *suite_contact(void);
Suite *suite_duration(void);
Suite *suite_pattern(void);
Suite *suite_response_set(void);
Suite *suite_template(void);
Suite *suite_settings(void);
Suite *suite_destination(void);
Suite *suite_rule(void);
Suite *suite_inline_parse(void);
Suite *suite_dialplan_parse(void);
Suite *suite_failover_policy(void);
Suite *suite_mutation(void);

#endif
