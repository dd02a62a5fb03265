/* SPDX-License-Identifier: GPL-2.0-or-later */
/* lint_placeholders: the check for text that looks like a placeholder and is none. */
#include "lint/lint.h"

#include <string.h>

#include "text/ascii.h"
#include "dialplan/rule_parse.h"

/* -- below [Deploy Patterns]: those of other languages ------------------ */

/* Read a group as other languages write it: $1, ${1}, \1. An amount of money, $10
 * or $1.50, is no group.
 * @return the length of the group's text; 0: there is no group */
static int foreign_group(const char *s, int len, int *group)
{
	bool is_braced = len >= 4 && s[0] == '$' && s[1] == '{' && s[3] == '}';
	char digit = is_braced ? s[2] : len >= 2 ? s[1] : '0';
	char next = len >= 3 ? s[2] : '\0';

	if(digit < '1' || digit > '9')
		return 0;
	*group = digit - '0';
	if(is_braced)
		return 4;
	if(is_digit(next) || (is_one_of(next, ".,") && len >= 4 && is_digit(s[3])))
		return 0;
	return 2;
}

/* Find the bracket that closes this one; -1: there is none. */
static int bracket_end(const char *s, int len, int open)
{
	int depth = 0;
	int i;

	for(i = open; i < len; i++) {
		depth += (s[i] == '(') - (s[i] == ')');
		if(depth == 0)
			return i;
	}
	return -1;
}

/* The letters and underscores at the beginning of a text. */
static str pv_name(const char *s, int len)
{
	str name = {(char *)s, 0};

	while(name.len < len
			&& (is_letter(name.s[name.len]) || name.s[name.len] == '_'))
		name.len++;
	return name;
}

/* The length of a pseudo-variable that is written $(...); 0: it is none. */
static int bracketed_pv_len(const char *s, int len)
{
	str name = pv_name(s + 2, len - 2);

	return lint_is_pv_name(&name) || subject_is_pv_class(&name)
				   ? bracket_end(s, len, 1) + 1
				   : 0;
}

/* The length of the pseudo-variable at the beginning of a text: $rU, $avp(x),
 * $(rU); 0: there is none. */
static int pv_len(const char *s, int len)
{
	str name = pv_name(s + 1, len - 1);

	if(1 + name.len < len && name.s[name.len] == '(')
		return name.len == 0 ? bracketed_pv_len(s, len)
			   : subject_is_pv_class(&name)
					   ? bracket_end(s, len, 1 + name.len) + 1
					   : 0;
	if(1 + name.len < len && is_digit(name.s[name.len]))
		return 0;
	return lint_is_pv_name(&name) ? 1 + name.len : 0;
}

/* @return the length of the placeholder at an offset; 1: there is none */
static int see_foreign(
		lint_t *lint, const rule_t *rule, const fragment_t *text, int offset)
{
	const char *s = text->text.s + offset;
	int left = text->text.len - offset;
	int group;
	int len = foreign_group(s, left, &group);
	fragment_t where;

	if(len > 0 && group <= rule->n_groups) {
		where = fragment_part(text, offset, len);
		diagnostics_warning(lint->diagnostics, &where,
				"[%.*s] stands for itself: a group of the conditions is "
				"written %%%d",
				SHOWN(&where), group);
		return len;
	}
	len = *s == '$' ? pv_len(s, left) : 0;
	if(len == 0)
		return 1;
	where = fragment_part(text, offset, len);
	diagnostics_warning(lint->diagnostics, &where,
			"[%.*s] stands for itself: $pv(%.*s) = (.+) as the last condition, "
			"and %%{%d} here, would put it in",
			SHOWN(&where), SHOWN(&where), rule->n_groups + 1);
	return len;
}

static void see_template(lint_t *lint, const rule_t *rule,
		const template_t *template, const fragment_t *text, void *context)
{
	int i = 0;

	(void)template;
	(void)context;
	while(i < text->text.len)
		i += is_one_of(text->text.s[i], "$\\")
					 ? see_foreign(lint, rule, text, i)
					 : 1;
}

/* -- ours, where nothing is put in -------------------------------------- */

/* Find a group (%1) that is not the beginning of an escape (%1F).
 * @param n_groups the number of groups before this value
 * @return its place; the length is 0 if there is none */
static fragment_t find_own(const fragment_t *text, int n_groups)
{
	int i;

	for(i = 0; i < text->text.len; i++) {
		str rest = {text->text.s + i, text->text.len - i};
		int group;
		int len = rule_group_len(&rest, &group);

		if(len == 0)
			continue;
		if(rest.s[1] == '{'
				|| (len < rest.len && is_one_of(rest.s[len], "@$;>:"))
				|| (len == rest.len && (group == 1 || group <= n_groups)))
			return fragment_part(text, i, len);
	}
	return fragment_part(text, 0, 0);
}

static void see_condition(lint_t *lint, const condition_t *condition)
{
	fragment_t value = condition_value(condition);
	fragment_t where = find_own(&value, condition->first_group);

	/* inside of [...] the % can be one of several characters: no warning */
	if(where.text.len == 0 || memchr(value.text.s, '[', value.text.len) != NULL
			|| (where.text.s > value.text.s && where.text.s[-1] == '\\'))
		return;
	diagnostics_warning(lint->diagnostics, &where,
			"[%.*s] is searched for as it stands: groups are put into what "
			"stands below [Deploy Patterns], and \\1 is one of the same "
			"pattern",
			SHOWN(&where));
}

static void see_header(lint_t *lint, const assignment_t *header)
{
	fragment_t where = find_own(&header->where, RULE_GROUPS_MAX);

	if(where.text.len > 0)
		diagnostics_warning(lint->diagnostics, &where,
				"[%.*s] stands for itself: a group is put into the value of a "
				"header, not into its name",
				SHOWN(&where));
}

static void see_setting(
		lint_t *lint, const fragment_t *value, const settings_t *settings)
{
	fragment_t where = find_own(value, RULE_GROUPS_MAX);

	(void)settings;
	if(where.text.len > 0)
		diagnostics_warning(lint->diagnostics, &where,
				"[%.*s] stands for itself: no group is put into a setting",
				SHOWN(&where));
}

int lint_placeholder_literal(lint_t *lint)
{
	const assignment_t *header;
	int i;

	for(i = 0; i < lint->plan->n_rules; i++) {
		const rule_t *rule = lint->plan->rules[i];

		lint_visit_templates(lint, rule, see_template, NULL);
		for(header = rule->headers; header != NULL; header = header->next)
			see_header(lint, header);
	}
	lint_visit_setting(lint, SETTING_REPLY, see_setting);
	return lint_visit_tests(lint, see_condition);
}
