/* SPDX-License-Identifier: GPL-2.0-or-later */
/* lint: what the checks of dialplan_lint share: a walk over the rules with the
 * settings that hold for each, and the place of something in the text of a rule.
 * The checks themselves are in lint_*.c, one file for each subject. */
#ifndef FAILOVER_LINT_LINT_H
#define FAILOVER_LINT_LINT_H

#include "lint/dialplan_lint.h"

typedef struct lint
{
	const dialplan_t *plan;
	const settings_t *defaults;
	unsigned max_branches;
	arena_t *arena;
	diagnostics_t *diagnostics;
	searcher_t searcher;
	const condition_t **conditions; /* by the id of a test: the first with it */
	bool *is_hidden; /* by the id of a rule, once rule-unreachable was run */
} lint_t;

/* A row of the table of checks. */
typedef struct lint_check
{
	const char *name;
	const char *explanation;  /* one line */
	int (*run)(lint_t *lint); /* 0, or -1 without memory */
} lint_check_t;

/** The table; ends with a row without name. */
const lint_check_t *lint_table(void);

/** Tests are shared by rules: find where each stands first.
 * @return 0, or -1 without memory */
int lint_find_conditions(lint_t *lint);

/* -- walking through a plan --------------------------------------------- */

/* A rule, and what holds for a call to which it applies. A rule with $continue
 * may apply or not, and what stands in it holds for the rules below only then;
 * and what holds where a rule goes on below is known for what it says itself. */
typedef struct walk
{
	lint_t *lint;
	const rule_t *rule;	 /* NULL before the first one */
	settings_t settings; /* as far as they are sure */
	unsigned unsure;	 /* bit (1 << setting_id) */
	settings_t below;	 /* the same without the rule */
	unsigned unsure_below;
	/* by setting_id_t: the rule above that says it; NULL: the level below */
	const rule_t *origins[SETTING_COUNT];
	/* the rule above whose To, and whose $session, holds for this one if it has
	 * none; NULL: there is none, or it may hold */
	const rule_t *first, *further;
	bool may_have_first, may_have_further; /* some rule above may name them */
} walk_t;

void walk_begin(walk_t *walk, lint_t *lint);

/** Go to the next rule.
 * @return false behind the last one */
bool walk_next(walk_t *walk);

/** Is it known what a setting is for this rule? */
bool walk_is_sure(const walk_t *walk, setting_id_t id);

/** Which rule says a setting, this one or one above; where that is sure.
 * @return NULL: the level below says it */
const rule_t *walk_origin(const walk_t *walk, setting_id_t id);

/** Whose To, and whose $session, holds for this rule: its own, or that of a rule
 * above where that is sure.
 * @return NULL: it has none, or that is not sure */
const rule_t *walk_first(const walk_t *walk);
const rule_t *walk_further(const walk_t *walk);

/** Is it known which destinations this rule has? */
bool walk_knows_destinations(const walk_t *walk);

/** Is there a destination that goes by what holds for this rule, and has no option
 * of its own for it? Also one that a rule below may name. */
bool walk_is_used(const walk_t *walk, setting_id_t id);

/** Which of two rules stands below the other.
 * @param a,b NULL: above all of them */
const rule_t *rule_below(const rule_t *a, const rule_t *b);

/* What rules above are to blame for shows with many rules; it is said once. */
typedef struct blame
{
	bool is_set;
	const rule_t *rule; /* who was blamed last; NULL: the level below */
} blame_t;

/** Blame a rule for what shows with this one.
 * @param culprit this one or one above; NULL: the level below
 * @return false: that was said already */
bool walk_blame(const walk_t *walk, const rule_t *culprit, blame_t *blame);

/* -- places in the text ------------------------------------------------- */

/** The line that opens a rule. */
fragment_t rule_where(const rule_t *rule);

/** Find a deploy line in the text of a rule.
 * @param name as it is written, in any case of letters
 * @param value set to what is behind its equals sign, trimmed
 * @return false: there is no such line */
bool rule_find_line(const rule_t *rule, const char *name, fragment_t *line,
		fragment_t *value);

/** Where a setting stands in a rule; the line that opens the rule if it does
 * not. */
fragment_t rule_setting_where(const rule_t *rule, setting_id_t id);

/** The URI of a destination with its suffix, as it is written, without options. */
fragment_t destination_written(const destination_t *destination);

/** Call a function for each place where a setting is written out: in rules, and
 * as an option of destinations.
 * @param see value: as it stands there; settings: the level it was read into */
void lint_visit_setting(lint_t *lint, setting_id_t id,
		void (*see)(lint_t *lint, const fragment_t *value,
				const settings_t *settings));

/** Call a function for each test, with the condition where it stands first.
 * @return 0 */
int lint_visit_tests(
		lint_t *lint, void (*see)(lint_t *lint, const condition_t *condition));

/** Call a function for each line below the headers of rules, trimmed. */
void lint_visit_lines(
		lint_t *lint, void (*see)(lint_t *lint, const fragment_t *line));

/** Call a function for each value of a rule that may have groups in it.
 * @param see text: the value as it is written */
void lint_visit_templates(lint_t *lint, const rule_t *rule,
		void (*see)(lint_t *lint, const rule_t *rule,
				const template_t *template, const fragment_t *text,
				void *context),
		void *context);

/** The condition that a group of a rule belongs to.
 * @param hole from 0 for %1
 * @return NULL: it is none */
const condition_t *lint_condition_of(const rule_t *rule, int hole);

/** The pattern of a condition, with its exclamation mark. */
fragment_t condition_value(const condition_t *condition);

/* -- texts -------------------------------------------------------------- */

/** Does a pattern match a text, whether it is negated or not?
 * @return 1 yes, 0 no, -1 not known */
int lint_matches(lint_t *lint, const pattern_t *pattern, const str *text);

/** Whether the request's URI is ours or not.
 * @return bit 0 if a condition holds where it is, bit 1 where it is not; 0 of
 *         any other condition */
int lint_sides_of(lint_t *lint, const test_t *test);

/** Where a class of an expression ends that begins at an offset.
 * @return the offset of its last character; -1: that is not certain */
int lint_class_end(const str *regex, int i);

/** Does an expression have an alternative that is empty, and so matches
 * everything: a|, |a, a||b? Not looked for within brackets. */
bool lint_has_empty_alternative(const str *regex);

/* -- parts of checks ---------------------------------------------------- */

/** Is it the name of one of the pseudo-variables that a plan is likely to ask for,
 * without its dollar? */
bool lint_is_pv_name(const str *name);

/** Does condition-quoted speak of a condition? */
bool lint_is_quoted(const condition_t *condition);

/** Warn of a condition on $addr that never or always holds.
 * @return 1 if there was something to warn of, 0 if not, -1 without memory */
int lint_address_never(lint_t *lint, const condition_t *condition);

/* -- the checks --------------------------------------------------------- */

int lint_no_rule(lint_t *lint);
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

int lint_pattern_none(lint_t *lint);
int lint_pattern_alternative(lint_t *lint);
int lint_pattern_empty(lint_t *lint);
int lint_pattern_negated_twice(lint_t *lint);
int lint_redirection_unmatched(lint_t *lint);
int lint_redirection_anywhere(lint_t *lint);
int lint_redirection_off(lint_t *lint);
int lint_timer_beyond_total(lint_t *lint);
int lint_timer_unit(lint_t *lint);

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
int lint_destination_twice(lint_t *lint);
int lint_destination_slash(lint_t *lint);
int lint_destination_escape(lint_t *lint);

#endif
