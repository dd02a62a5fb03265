/* SPDX-License-Identifier: GPL-2.0-or-later */
/* lint_conditions: checks of the conditions of a rule: their patterns and variables. */
#include "lint/lint.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "text/ascii.h"

/* So many conditions of one rule are compared with each other, and no more. */
#define COMPARED_MAX 32

/* -- patterns ----------------------------------------------------------- */

static void see_empty(lint_t *lint, const condition_t *condition)
{
	const pattern_t *pattern = &condition->test->pattern;
	fragment_t value;

	if(pattern->is_negated || !lint_has_empty_alternative(&pattern->text))
		return;
	value = condition_value(condition);
	diagnostics_warning(lint->diagnostics, &value,
			"[%.*s] always holds, as it has an empty alternative: leave out "
			"the bar that nothing stands beside",
			SHOWN(&value));
}

int lint_condition_empty(lint_t *lint)
{
	return lint_visit_tests(lint, see_empty);
}

static void see_negated_twice(lint_t *lint, const condition_t *condition)
{
	const pattern_t *pattern = &condition->test->pattern;
	fragment_t value;

	if(!pattern->is_negated || pattern->text.len == 0
			|| pattern->text.s[0] != '!')
		return;
	value = condition_value(condition);
	diagnostics_warning(lint->diagnostics, &value,
			"[%.*s]: the first ! negates, the second one is searched for as it "
			"stands: one would be right",
			SHOWN(&value));
}

int lint_condition_negated_twice(lint_t *lint)
{
	return lint_visit_tests(lint, see_negated_twice);
}

/* -- beginnings and ends ------------------------------------------------ */

#define REQUEST_BEGIN "INVITE "

static bool is_word_char(char c)
{
	return is_letter(c) || is_digit(c);
}

/* Find the letters and blanks at the beginning of an expression, behind its ^. A
 * character with a quantifier does not count. */
static str begin_of(const str *regex)
{
	str begin = {regex->s + 1, 0};
	int left = regex->len - 1;

	while(begin.len < left
			&& (is_word_char(begin.s[begin.len]) || begin.s[begin.len] == ' '))
		begin.len++;
	if(begin.len > 0 && begin.len < left
			&& strchr("*?{", begin.s[begin.len]) != NULL)
		begin.len--;
	return begin;
}

/* Does an expression end with a plain character and a $? */
static bool is_end_plain(const str *regex)
{
	int last = regex->len - 1;

	return last >= 2 && regex->s[last] == '$'
		   && is_word_char(regex->s[last - 1]) && regex->s[last - 2] != '\\';
}

static bool is_begin_of(const str *text, const char *whole)
{
	int len = (int)strlen(whole);

	return memcmp(text->s, whole, text->len < len ? text->len : len) == 0;
}

static void see_request(lint_t *lint, const condition_t *condition)
{
	const str *regex = &condition->test->pattern.text;
	const char *holds =
			condition->test->pattern.is_negated ? "always" : "never";
	fragment_t value = condition_value(condition);

	if(regex->s[0] == '^') {
		str begin = begin_of(regex);

		if(!is_begin_of(&begin, REQUEST_BEGIN))
			diagnostics_warning(lint->diagnostics, &value,
					"[%.*s] %s holds: failover() takes an INVITE, so that "
					"$request begins with INVITE sip:, in capitals",
					SHOWN(&value), holds);
	}
	if(is_end_plain(regex) && regex->s[regex->len - 2] != '0')
		diagnostics_warning(lint->diagnostics, &value,
				"[%.*s] %s holds: $request ends with the version, as in INVITE "
				"sip:100@192.0.2.1 SIP/2.0; leave the $ away",
				SHOWN(&value), holds);
}

static bool is_header(const subject_t *subject, const char *name)
{
	str wanted = str_of(name);

	return str_equal_nocase(&subject->name, &wanted);
}

/* A condition on a header that contains a name, a URI in angle brackets, and
 * parameters. */
static void see_header(lint_t *lint, const condition_t *condition)
{
	const str *regex = &condition->test->pattern.text;
	fragment_t value;
	str begin;

	if(!is_header(condition->test->subject, "From")
			&& !is_header(condition->test->subject, "To"))
		return;
	value = condition_value(condition);
	begin = *regex;
	begin.s++;
	begin.len--;
	if(regex->s[0] == '^' && begin.len >= 3
			&& strncasecmp(begin.s, "sip", 3) == 0)
		diagnostics_warning(lint->diagnostics, &value,
				"[%.*s]: this header mostly begins with a name or an angle "
				"bracket, as in \"Bob\" <sip:100@192.0.2.1>; leave the ^ away",
				SHOWN(&value));
	if(is_end_plain(regex))
		diagnostics_warning(lint->diagnostics, &value,
				"[%.*s]: this header mostly ends with an angle bracket or a "
				"tag, as in <sip:100@192.0.2.1>;tag=1; leave the $ away",
				SHOWN(&value));
}

static void see_anchored(lint_t *lint, const condition_t *condition)
{
	const test_t *test = condition->test;

	/* another alternative can match */
	if(test->pattern.text.len < 2
			|| memchr(test->pattern.text.s, '|', test->pattern.text.len))
		return;
	if(test->subject->kind == SUBJECT_REQUEST)
		see_request(lint, condition);
	else if(test->subject->kind == SUBJECT_HEADER)
		see_header(lint, condition);
}

int lint_condition_anchored(lint_t *lint)
{
	return lint_visit_tests(lint, see_anchored);
}

