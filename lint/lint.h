/* SPDX-License-Identifier: GPL-2.0-or-later */
/* lint: what the checks share. A walk visits the rules and knows the settings of
 * each; other functions find the place of something in the text of a rule. The
 * checks are in lint_*.c, one file for each subject. */
#ifndef FAILOVER_LINT_LINT_H
#define FAILOVER_LINT_LINT_H

#include "lint/dialplan_lint.h"

typedef struct lint
{
	const dialplan_t *plan;
	const settings_t *defaults;
	unsigned max_branches;
	const fragment_t *call_settings; /* NULL: this is no script call */
	arena_t *arena;
	diagnostics_t *diagnostics;
	searcher_t searcher;
	const condition_t **conditions; /* by the id of a test: its first one */
	bool *is_hidden; /* by the id of a rule; rule-unreachable sets it */
} lint_t;

/* A row of the table of checks. */
typedef struct lint_check
{
	const char *name;
	const char *explanation;  /* one line */
	int (*run)(lint_t *lint); /* 0, or -1 without memory */
} lint_check_t;

/** The table of all checks. It ends with a row without a name. */
const lint_check_t *lint_table(void);

/** Rules share tests: find the first condition that has each test.
 * @return 0, or -1 without memory */
int lint_find_conditions(lint_t *lint);

/* -- walking through a plan --------------------------------------------- */

/* A rule, and what is known of a call to which it applies. A rule above with
 * $continue may have applied to that call or not. So a value that such a rule sets
 * is not sure for the rules below, unless they set it themselves. */
typedef struct walk
{
	lint_t *lint;
	const rule_t *rule;	 /* NULL before the first one */
	settings_t settings; /* valid where they are sure */
	unsigned unsure;	 /* bit (1 << setting_id) */
	settings_t below;	 /* the same without the rule */
	unsigned unsure_below;
	/* by setting_id_t: the rule above that sets it; NULL: the server does */
	const rule_t *origins[SETTING_COUNT];
	/* the rule above whose To (first) or $session (further) this one uses if it has
	 * none of its own; NULL: there is no such rule, or it is not sure */
	const rule_t *first, *further;
	bool may_have_first, may_have_further; /* a rule above may set them */
} walk_t;

void walk_begin(walk_t *walk, lint_t *lint);

/** Go to the next rule.
 * @return false behind the last one */
bool walk_next(walk_t *walk);

/** Is the value of a setting known for this rule? */
bool walk_is_sure(const walk_t *walk, setting_id_t id);

/** Find the rule that sets a setting: this one or one above. Valid where the
 * setting is sure.
 * @return NULL: the server sets it */
const rule_t *walk_origin(const walk_t *walk, setting_id_t id);

/** Find the rule whose To (first) or $session (further) this rule uses: itself, or
 * a rule above if that is sure.
 * @return NULL: there is none, or it is not sure */
const rule_t *walk_first(const walk_t *walk);
const rule_t *walk_further(const walk_t *walk);

/** Are the destinations of this rule known? */
bool walk_knows_destinations(const walk_t *walk);

/** Does a destination use this rule's value of a setting, as it has no option of
 * its own for it? The destination may also stand in a rule below. */
bool walk_is_used(const walk_t *walk, setting_id_t id);

/** Find the lower one of two rules.
 * @param a,b NULL: a place above all rules */
const rule_t *rule_below(const rule_t *a, const rule_t *b);

/* A mistake in one rule can show in many rules below it. It is reported once. */
typedef struct blame
{
	bool is_set;
	const rule_t *rule; /* the last one that was blamed; NULL: the server */
} blame_t;

/** Blame a rule for a mistake that shows in this one.
 * @param culprit this one or one above; NULL: the server's settings
 * @return false: it was reported before */
bool walk_blame(const walk_t *walk, const rule_t *culprit, blame_t *blame);

/* -- places in the text ------------------------------------------------- */

/** Find the first line of a rule. */
fragment_t rule_where(const rule_t *rule);

/** Find a deploy line in the text of a rule.
 * @param name the name before the equals sign; capital and small letters are equal
 * @param value set to the text behind the equals sign, trimmed
 * @return false: there is no such line */
bool rule_find_line(const rule_t *rule, const char *name, fragment_t *line,
		fragment_t *value);

/** Find the value of a setting in the text of a rule, or of the call. If it is not
 * set there: find the first line of the rule. */
fragment_t rule_setting_where(
		const lint_t *lint, const rule_t *rule, setting_id_t id);

/** The text of a destination's URI with its suffix, without options. */
fragment_t destination_written(const destination_t *destination);

/** Call a function for each place that sets a setting: a line of a rule, or an
 * option of a destination.
 * @param see value: its text; settings: what that text was read into */
