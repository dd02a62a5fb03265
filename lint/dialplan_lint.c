/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lint/dialplan_lint.h"

#include "lint/lint.h"

static const lint_check_t checks[] = {
		{"rule-unreachable",
				"a rule that never applies, as one above it always does where "
				"it would",
				lint_rule_unreachable},
		{"rule-shadowed",
				"a rule that never applies, as a pattern above it matches "
				"whatever its own does",
				lint_rule_shadowed},
		{"continues-alone",
				"a rule with $continue that takes calls for which there is no "
				"destination",
				lint_continues_alone},
		{"last-continues", "$continue in the last rule", lint_last_continues},
		{"reply-alone", "settings, headers or $transport beside $action",
				lint_reply_alone},
		{"reply-continued",
				"$continue beside $action, whose reply a rule below takes away",
				lint_reply_continued},
		{"rule-name-twice", "two rules of the same name", lint_rule_name_twice},
		{"variable-unused",
				"a $name or &name that no condition asks for and only the "
				"script can use",
				lint_variable_unused},
		{"header-slip",
				"a header with the name of a deploy line or of a setting",
				lint_header_slip},
		{"group-negated",
				"a group of a negated condition, which is always empty",
				lint_group_negated},
		{"group-shifted",
				"a group in $time, $addr or the like that shifts the numbers "
				"of the others",
				lint_group_shifted},
		{"placeholder-literal",
				"what looks like a placeholder, $1, \\1 or $rU, and stands for "
				"itself",
				lint_placeholder_literal},
		{"typography",
				"a typographic quotation mark, dash or blank instead of the "
				"plain one",
				lint_typography},
		{"comment-behind", "a comment behind a value", lint_comment_behind},
		{"pattern-alternative",
				"a part of a response pattern that matches no code",
				lint_pattern_alternative},
		{"pattern-empty",
				"a response pattern that also matches an empty text, and so "
				"every code",
				lint_pattern_empty},
		{"pattern-negated-twice", "a setting's pattern that begins with !!",
				lint_pattern_negated_twice},
		{"pattern-java", "a pattern that Java reads otherwise",
				lint_pattern_java},
		{"redirection-unmatched",
				"redirection = true while the pattern matches no 3xx",
				lint_redirection_unmatched},
		{"redirection-anywhere", "a redirect that may lead anywhere",
				lint_redirection_anywhere},
		{"redirection-off", "settings of redirection while none is followed",
				lint_redirection_off},
		{"timer-beyond-total", "a timer that is not over before timer.total is",
				lint_timer_beyond_total},
		{"condition-never", "a condition that never or always holds",
				lint_condition_never},
		{"condition-empty",
				"a condition with an empty alternative, which always holds",
				lint_condition_empty},
		{"condition-negated-twice", "a condition that begins with !!",
				lint_condition_negated_twice},
		{"condition-anchored",
				"a ^ or $ where a header or the request line does not begin "
				"or end so",
				lint_condition_anchored},
		{"condition-quoted", "quotation marks or slashes round a pattern",
				lint_condition_quoted},
		{"condition-operator", "==, => or =~ before a pattern",
				lint_condition_operator},
		{"condition-quantifier",
				"a + or * that was meant as the character, or as any text",
				lint_condition_quantifier},
		{"condition-header",
				"a header with the name of a function, or nearly that of "
				"another header",
				lint_condition_header},
		{"conditions-together",
				"conditions of one rule that are the same or exclude each "
				"other",
				lint_conditions_together},
		{"address-loose",
				"an IP address in $addr that also matches longer ones",
				lint_address_loose},
		{"variable-unset",
				"a &name that no rule above sets, so only the script can",
				lint_variable_unset},
		{"destination-untried",
				"more destinations than max_branches or attempts allow",
				lint_destination_untried},
		{"destination-name",
				"a host name behind the first destination, which may hold up "
				"other calls",
				lint_destination_name},
		{"destination-twice", "the same destination or host twice",
				lint_destination_twice},
		{"destination-slash", "a parameter value that ends like a transport",
				lint_destination_slash},
		{"destination-escape",
				"a group in a URI that looks like an escape, %20",
				lint_destination_escape},
		{"destination-algorithm",
				"a set of dispatcher with an algorithm that dispatcher lacks",
				lint_destination_algorithm},
		{NULL, NULL, NULL},
};

const lint_check_t *lint_table(void)
{
	return checks;
}

static int run_checks(lint_t *lint)
{
	const lint_check_t *check;

	for(check = checks; check->name != NULL; check++) {
		lint->diagnostics->warning_name = check->name;
		if(check->run(lint) < 0)
			return -1;
	}
	lint->diagnostics->warning_name = NULL;
	return 0;
}

int dialplan_lint(const dialplan_t *plan, const lint_options_t *options,
		arena_t *arena, diagnostics_t *diagnostics)
{
	lint_t lint = {.plan = plan,
			.defaults = options->defaults,
			.max_branches = options->max_branches,
			.call_settings = options->call_settings,
			.arena = arena,
			.diagnostics = diagnostics};
	int result = -1;

	if(searcher_init(&lint.searcher) < 0)
		return -1;
	if(lint_find_conditions(&lint) == 0)
		result = run_checks(&lint);
	searcher_destroy(&lint.searcher);
	return result;
}
