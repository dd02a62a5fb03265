/* SPDX-License-Identifier: GPL-2.0-or-later */
/* lint_never: the check for conditions that no call can make true. */
#include "lint/lint.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "text/ascii.h"

/* A plan may cost so many searches through all values of a subject: about a second. */
#define SEARCHES_MAX 2000000

/* -- subjects of which all values are known ------------------------------ */

/* All values that a subject can have. */
typedef struct domain
{
	const char *values; /* their description in a message */
	int count;			/* 0: there are too many, or it is not known */
	void (*make)(int number, char *value, size_t size);
} domain_t;

static void make_transport(int number, char *value, size_t size)
{
	static const char *const names[] = {
			"UDP", "TCP", "TLS", "SCTP", "WS", "WSS"};

	snprintf(value, size, "%s", names[number]);
}

static void make_truth(int number, char *value, size_t size)
{
	snprintf(value, size, "%s", number == 0 ? "true" : "false");
}

static void make_port(int number, char *value, size_t size)
{
	snprintf(value, size, "%d", number + 1);
}

/* Some of these dates do not exist; that does no harm. */
static void make_date(int number, char *value, size_t size)
{
	snprintf(value, size, "%04d/%02d/%02d", 2000 + number / (12 * 31),
			number / 31 % 12 + 1, number % 31 + 1);
}

/* A minute has 61 seconds here, because of leap seconds. */
static void make_time(int number, char *value, size_t size)
{
	snprintf(value, size, "%02d:%02d:%02d", number / (60 * 61),
			number / 61 % 60, number % 61);
}

static const domain_t domains[SUBJECT_KINDS] = {
		[SUBJECT_TRANSPORT] = {"UDP, TCP, TLS, SCTP, WS or WSS, in capitals", 6,
				make_transport},
		[SUBJECT_LOCALHOST] = {"true or false", 2, make_truth},
		[SUBJECT_LOCALHOST_OF] = {"true or false", 2, make_truth},
		[SUBJECT_OUTBOUND] = {"true or false", 2, make_truth},
		[SUBJECT_OUTBOUND_OF] = {"true or false", 2, make_truth},
		[SUBJECT_ADDR_PREFIX] = {"true or false", 2, make_truth},
		[SUBJECT_ADDR_RANGE] = {"true or false", 2, make_truth},
		[SUBJECT_GLOBAL_ADDR] = {"true or false", 2, make_truth},
		[SUBJECT_REGISTERED] = {"true or false", 2, make_truth},
		[SUBJECT_REGISTERED_OF] = {"true or false", 2, make_truth},
		[SUBJECT_PORT] = {"a number from 1 to 65535", 65535, make_port},
		[SUBJECT_DATE] = {"a date as in 2030/12/24", 100 * 12 * 31, make_date},
		[SUBJECT_TIME] = {"a time as in 09:30:00", 24 * 60 * 61, make_time},
};

/* Does an expression match any value of a subject? If it does, a match is found
 * early; so only the others cost much.
 * @return 1 yes, 0 no, -1 not known */
static int matches_domain(lint_t *lint, const pattern_t *pattern,
		const domain_t *domain, int *left)
{
	char buffer[32];
	int i;

	for(i = 0; i < domain->count; i++) {
		int found;
		str value;

		if(--*left < 0)
			return -1;
		domain->make(i, buffer, sizeof(buffer));
		value = str_of(buffer);
		found = lint_matches(lint, pattern, &value);
		if(found != 0)
			return found;
	}
	return 0;
}

static bool has_day_name(const str *text)
{
	static const char *const names[] = {
			"mon", "tue", "wed", "thu", "fri", "sat", "sun"};
	size_t name;
	int i;

	for(i = 0; i + 3 <= text->len; i++) {
		for(name = 0; name < sizeof(names) / sizeof(names[0]); name++) {
			if(strncasecmp(text->s + i, names[name], 3) == 0)
				return true;
		}
	}
	return false;
}

