/* SPDX-License-Identifier: GPL-2.0-or-later */
/* lint_slips: checks for slips of the pen: typographic quotes, comments behind a value,
 * operators of other languages. */
#include "lint/lint.h"

#include <string.h>
#include <strings.h>

#include "text/ascii.h"
#include "sip/header_name.h"
#include "text/lookalike.h"
#include "text/nearness.h"
#include "text/utf8.h"

/* -- characters that only look right ------------------------------------ */

static void see_characters(lint_t *lint, const fragment_t *line)
{
	int i;

	for(i = 0; i < line->text.len; i++) {
		lookalike_t found =
				lookalike_find(line->text.s + i, line->text.len - i);
		fragment_t where;

		if(found.len == 0)
			continue;
		where = fragment_part(line, i, found.len);
		diagnostics_warning(lint->diagnostics, &where,
				"[%.*s] only looks like %s%s, as word processors and web pages "
				"have it: %s",
				SHOWN(&where), strcmp(found.of, "nothing") == 0 ? "" : "a ",
				found.of,
				strcmp(found.of, "nothing") == 0 ? "take it out"
												 : "type the plain one");
		return;
	}
}

int lint_typography(lint_t *lint)
{
	lint_visit_lines(lint, see_characters);
	return 0;
}

/* Find something that looks like the beginning of a comment; -1: there is none. */
static int find_comment(const str *text)
{
	int i;

	for(i = 1; i + 1 < text->len; i++) {
		if(text->s[i] == '#' && is_blank(text->s[i - 1])
				&& (is_blank(text->s[i + 1]) || is_letter(text->s[i + 1])))
			return i;
	}
	return -1;
}

static void see_comment(lint_t *lint, const fragment_t *value)
{
	int i = find_comment(&value->text);
	fragment_t where;

	if(i < 0)
		return;
	where = fragment_part(value, i, value->text.len - i);
	diagnostics_warning(lint->diagnostics, &where,
			"[%.*s] belongs to the value: a comment is a line of its own, "
			"which begins with #",
			SHOWN(&where));
}

static void see_comment_of_condition(lint_t *lint, const condition_t *condition)
{
	fragment_t value = condition_value(condition);

	/* such an expression may contain comments */
	if(value.text.len >= 3 && memcmp(value.text.s, "(?x", 3) == 0)
		return;
	see_comment(lint, &value);
}

static void see_comment_of_setting(
		lint_t *lint, const fragment_t *value, const settings_t *settings)
{
	(void)settings;
	see_comment(lint, value);
}

int lint_comment_behind(lint_t *lint)
{
	static const setting_id_t ids[] = {
			SETTING_PATTERN_RESPONSE, SETTING_REDIRECTION_ALLOW, SETTING_REPLY};
	const assignment_t *assignment;
	size_t id;
	int i;

	lint_visit_tests(lint, see_comment_of_condition);
	for(id = 0; id < sizeof(ids) / sizeof(ids[0]); id++)
		lint_visit_setting(lint, ids[id], see_comment_of_setting);
	for(i = 0; i < lint->plan->n_rules; i++) {
		const rule_t *rule = lint->plan->rules[i];
		fragment_t line, reply;

		for(assignment = rule->headers; assignment != NULL;
				assignment = assignment->next)
			see_comment(lint, &assignment->text);
		for(assignment = rule->variables; assignment != NULL;
				assignment = assignment->next)
			see_comment(lint, &assignment->text);
		if(rule->has_reply && rule_find_line(rule, "$action", &line, &reply))
			see_comment(lint, &reply);
	}
	return 0;
}

/* -- patterns ----------------------------------------------------------- */

/* The marks around a pattern, and the options behind them. */
typedef struct quotes
{
	char mark; /* " or ' or / */
	str inner;
	bool has_options;  /* /.../i, /.../g */
	bool ignores_case; /* one of them is i */
} quotes_t;

/* @return false: there are no such marks */
static bool find_quotes(const str *regex, quotes_t *quotes)
{
	int last = regex->len - 1;

	memset(quotes, 0, sizeof(*quotes));
	if(regex->len == 0 || !is_one_of(regex->s[0], "\"'/"))
		return false;
	quotes->mark = regex->s[0];
	for(; quotes->mark == '/' && is_one_of(regex->s[last], "ig"); last--) {
		quotes->has_options = true;
		quotes->ignores_case = quotes->ignores_case || regex->s[last] == 'i';
	}
	quotes->inner.s = regex->s + 1;
	quotes->inner.len = last - 1;
	return last >= 2 && regex->s[last] == quotes->mark
		   && memchr(quotes->inner.s, quotes->mark, quotes->inner.len) == NULL;
}

