/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lint.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "ascii.h"
#include "response.h"

/* Searches that looking at all values of a subject may take, in a whole plan:
 * about a second. */
#define SEARCHES_MAX 2000000

/* Of so many conditions of a rule each is compared with each. */
#define COMPARED_MAX 32

/* Does an expression match, whether it is negated or not?
 * @return 1 yes, 0 no, -1 not known */
static int regex_matches(
		lint_t *lint, const pattern_t *pattern, const str *text)
{
	int found =
			pattern_match(pattern, &lint->searcher, text, PATTERN_STEPS_MAX);

	return found < 0 ? -1 : found != pattern->is_negated;
}

/* -- conditions that never or always hold ------------------------------- */

/* All values that a subject can have. */
typedef struct domain
{
	const char *values; /* what is said of them */
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

/* Some of them do not exist, which does no harm. */
static void make_date(int number, char *value, size_t size)
{
	snprintf(value, size, "%04d/%02d/%02d", 2000 + number / (12 * 31),
			number / 31 % 12 + 1, number % 31 + 1);
}

static void make_time(int number, char *value, size_t size)
{
	snprintf(value, size, "%02d:%02d:%02d", number / 3600, number / 60 % 60,
			number % 60);
}

static const domain_t domains[SUBJECT_KINDS] = {
		[SUBJECT_TRANSPORT] = {"UDP, TCP, TLS, SCTP, WS or WSS, in capitals", 6,
				make_transport},
		[SUBJECT_LOCALHOST] = {"true or false", 2, make_truth},
		[SUBJECT_OUTBOUND] = {"true or false", 2, make_truth},
		[SUBJECT_PORT] = {"a number from 1 to 65535", 65535, make_port},
		[SUBJECT_DATE] = {"a date as in 2030/12/24", 100 * 12 * 31, make_date},
		[SUBJECT_TIME] = {"a time as in 09:30:00", 24 * 60 * 60, make_time},
};

/* Is there a value that an expression matches? An expression that matches is
 * found soon, so that only the others cost.
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
		found = regex_matches(lint, pattern, &value);
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

/* What was most likely meant, if not one value. */
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

static bool is_quoted(const str *text)
{
	return text->len > 1 && (text->s[0] == '"' || text->s[0] == '\'')
		   && text->s[text->len - 1] == text->s[0];
}

static void see_domain(lint_t *lint, const condition_t *condition, int *left)
{
	const test_t *test = condition->test;
	const domain_t *domain = &domains[test->subject->kind];

	/* of quotation marks there is another warning */
	if(domain->count > 0 && !is_quoted(&test->pattern.text)
			&& matches_domain(lint, &test->pattern, domain, left) == 0)
		warn_of_value(lint, condition, domain->values);
}

/* What is negated and matches even an empty text. */
static void see_never(lint_t *lint, const condition_t *condition)
{
	static const str nothing = str_init("");
	const pattern_t *pattern = &condition->test->pattern;
	fragment_t value;

	if(!pattern->is_negated || pattern->is_anchored
			|| regex_matches(lint, pattern, &nothing) != 1)
		return;
	value = condition_value(condition);
	diagnostics_warning(lint->diagnostics, &value,
			"[%.*s] never holds: behind the ! stands what every text matches, "
			"also an empty one",
			SHOWN(&value));
}

int lint_condition_never(lint_t *lint)
{
	int left = SEARCHES_MAX;
	int i;

	for(i = 0; i < lint->plan->n_tests; i++) {
		if(lint->conditions[i] != NULL)
			see_domain(lint, lint->conditions[i], &left);
	}
	return lint_visit_tests(lint, see_never);
}

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

/* The letters and blanks that an expression begins with, behind its ^. What is
 * repeated is none of them. */
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

/* Does it end with a plain character and a $? */
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
	return (size_t)subject->name.len == strlen(name)
		   && strncasecmp(subject->name.s, name, subject->name.len) == 0;
}

/* The headers that hold a name, a URI in angle brackets, and parameters. */
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

	/* another alternative may do */
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

/* -- addresses ---------------------------------------------------------- */

static bool is_address(const char *text)
{
	struct in_addr address;

	return inet_pton(AF_INET, text, &address) == 1;
}

/* The address that an expression stands for, without its anchors and escapes.
 * @return false: it is none */
static bool address_of(const str *regex, char *address, size_t size)
{
	size_t len = 0;
	int i;

	for(i = 0; i < regex->len; i++) {
		char c = regex->s[i];
		bool is_anchor =
				(c == '^' && i == 0) || (c == '$' && i == regex->len - 1);

		if(is_anchor || c == '\\')
			continue;
		if(len == size - 1)
			return false;
		address[len++] = c;
	}
	address[len] = '\0';
	return is_address(address);
}

/* Another address that it matches: one with a digit more in front or behind. */
static bool find_other_address(lint_t *lint, const pattern_t *pattern,
		const char *address, char *other, size_t size)
{
	int digit, is_behind;

	for(is_behind = 1; is_behind >= 0; is_behind--) {
		for(digit = '0'; digit <= '9'; digit++) {
			str text;

			if(is_behind)
				snprintf(other, size, "%s%c", address, digit);
			else
				snprintf(other, size, "%c%s", digit, address);
			text = str_of(other);
			if(is_address(other) && regex_matches(lint, pattern, &text) == 1)
				return true;
		}
	}
	return false;
}

/* The expression that matches one address only. */
static void exact_regex(const char *address, char *regex, size_t size)
{
	size_t len = 0;

	regex[len++] = '^';
	for(; *address != '\0' && len < size - 3; address++) {
		if(*address == '.')
			regex[len++] = '\\';
		regex[len++] = *address;
	}
	regex[len++] = '$';
	regex[len] = '\0';
}

static void see_address(lint_t *lint, const condition_t *condition)
{
	const pattern_t *pattern = &condition->test->pattern;
	char address[32], other[40], exact[64];
	fragment_t value;

	if(condition->test->subject->kind != SUBJECT_ADDR
			|| !address_of(&pattern->text, address, sizeof(address))
			|| !find_other_address(
					lint, pattern, address, other, sizeof(other)))
		return;
	value = condition_value(condition);
	exact_regex(address, exact, sizeof(exact));
	diagnostics_warning(lint->diagnostics, &value,
			"[%.*s] matches %s as well: %s%s would match the one address",
			SHOWN(&value), other, pattern->is_negated ? "!" : "", exact);
}

int lint_address_loose(lint_t *lint)
{
	return lint_visit_tests(lint, see_address);
}

/* -- several conditions of a rule --------------------------------------- */

static void compare(
		lint_t *lint, const condition_t *first, const condition_t *second)
{
	const test_t *a = first->test;
	const test_t *b = second->test;

	if(a == b)
		diagnostics_warning(lint->diagnostics, &second->where,
				"this condition stands in line %d already: once would do",
				first->where.line);
	else if(a->subject == b->subject
			&& a->pattern.is_negated != b->pattern.is_negated
			&& str_equal(&a->pattern.text, &b->pattern.text))
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

/* What is known of the name of a variable. */
typedef struct variable
{
	const rule_t *setter; /* the first rule that sets it */
	bool is_set;		  /* by a rule above that goes on */
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