/* Say what the author of a pattern that matches no value most likely meant. */
static const char *advice(const condition_t *condition)
{
	const str *text = &condition->test->pattern.text;
	subject_kind_t kind = condition->test->subject->kind;

	if(kind != SUBJECT_DATE && kind != SUBJECT_TIME)
		return "";
	if(has_day_name(text))
		return "; $pv($timef(%u)) = ^[1-5]$ would be Monday to Friday";
	if(memchr(text->s, '-', text->len) == NULL)
		return "";
	return kind == SUBJECT_TIME
				   ? "; ^(?:0[89]|1[0-6]): would be 08:00:00 to 16:59:59"
				   : "; ^2030/12/2[4-6]$ would be the 24th to the 26th";
}

static void warn_of_value(
		lint_t *lint, const condition_t *condition, const char *values)
{
	fragment_t value = condition_value(condition);

	diagnostics_warning(lint->diagnostics, &value,
			"[%.*s] %s holds: the value is %s%s", SHOWN(&value),
			condition->test->pattern.is_negated ? "always" : "never", values,
			advice(condition));
}

/* @return whether there was something to warn of */
static bool see_domain(lint_t *lint, const condition_t *condition, int *left)
{
	const test_t *test = condition->test;
	const domain_t *domain = &domains[test->subject->kind];

	if(domain->count == 0
			|| matches_domain(lint, &test->pattern, domain, left) != 0)
		return false;
	warn_of_value(lint, condition, domain->values);
	return true;
}

/* A negated expression that matches even an empty text. */
static void see_empty(lint_t *lint, const condition_t *condition)
{
	static const str nothing = str_init("");
	const pattern_t *pattern = &condition->test->pattern;
	fragment_t value;

	if(!pattern->is_negated || pattern->is_anchored
			|| lint_matches(lint, pattern, &nothing) != 1)
		return;
	value = condition_value(condition);
	diagnostics_warning(lint->diagnostics, &value,
			"[%.*s] never holds: behind the ! stands what every text matches, "
			"also an empty one",
			SHOWN(&value));
}

/* -- expressions that match nothing ------------------------------------- */

/* The parts of an expression, as far as this check must know them. */
typedef enum item
{
	ITEM_CHARACTER, /* a character that is no line end */
	ITEM_ANY,		/* a character that may be a line end */
	ITEM_BEGIN,		/* ^ */
	ITEM_END,		/* $ */
	ITEM_NEVER,		/* (?!) */
	ITEM_OTHER,		/* a part without a certain length */
	ITEM_LOST,		/* not understood: nothing is certain any more */
} item_t;

static item_t read_escape(const str *regex, int *at)
{
	char c = *at + 1 < regex->len ? regex->s[*at + 1] : 'E';

	*at += 2;
	if(is_one_of(c, "dwSN"))
		return ITEM_CHARACTER;
	if(is_one_of(c, "DWsHhVvR"))
		return ITEM_ANY;
	if(is_one_of(c, "bBAZz"))
		return ITEM_OTHER;
	return is_letter(c) || is_digit(c) ? ITEM_LOST : ITEM_CHARACTER;
}

static item_t read_class(const str *regex, int *at)
{
	int end = lint_class_end(regex, *at);

	*at = end + 1;
	return end < 0 ? ITEM_LOST : ITEM_ANY;
}

/* Is this a bracket that does not change the meaning of the text behind it? */
static bool is_plain_group(const str *regex, int at)
{
	char first = at + 1 < regex->len ? regex->s[at + 1] : '\0';
	char second = at + 2 < regex->len ? regex->s[at + 2] : '\0';

	return first != '*' && (first != '?' || is_one_of(second, ":=!<"));
}