void lint_visit_setting(lint_t *lint, setting_id_t id,
		void (*see)(lint_t *lint, const fragment_t *value,
				const settings_t *settings));

/** Call a function once for each test, with the first condition that has it.
 * @return 0 */
int lint_visit_tests(
		lint_t *lint, void (*see)(lint_t *lint, const condition_t *condition));

/** Call a function for each line of all rules, trimmed, without the section headers. */
void lint_visit_lines(
		lint_t *lint, void (*see)(lint_t *lint, const fragment_t *line));

/** Call a function for each value of a rule that can contain groups (%1).
 * @param see text: the text of the value */
void lint_visit_templates(lint_t *lint, const rule_t *rule,
		void (*see)(lint_t *lint, const rule_t *rule,
				const template_t *template, const fragment_t *text,
				void *context),
		void *context);

/** Find the condition that a group of a rule belongs to.
 * @param hole the group's number, 0 for %1
 * @return NULL: there is no such group */
const condition_t *lint_condition_of(const rule_t *rule, int hole);

/** The pattern of a condition, with its exclamation mark. */
fragment_t condition_value(const condition_t *condition);

/* -- texts -------------------------------------------------------------- */

/** What a rule is called in a warning: "rule", or "call". */
const char *lint_rule_word(const lint_t *lint);

/** What stands before the name of a setting: "&failover."; in a call, nothing. */
const char *lint_setting_prefix(const lint_t *lint);

/** Does a condition with this pattern hold for a text? (A negated pattern holds
 * where its expression does not match.)
 * @return 1 yes, 0 no, -1 not known */
int lint_matches(lint_t *lint, const pattern_t *pattern, const str *text);

/** Does a test on $outbound hold where the request's URI is ours, and
 * does it hold where it is not?
 * @return bit 0: it holds for our URIs; bit 1: it holds for other URIs; 0: it is a
 *         test on something else */
int lint_sides_of(lint_t *lint, const test_t *test);

/** Find the end of a character class, [...] , that begins at offset i.
 * @return the offset of its last character; -1: not certain */
int lint_class_end(const str *regex, int i);

/** Does an expression have an empty alternative, which matches everything: a|, |a,
 * a||b? Brackets are skipped. */
bool lint_has_empty_alternative(const str *regex);

/* -- parts of checks ---------------------------------------------------- */

/** Is this the name, without its dollar, of a pseudo-variable that plans often use? */
bool lint_is_pv_name(const str *name);

/** Does the check condition-quoted warn of this condition? */
bool lint_is_quoted(const condition_t *condition);

/** Warn of a condition on $addr that never holds, or always.
 * @return 1 if it gave a warning, 0 if not, -1 without memory */
int lint_address_never(lint_t *lint, const condition_t *condition);

/* -- the checks --------------------------------------------------------- */

int lint_rule_unreachable(lint_t *lint);
int lint_rule_shadowed(lint_t *lint);
int lint_continues_alone(lint_t *lint);
int lint_last_continues(lint_t *lint);
int lint_reply_alone(lint_t *lint);
int lint_reply_continued(lint_t *lint);
int lint_rule_name_twice(lint_t *lint);
int lint_variable_unused(lint_t *lint);
int lint_header_slip(lint_t *lint);
int lint_group_negated(lint_t *lint);
int lint_group_shifted(lint_t *lint);
int lint_placeholder_literal(lint_t *lint);
int lint_typography(lint_t *lint);
int lint_comment_behind(lint_t *lint);

int lint_pattern_alternative(lint_t *lint);
int lint_pattern_empty(lint_t *lint);
int lint_pattern_negated_twice(lint_t *lint);
int lint_pattern_java(lint_t *lint);
int lint_redirection_unmatched(lint_t *lint);
int lint_redirection_anywhere(lint_t *lint);
int lint_redirection_off(lint_t *lint);
int lint_timer_beyond_total(lint_t *lint);

int lint_condition_never(lint_t *lint);
int lint_condition_empty(lint_t *lint);
int lint_condition_negated_twice(lint_t *lint);
int lint_condition_anchored(lint_t *lint);
int lint_condition_quoted(lint_t *lint);
int lint_condition_operator(lint_t *lint);
int lint_condition_quantifier(lint_t *lint);
int lint_condition_header(lint_t *lint);
int lint_conditions_together(lint_t *lint);
int lint_address_loose(lint_t *lint);
int lint_variable_unset(lint_t *lint);

int lint_destination_untried(lint_t *lint);
int lint_destination_name(lint_t *lint);
int lint_destination_twice(lint_t *lint);
int lint_destination_slash(lint_t *lint);
int lint_destination_escape(lint_t *lint);
int lint_destination_algorithm(lint_t *lint);

#endif