/* Is it a URI or a part of one: $fu, $rU? Such a value contains no quotation mark. */
static bool is_part_of_uri(const subject_t *subject)
{
	return subject->kind == SUBJECT_PV && subject->name.len == 3
		   && is_one_of(subject->name.s[1], "rft")
		   && is_one_of(subject->name.s[2], "uUd");
}

/* Does the text between the marks look like plain words, not like an expression? */
static bool is_plain_text(const str *inner)
{
	int i;

	for(i = 0; i + 3 < inner->len; i++) {
		if(strncasecmp(inner->s + i, "sip:", 4) == 0)
			return false;
	}
	return inner->s[0] != '^' && inner->s[inner->len - 1] != '$'
		   && memchr(inner->s, '@', inner->len) == NULL;
}

/* Can the value itself contain these marks? A name can have quotation marks, and
 * other text can have slashes. */
static bool may_be_quoted(const subject_t *subject, const quotes_t *quotes)
{
	switch(subject->kind) {
		case SUBJECT_HEADER:
		case SUBJECT_PV:
		case SUBJECT_VARIABLE:
			if(quotes->mark == '"')
				return !is_part_of_uri(subject)
					   && is_plain_text(&quotes->inner);
			/* fall through */
		case SUBJECT_REQUEST:
		case SUBJECT_DATE:
			return quotes->mark == '/' && !quotes->has_options
				   && is_plain_text(&quotes->inner);
		default:
			return false;
	}
}

/* @return whether a pattern stands in marks by mistake */
static bool is_quoted(const condition_t *condition, quotes_t *quotes)
{
	return find_quotes(&condition->test->pattern.text, quotes)
		   && !may_be_quoted(condition->test->subject, quotes);
}

bool lint_is_quoted(const condition_t *condition)
{
	quotes_t quotes;

	return is_quoted(condition, &quotes);
}

static void see_quoted(lint_t *lint, const condition_t *condition)
{
	quotes_t quotes;
	fragment_t value;

	if(!is_quoted(condition, &quotes))
		return;
	value = condition_value(condition);
	diagnostics_warning(lint->diagnostics, &value,
			"[%.*s]: the %s are searched for as well: %s%s%.*s without them "
			"would be right",
			SHOWN(&value), quotes.mark == '/' ? "slashes" : "quotation marks",
			condition->test->pattern.is_negated ? "!" : "",
			quotes.ignores_case ? "(?i)" : "",
			utf8_cut(quotes.inner.s, quotes.inner.len, DIAGNOSTIC_VALUE_BYTES),
			quotes.inner.s);
}

int lint_condition_quoted(lint_t *lint)
{
	return lint_visit_tests(lint, see_quoted);
}

/* Was `=>` written instead of an equals sign? (A > can also be the end of a URI.) */
static bool is_arrow(const condition_t *condition, const fragment_t *value)
{
	int offset = (int)(value->text.s - condition->where.text.s);
	fragment_t rest = fragment_part(value, 1, value->text.len - 1);

	if(value->text.s[0] != '>' || condition->where.text.s[offset - 1] != '=')
		return false;
	rest = fragment_trim(&rest);
	return rest.text.len > 0
		   && (is_letter(rest.text.s[0]) || is_digit(rest.text.s[0])
				   || is_one_of(rest.text.s[0], "^!"));
}

static void see_operator(lint_t *lint, const condition_t *condition)
{
	fragment_t value = condition_value(condition);

	if(!is_one_of(value.text.s[0], "=~") && !is_arrow(condition, &value))
		return;
	value.text.len = 1;
	diagnostics_warning(lint->diagnostics, &value,
			"[%.*s] belongs to the pattern and is searched for: between name "
			"and pattern stands one equals sign",
			SHOWN(&value));
}

int lint_condition_operator(lint_t *lint)
{
	return lint_visit_tests(lint, see_operator);
}