static item_t read_group(const str *regex, int *at)
{
	static const char never[] = "(?!)";
	int begin = *at;
	int depth = 0;

	do {
		char c = regex->s[*at];

		if(c == '\\') {
			if(read_escape(regex, at) == ITEM_LOST)
				return ITEM_LOST;
			continue;
		}
		if(c == '[') {
			if(read_class(regex, at) == ITEM_LOST)
				return ITEM_LOST;
			continue;
		}
		if(c == '(' && !is_plain_group(regex, *at))
			return ITEM_LOST;
		depth += (c == '(') - (c == ')');
		++*at;
	} while(depth > 0 && *at < regex->len);
	return *at - begin == (int)strlen(never)
						   && memcmp(regex->s + begin, never, strlen(never))
									  == 0
				   ? ITEM_NEVER
				   : ITEM_OTHER;
}

static item_t read_item(const str *regex, int *at)
{
	switch(regex->s[*at]) {
		case '\\':
			return read_escape(regex, at);
		case '[':
			return read_class(regex, at);
		case '(':
			return read_group(regex, at);
		case '|': /* another alternative can match */
			return ITEM_LOST;
		case '^':
			++*at;
			return ITEM_BEGIN;
		case '$':
			++*at;
			return ITEM_END;
		default:
			++*at;
			return ITEM_CHARACTER;
	}
}

/* Skip a quantifier.
 * @return whether it allows zero times */
static bool skip_quantifier(const str *regex, int *at)
{
	bool is_optional = false;

	while(*at < regex->len && is_one_of(regex->s[*at], "?*+{")) {
		is_optional = is_optional || regex->s[*at] != '+';
		if(regex->s[*at] == '{')
			while(*at + 1 < regex->len && regex->s[*at] != '}')
				++*at;
		++*at;
	}
	return is_optional;
}

/* Say why an expression matches no text at all; NULL: it can match one. */
static const char *why_never(const str *regex)
{
	const char *why = NULL;
	bool is_behind = false; /* a character stands before this place */
	bool is_past_end = false;
	int at = 0;

	while(at < regex->len) {
		item_t item = read_item(regex, &at);

		if(item == ITEM_LOST)
			return NULL;
		if(skip_quantifier(regex, &at))
			continue;
		if(item == ITEM_NEVER)
			why = "nothing matches (?!)";
		else if(item == ITEM_BEGIN && is_behind)
			why = "^ is the beginning, and something stands before it; \\^ "
				  "would "
				  "be the character";
		else if(item == ITEM_CHARACTER && is_past_end)
			why = "$ is the end, and something stands behind it; \\$ would be "
				  "the character";
		is_behind = is_behind || item == ITEM_CHARACTER || item == ITEM_ANY;
		is_past_end = is_past_end || item == ITEM_END;
	}
	return why;
}

/* @return whether there was something to warn of */
static bool see_impossible(lint_t *lint, const condition_t *condition)
{
	const pattern_t *pattern = &condition->test->pattern;
	const char *why = why_never(&pattern->text);
	fragment_t value;

	if(why == NULL)
		return false;
	value = condition_value(condition);
	diagnostics_warning(lint->diagnostics, &value, "[%.*s] %s holds: %s",
			SHOWN(&value), pattern->is_negated ? "always" : "never", why);
	return true;
}

/* -- all conditions ----------------------------------------------------- */

/* @return 0, or -1 without memory */
static int see_condition(lint_t *lint, const condition_t *condition, int *left)
{
	int result;

	/* quotation marks and slashes get another warning */
	if(lint_is_quoted(condition))
		return 0;
	result = lint_address_never(lint, condition);
	if(result != 0)
		return result < 0 ? -1 : 0;
	if(!see_domain(lint, condition, left) && !see_impossible(lint, condition))
		see_empty(lint, condition);
	return 0;
}

int lint_condition_never(lint_t *lint)
{
	int left = SEARCHES_MAX;
	int i;

	for(i = 0; i < lint->plan->n_tests; i++) {
		if(lint->conditions[i] != NULL
				&& see_condition(lint, lint->conditions[i], &left) < 0)
			return -1;
	}
	return 0;
}
