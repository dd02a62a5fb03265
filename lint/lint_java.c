/* SPDX-License-Identifier: GPL-2.0-or-later */
/* lint_java: the check for regular expressions that mean something else here. The
 * Brekeke server is a Java program; such an expression loads without an error. */
#include "lint/lint.h"

#include <string.h>

#include "text/ascii.h"

/* A spot in an expression, and what is known of it. */
typedef struct spot
{
	const str *regex;
	int at;
	int n_groups;	  /* of the whole expression */
	bool is_in_class; /* behind the [ of a class */
} spot_t;

static char next(const spot_t *spot, int ahead)
{
	return spot->at + ahead < spot->regex->len
				   ? spot->regex->s[spot->at + ahead]
				   : '\0';
}

/* -- what is there: how long it is; 0: nothing -------------------------- */

static int find_intersection(const spot_t *spot)
{
	return spot->is_in_class && next(spot, 0) == '&' && next(spot, 1) == '&'
				   ? 2
				   : 0;
}

/* [:alpha:], within a class. */
static int find_posix(const spot_t *spot)
{
	int len = 2;

	if(!spot->is_in_class || next(spot, 0) != '['
			|| !is_one_of(next(spot, 1), ":.="))
		return 0;
	while(is_letter(next(spot, len)) || next(spot, len) == '^')
		len++;
	return next(spot, len) == next(spot, 1) && next(spot, len + 1) == ']'
				   ? len + 2
				   : 0;
}

static int find_class_in_class(const spot_t *spot)
{
	return spot->is_in_class && next(spot, 0) == '[' && !find_posix(spot);
}

/* (?U) or (?iU:...) */
static int find_ungreedy(const spot_t *spot)
{
	bool has_it = false;
	int len = 2;

	if(spot->is_in_class || next(spot, 0) != '(' || next(spot, 1) != '?')
		return 0;
	for(; is_letter(next(spot, len)); len++)
		has_it = has_it || next(spot, len) == 'U';
	return has_it && is_one_of(next(spot, len), "):-") ? len + 1 : 0;
}

/* \10 where there are no ten groups. */
static int find_octal(const spot_t *spot)
{
	int number = 0;
	int len = 1;

	if(spot->is_in_class || next(spot, 0) != '\\' || next(spot, 1) == '0')
		return 0;
	for(; len < 4 && is_digit(next(spot, len)); len++)
		number = 10 * number + (next(spot, len) - '0');
	return number >= 10 && number > spot->n_groups ? len : 0;
}

/* \0101 */
static int find_long_octal(const spot_t *spot)
{
	int len = 2;

	if(next(spot, 0) != '\\' || next(spot, 1) != '0')
		return 0;
	while(len < 5 && next(spot, len) >= '0' && next(spot, len) <= '7')
		len++;
	return len == 5 ? len : 0;
}

static const struct
{
	int (*find)(const spot_t *spot);
	const char *why;
} differences[] = {
		{find_intersection,
				"within [...] this is two characters &, and in Java what both "
				"sides have: a (?=[...]) before the class would be right"},
		{find_posix,
				"this is a class of characters, and in Java those characters "
				"themselves: [A-Za-z], [0-9] and the like are the same in "
				"both"},
		{find_class_in_class,
				"within [...] this is the character [, and in Java it begins "
				"another class: \\[ for the character, or all in one class, "
				"would be right"},
		{find_ungreedy,
				"U makes each repeat take as little as it can, and in Java "
				"classes take letters of all languages: without the U would be "
				"right"},
		{find_octal,
				"there is no such group, so that this is one character by its "
				"octal number: for a dot write \\., and digits without a "
				"backslash"},
		{find_long_octal,
				"two digits count behind \\0, and in Java three: \\x41 would "
				"be right"},
};

#define DIFFERENCES (sizeof(differences) / sizeof(differences[0]))

/* -- walking through an expression -------------------------------------- */

/* Pass what stands at a spot. */
static void step(spot_t *spot)
{
	char c = next(spot, 0);
	int posix = find_posix(spot);

	if(c == '\\' && next(spot, 1) == 'Q') {
		while(spot->at < spot->regex->len
				&& !(next(spot, 0) == '\\' && next(spot, 1) == 'E'))
			spot->at++;
		spot->at += 2;
		return;
	}
	if(posix > 0 || c == '\\') {
		spot->at += posix > 0 ? posix : 2;
		return;
	}
	if(!spot->is_in_class && c == '[') {
		spot->is_in_class = true;
		spot->at += next(spot, 1) == '^' ? 2 : 1;
		/* a bracket right behind it is a character */
		if(next(spot, 0) == ']')
			spot->at++;
		return;
	}
	if(c == ']')
		spot->is_in_class = false;
	spot->at++;
}

/* Warn of the first difference.
 * @param value the pattern as written, which ends with the expression */
static void see_regex(
		lint_t *lint, const fragment_t *value, int regex_len, int n_groups)
{
	int offset = value->text.len - regex_len;
	str regex = {value->text.s + offset, regex_len};
	spot_t spot = {.regex = &regex, .n_groups = n_groups};

	for(; spot.at < regex.len; step(&spot)) {
		size_t i;

		for(i = 0; i < DIFFERENCES; i++) {
			int len = differences[i].find(&spot);
			fragment_t where;

			if(len == 0)
				continue;
			where = fragment_part(value, offset + spot.at, len);
			diagnostics_warning(lint->diagnostics, &where, "[%.*s]: %s",
					SHOWN(&where), differences[i].why);
			return;
		}
	}
}

static void see_condition(lint_t *lint, const condition_t *condition)
{
	const pattern_t *pattern = &condition->test->pattern;
	fragment_t value = condition_value(condition);

	see_regex(lint, &value, pattern->text.len, pattern->n_groups);
}

/* How many groups the pattern of a setting has is of no use to anybody. */
static void see_setting(
		lint_t *lint, const fragment_t *value, const settings_t *settings)
{
	(void)settings;
	see_regex(lint, value, value->text.len, PATTERN_GROUPS_MAX);
}

int lint_pattern_java(lint_t *lint)
{
	lint_visit_setting(lint, SETTING_PATTERN_RESPONSE, see_setting);
	lint_visit_setting(lint, SETTING_REDIRECTION_ALLOW, see_setting);
	return lint_visit_tests(lint, see_condition);
}