/* Say what is wrong with a + or * behind a character; NULL: nothing. */
static const char *wrong_quantifier(const str *regex, int i)
{
	char before = regex->s[i - 1];
	char behind = i + 1 < regex->len ? regex->s[i + 1] : '\0';

	if(regex->s[i] == '*' && behind == '@' && is_digit(before))
		return "any number of the digit before it, also none: .* would be any "
			   "text, \\d* any digits";
	if(before != ':' || (i >= 3 && memcmp(regex->s + i - 3, "(?:", 3) == 0))
		return NULL;
	if(regex->s[i] == '*' && behind == '@')
		return "any number of colons: .* would be any text";
	if(regex->s[i] == '+')
		return "any number of colons: \\+ would be the character, \\+? it or "
			   "nothing";
	return is_digit(behind) || behind == '#'
				   ? "any number of colons: \\* would be the character"
				   : NULL;
}

static void see_quantifier(lint_t *lint, const condition_t *condition)
{
	const test_t *test = condition->test;
	const str *regex = &test->pattern.text;
	fragment_t value = condition_value(condition);
	bool is_class = false;
	int offset, i;

	if(test->subject->kind == SUBJECT_ADDR
			|| test->subject->kind == SUBJECT_TIME)
		return;
	offset = value.text.len - regex->len;
	for(i = 0; i < regex->len; i++) {
		char c = regex->s[i];
		const char *wrong = NULL;

		if(c == '\\')
			i++;
		else if(c == '[' || c == ']')
			is_class = c == '[';
		else if((c == '+' || c == '*') && i > 0 && !is_class
				&& (i < 2 || regex->s[i - 2] != '\\'))
			wrong = wrong_quantifier(regex, i);
		if(wrong != NULL) {
			fragment_t where = fragment_part(&value, offset + i, 1);

			diagnostics_warning(lint->diagnostics, &where,
					"[%.*s]: this %c means %s", SHOWN(&value), c, wrong);
			return;
		}
	}
}

int lint_condition_quantifier(lint_t *lint)
{
	return lint_visit_tests(lint, see_quantifier);
}

/* -- names of headers --------------------------------------------------- */

/* Names that would be headers, but mean something else in most plans. */
static const struct
{
	const char *name, *meant;
} functions[] = {{"request", "$request"}, {"addr", "$addr"}, {"port", "$port"},
		{"transport", "$transport"}, {"localhost", "$localhost"},
		{"outbound", "$outbound"}, {"date", "$date"}, {"time", "$time"},
		{"ru", "$pv($ru)"}, {"rU", "$pv($rU)"}, {"rd", "$pv($rd)"},
		{"fu", "$pv($fu)"}, {"fU", "$pv($fU)"}, {"fd", "$pv($fd)"},
		{"tu", "$pv($tu)"}, {"tU", "$pv($tU)"}, {"td", "$pv($td)"},
		{"si", "$pv($si)"}, {"sp", "$pv($sp)"}, {"du", "$pv($du)"},
		{"ua", "$pv($ua)"}, {"ci", "$pv($ci)"}, {"Ri", "$pv($Ri)"},
		{"Rp", "$pv($Rp)"}, {"pv", "$pv($...)"}};

/* Headers that plans often use, and others with similar names. */
static const char *const headers[] = {"From", "To", "Contact", "Call-ID",
		"CSeq", "Via", "Route", "Record-Route", "Max-Forwards", "Content-Type",
		"Content-Length", "User-Agent", "Server", "Subject", "Organization",
		"Priority", "Privacy", "Supported", "Require", "Proxy-Require", "Allow",
		"Allow-Events", "Accept", "Date", "Event", "Diversion", "History-Info",
		"Identity", "P-Asserted-Identity", "P-Preferred-Identity",
		"P-Charging-Vector", "P-Access-Network-Info", "P-Called-Party-ID",
		"Remote-Party-ID", "Referred-By", "Refer-To", "Reply-To",
		"Session-Expires", "Min-SE", "Alert-Info", "Call-Info", "Expires",
		"Reason", "Replaces", "Path", "Join", "Warning", "Timestamp",
		"Authorization", "Proxy-Authorization", "In-Reply-To", "MIME-Version",
		"Hide", "Encryption", "Accept-Language", "Accept-Contact", "Pani",
		"Unsupported", "Resource-Priority", "Geolocation", "User-to-User"};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