/* -- several conditions of a rule --------------------------------------- */

/* Do two tests have the same pattern, and one of them is negated? */
static bool are_contrary(const test_t *a, const test_t *b)
{
	return a->subject == b->subject
		   && a->pattern.is_negated != b->pattern.is_negated
		   && str_equal(&a->pattern.text, &b->pattern.text);
}

/* Does one test on $outbound demand a URI that is ours, and the other one a URI that
 * is not? */
static bool are_sides_apart(lint_t *lint, const test_t *a, const test_t *b)
{
	int sides_a = lint_sides_of(lint, a);
	int sides_b = lint_sides_of(lint, b);

	return sides_a != 0 && sides_b != 0 && (sides_a & sides_b) == 0;
}

static void compare(
		lint_t *lint, const condition_t *first, const condition_t *second)
{
	const test_t *a = first->test;
	const test_t *b = second->test;

	if(a == b)
		diagnostics_warning(lint->diagnostics, &second->where,
				"this condition stands in line %d already: once would do",
				first->where.line);
	else if(are_contrary(a, b) || are_sides_apart(lint, a, b))
		diagnostics_warning(lint->diagnostics, &second->where,
				"this rule never applies, as line %d demands the contrary: "
				"leave one of them out",
				first->where.line);
}

int lint_conditions_together(lint_t *lint)
{
	const condition_t *seen[COMPARED_MAX];
	const condition_t *condition;
	int i, j;

	for(i = 0; i < lint->plan->n_rules; i++) {
		int count = 0;

		for(condition = lint->plan->rules[i]->conditions;
				condition != NULL && count < COMPARED_MAX;
				condition = condition->next) {
			for(j = 0; j < count; j++)
				compare(lint, seen[j], condition);
			seen[count++] = condition;
		}
	}
	return 0;
}

/* -- variables ---------------------------------------------------------- */

/* What is known of a variable. */
typedef struct variable
{
	const rule_t *setter; /* the first rule that sets it */
	bool is_set;		  /* by a rule above with $continue */
	bool is_reported;
} variable_t;

static variable_t *variable_enter(
		lint_t *lint, text_map_t *map, const str *name)
{
	text_entry_t *entry = text_map_enter(map, name);

	if(entry != NULL && entry->value == NULL)
		entry->value = arena_alloc(lint->arena, sizeof(variable_t));
	return entry == NULL ? NULL : entry->value;
}

static int note_setters(lint_t *lint, text_map_t *map)
{
	const assignment_t *assignment;
	int i;

	for(i = 0; i < lint->plan->n_rules; i++) {
		for(assignment = lint->plan->rules[i]->variables; assignment != NULL;
				assignment = assignment->next) {
			variable_t *variable = variable_enter(lint, map, &assignment->name);

			if(variable == NULL)
				return -1;
			if(variable->setter == NULL)
				variable->setter = lint->plan->rules[i];
		}
	}
	return 0;
}

static void warn_unset(lint_t *lint, const rule_t *rule,
		const condition_t *condition, const variable_t *variable)
{
	const str *name = &condition->test->subject->name;
	const rule_t *setter = variable->setter;
	char where_set[128] = "no rule sets it";

	if(fragment_begins(&condition->where, SETTINGS_PREFIX)) {
		diagnostics_warning(lint->diagnostics, &condition->where,
				"this asks for $xavp(failover=>%.*s), which no rule can set, "
				"and "
				"sets nothing: a setting stands below [Deploy Patterns]",
				STR_FMT(name));
		return;
	}
	if(setter != NULL && setter->id >= rule->id)
		snprintf(where_set, sizeof(where_set),
				"the rule of line %d that sets it does not stand above",
				setter->line);
	else if(setter != NULL)
		snprintf(where_set, sizeof(where_set),
				"the rule of line %d that sets it has no $continue = true",
				setter->line);
	diagnostics_warning(lint->diagnostics, &condition->where,
			"only the script can have set &%.*s, as $xavp(failover=>%.*s): %s",
			STR_FMT(name), STR_FMT(name), where_set);
}

static int see_conditions(lint_t *lint, text_map_t *map, const rule_t *rule)
{
	const condition_t *condition;

	for(condition = rule->conditions; condition != NULL;
			condition = condition->next) {
		const subject_t *subject = condition->test->subject;
		variable_t *variable;

		if(subject->kind != SUBJECT_VARIABLE)
			continue;
		variable = variable_enter(lint, map, &subject->name);
		if(variable == NULL)
			return -1;
		if(variable->is_set || variable->is_reported)
			continue;
		variable->is_reported = true;
		warn_unset(lint, rule, condition, variable);
	}
	return 0;
}

static int note_set(lint_t *lint, text_map_t *map, const rule_t *rule)
{
	const assignment_t *assignment;

	if(!rule->continues)
		return 0;
	for(assignment = rule->variables; assignment != NULL;
			assignment = assignment->next) {
		variable_t *variable = variable_enter(lint, map, &assignment->name);

		if(variable == NULL)
			return -1;
		variable->is_set = true;
	}
	return 0;
}

int lint_variable_unset(lint_t *lint)
{
	text_map_t map;
	int i;

	text_map_init(&map, lint->arena);
	if(note_setters(lint, &map) < 0)
		return -1;
	for(i = 0; i < lint->plan->n_rules; i++) {
		const rule_t *rule = lint->plan->rules[i];

		if(see_conditions(lint, &map, rule) < 0
				|| note_set(lint, &map, rule) < 0)
			return -1;
	}
	return 0;
}
