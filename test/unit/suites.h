/* SPDX-License-Identifier: GPL-2.0-or-later */
/* suites: one suite for each pure file, one that plays the cases of the language, and
 * one that calls all of them with damaged texts. */
#ifndef FAILOVER_TEST_SUITES_H
#define FAILOVER_TEST_SUITES_H

#include <check.h>

/* The longest suites come first, so that none of them runs alone at the end. */
/* clang-format off */
#define SUITES(X) \
	X(dialplan_parse) X(dialplan_lint) X(mutation) X(pattern) X(hold) X(cases) \
	X(rule_index) X(log_line) X(dialplan) \
	X(arena) X(diagnostics) X(findings) X(ascii) X(fragment) X(text_map) X(utf8) \
	X(literal) X(nearness) X(lookalike) X(sip_uri) X(contact) X(duration) X(boolean) \
	X(header_name) X(header_line) X(response) X(response_set) X(template) \
	X(settings) X(destination) X(subject) X(network) X(function) X(words) \
	X(condition) X(rule) X(rule_parse) X(inline_parse) X(route) X(policy) \
	X(state) X(trace)
/* clang-format on */

#define SUITE(name) Suite *suite_##name(void);

SUITES(SUITE)

#endif