bool lint_is_pv_name(const str *name)
{
	size_t i;

	for(i = 0; i < COUNT(functions); i++) {
		str it = str_of(functions[i].name);

		if(str_equal(name, &it))
			return strncmp(functions[i].meant, "$pv($", 5) == 0
				   && functions[i].meant[5] != '.';
	}
	return false;
}

/* @return NULL: a header of that name was meant */
static const char *meant_instead(const str *name)
{
	const char *near = NULL;
	int least = name->len <= 6 ? 1 : 2;
	size_t i;

	for(i = 0; i < COUNT(functions); i++) {
		str it = str_of(functions[i].name);

		if(str_equal(name, &it))
			return functions[i].meant;
	}
	if(name->len < 2 || strncasecmp(name->s, "X-", 2) == 0)
		return NULL;
	for(i = 0; i < COUNT(headers); i++) {
		int distance = nearness_distance(name, headers[i]);

		if(distance == 0)
			return NULL;
		if(distance <= least) {
			near = headers[i];
			least = distance - 1;
		}
	}
	return near;
}

int lint_condition_header(lint_t *lint)
{
	int i;

	for(i = 0; i < lint->plan->n_subjects; i++) {
		const subject_t *subject = lint->plan->subjects[i];
		const char *meant;

		if(subject->kind != SUBJECT_HEADER)
			continue;
		meant = meant_instead(&subject->where.text);
		if(meant != NULL)
			diagnostics_warning(lint->diagnostics, &subject->where,
					"this asks for a header of the name [%.*s]: was %s meant?",
					SHOWN(&subject->where), meant);
	}
	return 0;
}

/* -- groups that shift others ------------------------------------------- */

typedef struct used
{
	bool groups[RULE_GROUPS_MAX];
	int last; /* -1: no group is used */
	int count;
} used_t;

static void note_groups(lint_t *lint, const rule_t *rule,
		const template_t *template, const fragment_t *text, void *context)
{
	used_t *used = context;
	const piece_t *piece;

	(void)lint;
	(void)rule;
	(void)text;
	for(piece = template->pieces; piece != NULL; piece = piece->next) {
		if(piece->hole == MARK_ESCAPE || used->groups[piece->hole])
			continue;
		used->groups[piece->hole] = true;
		used->count++;
		if(piece->hole > used->last)
			used->last = piece->hole;
	}
}

/* Do the groups in patterns of this subject most likely only hold alternatives
 * together? */
static bool has_idle_groups(subject_kind_t kind, bool are_all_used)
{
	switch(kind) {
		case SUBJECT_TRANSPORT:
		case SUBJECT_LOCALHOST:
		case SUBJECT_OUTBOUND:
		case SUBJECT_DATE:
		case SUBJECT_TIME:
			return true;
		case SUBJECT_ADDR:
		case SUBJECT_PORT:
			return !are_all_used;
		default:
			return false;
	}
}

static void see_shifted(lint_t *lint, const rule_t *rule)
{
	const condition_t *condition;
	used_t used = {.last = -1};

	for(condition = rule->conditions; condition != NULL;
			condition = condition->next) {
		const pattern_t *pattern = &condition->test->pattern;

		/* most rules have no such condition */
		if(pattern->n_groups > 0
				&& has_idle_groups(condition->test->subject->kind, false))
			break;
	}
	if(condition == NULL)
		return;
	lint_visit_templates(lint, rule, note_groups, &used);
	for(; condition != NULL; condition = condition->next) {
		const pattern_t *pattern = &condition->test->pattern;
		fragment_t value;

		if(pattern->n_groups == 0 || used.last < condition->first_group
				|| !has_idle_groups(condition->test->subject->kind,
						used.count == rule->n_groups))
			continue;
		value = condition_value(condition);
		diagnostics_warning(lint->diagnostics, &value,
				"the group in [%.*s] is %%%d of this rule, and those of the "
				"conditions below it count on from there: write (?:...) for a "
				"bracket that is no group",
				SHOWN(&value), condition->first_group + 1);
	}
}

int lint_group_shifted(lint_t *lint)
{
	int i;

	for(i = 0; i < lint->plan->n_rules; i++)
		see_shifted(lint, lint->plan->rules[i]);
	return 0;
}
