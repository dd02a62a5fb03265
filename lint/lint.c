/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lint/lint.h"

#include <string.h>

#include "dialplan/inline_parse.h"

int lint_find_conditions(lint_t *lint)
{
	const condition_t *condition;
	int i;

	lint->conditions = arena_alloc(lint->arena,
			(size_t)lint->plan->n_tests * sizeof(*lint->conditions));
	if(lint->conditions == NULL)
		return -1;
	for(i = 0; i < lint->plan->n_rules; i++) {
		for(condition = lint->plan->rules[i]->conditions; condition != NULL;
				condition = condition->next) {
			const condition_t **first = &lint->conditions[condition->test->id];

			if(*first == NULL)
				*first = condition;
		}
	}
	return 0;
}

/* -- walking through a plan --------------------------------------------- */

void walk_begin(walk_t *walk, lint_t *lint)
{
	memset(walk, 0, sizeof(*walk));
	walk->lint = lint;
	walk->below = *lint->defaults;
}

static void leave_destinations(walk_t *walk, const rule_t *rule)
{
	const rule_t *sure = rule->conditions == NULL ? rule : NULL;

	if(rule->has_first || rule->has_reply)
		walk->may_have_first = true;
	if(rule->has_further)
		walk->may_have_further = true;
	if(rule->has_first)
		walk->first = sure;
	else if(rule->transport.text.s != NULL) /* the rule changes its transport */
		walk->first = NULL;
	if(rule->has_further)
		walk->further = sure;
}

/* Note what the rule sets for the rules below it. */
static void leave_rule(walk_t *walk)
{
	const rule_t *rule = walk->rule;
	int id;

	if(!rule->continues)
		return;
	leave_destinations(walk, rule);
	if(rule->conditions != NULL) {
		walk->unsure_below |= rule->settings.written;
		return;
	}
	settings_apply(&walk->below, &rule->settings);
	walk->unsure_below &= ~rule->settings.written;
	for(id = 0; id < SETTING_COUNT; id++) {
		if(settings_has(&rule->settings, id))
			walk->origins[id] = rule;
	}
}

bool walk_next(walk_t *walk)
{
	const dialplan_t *plan = walk->lint->plan;
	int next = 0;

	if(walk->rule != NULL) {
		next = walk->rule->id + 1;
		leave_rule(walk);
	}
	if(next >= plan->n_rules)
		return false;
	walk->rule = plan->rules[next];
	walk->settings = walk->below;
	settings_apply(&walk->settings, &walk->rule->settings);
	walk->unsure = walk->rule->continues ? ~0u : walk->unsure_below;
	walk->unsure &= ~walk->rule->settings.written;
	return true;
}

bool walk_is_sure(const walk_t *walk, setting_id_t id)
{
	return !((walk->unsure >> id) & 1);
}

const rule_t *walk_origin(const walk_t *walk, setting_id_t id)
{
	return settings_has(&walk->rule->settings, id) ? walk->rule
												   : walk->origins[id];
}

const rule_t *walk_first(const walk_t *walk)
{
	return walk->rule->has_first ? walk->rule : walk->first;
}

const rule_t *walk_further(const walk_t *walk)
{
	return walk->rule->has_further ? walk->rule : walk->further;
}

bool walk_knows_destinations(const walk_t *walk)
{
	return (walk_first(walk) != NULL || !walk->may_have_first)
		   && (walk_further(walk) != NULL || !walk->may_have_further);
}

bool walk_is_used(const walk_t *walk, setting_id_t id)
{
	const rule_t *first = walk_first(walk);
	const rule_t *further = walk_further(walk);
	const destination_t *destination;

	/* without To, the first destination is the request's own URI */
	if(walk->rule->continues || first == NULL
			|| !settings_has(&first->first->options, id))
		return true;
	if(further == NULL)
		return false;
	for(destination = further->further; destination != NULL;
			destination = destination->next) {
		if(!settings_has(&destination->options, id))
			return true;
	}
	return false;
}

const rule_t *rule_below(const rule_t *a, const rule_t *b)
{
	if(a == NULL || b == NULL)
		return a == NULL ? b : a;
	return a->id > b->id ? a : b;
}

bool walk_blame(const walk_t *walk, const rule_t *culprit, blame_t *blame)
{
	bool is_own = culprit == walk->rule;

	if(!is_own && blame->is_set && blame->rule == culprit)
		return false;
	if(!is_own || walk->rule->continues) {
		blame->is_set = true;
		blame->rule = culprit;
	}
	return true;
}

/* -- places in the text ------------------------------------------------- */

/* Cut the first line off a text.
 * @return false: nothing is left */
static bool next_line(fragment_t *rest, fragment_t *line)
{
	const char *end;
	int len;

	if(rest->text.len == 0)
		return false;
	end = memchr(rest->text.s, '\n', rest->text.len);
	len = end == NULL ? rest->text.len : (int)(end - rest->text.s);
	*line = *rest;
	line->text.len = len;
	rest->text.s += len + (end != NULL);
	rest->text.len -= len + (end != NULL);
	rest->line++;
	return true;
}

static fragment_t rule_text(const rule_t *rule)
{
	fragment_t text = fragment_of(&rule->source);

	text.line = rule->line;
	return text;
}

fragment_t rule_where(const rule_t *rule)
{
	fragment_t rest = rule_text(rule);
	fragment_t line = rest;

	next_line(&rest, &line);
	return line;
}

bool rule_find_line(const rule_t *rule, const char *name, fragment_t *line,
		fragment_t *value)
{
	fragment_t rest = rule_text(rule);
	bool is_found = false;
	fragment_t it, left;

	/* take the last one: a condition can have the same name as a deploy line */
	while(next_line(&rest, &it)) {
		int equals = fragment_find(&it, 0, '=');

		if(equals < 0)
			continue;
		left = fragment_part(&it, 0, equals);
		left = fragment_trim(&left);
		if(!fragment_is(&left, name))
			continue;
		is_found = true;
		*value = fragment_part(&it, equals + 1, it.text.len - equals - 1);
		*value = fragment_trim(value);
		*line = fragment_trim(&it);
	}
	return is_found;
}

static bool find_setting(const lint_t *lint, const rule_t *rule,
		setting_id_t id, fragment_t *line, fragment_t *value)
{
	char name[64] = SETTINGS_PREFIX;
	const char *short_name = settings_table()[id].name;

	if(short_name == NULL)
		return false;
	if(lint->call_settings != NULL)
		return inline_find_setting(
				lint->call_settings, short_name, lint->arena, line, value);
	strncat(name, short_name, sizeof(name) - strlen(name) - 1);
	return rule_find_line(rule, name, line, value);
}

fragment_t rule_setting_where(
		const lint_t *lint, const rule_t *rule, setting_id_t id)
{
	fragment_t line, value;

	return find_setting(lint, rule, id, &line, &value) ? line
													   : rule_where(rule);
}

fragment_t destination_written(const destination_t *destination)
{
	const fragment_t *word = &destination->where;
	int open = fragment_find(word, 0, '{');

	return fragment_part(word, 0, open < 0 ? word->text.len : open);
}

static bool find_option(
		const destination_t *destination, const char *wanted, fragment_t *value)
{
	const fragment_t *word = &destination->where;
	int open = fragment_find(word, 0, '{');
	fragment_t rest, option, name;
	bool has_next;

	if(open < 0)
		return false;
	rest = fragment_part(word, open + 1, word->text.len - open - 2);
	do {
		has_next = option_next(&rest, &option);
		if(option_split(&option, &name, value) && fragment_is(&name, wanted))
			return true;
	} while(has_next);
	return false;
}

static void visit_options(lint_t *lint, const destination_t *destination,
		setting_id_t id,
		void (*see)(lint_t *lint, const fragment_t *value,
				const settings_t *settings))
{
	const char *name = settings_table()[id].option;
	fragment_t value;

	for(; destination != NULL; destination = destination->next) {
		if(settings_is_chosen(&destination->options, id) && name != NULL
				&& find_option(destination, name, &value))
			see(lint, &value, &destination->options);
	}
}

void lint_visit_setting(lint_t *lint, setting_id_t id,
		void (*see)(lint_t *lint, const fragment_t *value,
				const settings_t *settings))
{
	fragment_t line, value;
	int i;

	for(i = 0; i < lint->plan->n_rules; i++) {
		const rule_t *rule = lint->plan->rules[i];

		if(settings_is_chosen(&rule->settings, id)
				&& find_setting(lint, rule, id, &line, &value))
			see(lint, &value, &rule->settings);
		visit_options(lint, rule->first, id, see);
		visit_options(lint, rule->further, id, see);
	}
}

int lint_visit_tests(
		lint_t *lint, void (*see)(lint_t *lint, const condition_t *condition))
{
	int i;

	for(i = 0; i < lint->plan->n_tests; i++) {
		if(lint->conditions[i] != NULL)
			see(lint, lint->conditions[i]);
	}
	return 0;
}

void lint_visit_lines(
		lint_t *lint, void (*see)(lint_t *lint, const fragment_t *line))
{
	int i;

	for(i = 0; i < lint->plan->n_rules; i++) {
		fragment_t rest = rule_text(lint->plan->rules[i]);
		fragment_t line;

		while(next_line(&rest, &line)) {
			line = fragment_trim(&line);
			if(line.text.len > 0 && line.text.s[0] != '#'
					&& line.text.s[0] != '[')
				see(lint, &line);
		}
	}
}

static void visit_destinations(lint_t *lint, const rule_t *rule,
		const destination_t *destination,
		void (*see)(lint_t *lint, const rule_t *rule,
				const template_t *template, const fragment_t *text,
				void *context),
		void *context)
{
	for(; destination != NULL; destination = destination->next) {
		fragment_t text = destination_written(destination);

		see(lint, rule, &destination->uri, &text, context);
	}
}

void lint_visit_templates(lint_t *lint, const rule_t *rule,
		void (*see)(lint_t *lint, const rule_t *rule,
				const template_t *template, const fragment_t *text,
				void *context),
		void *context)
{
	const assignment_t *assignment;
	const condition_t *condition;
	fragment_t line, reply;
	int i;

	for(condition = rule->conditions; condition != NULL;
			condition = condition->next) {
		const subject_t *subject = condition->test->subject;

		for(i = 0; subject->has_holes && i < subject->n_arguments; i++)
			see(lint, rule, &subject->arguments[i].template,
					&subject->arguments[i].written, context);
	}
	visit_destinations(lint, rule, rule->first, see, context);
	visit_destinations(lint, rule, rule->further, see, context);
	for(assignment = rule->headers; assignment != NULL;
			assignment = assignment->next)
		see(lint, rule, &assignment->value, &assignment->text, context);
	for(assignment = rule->variables; assignment != NULL;
			assignment = assignment->next)
		see(lint, rule, &assignment->value, &assignment->text, context);
	if(rule->has_reply && rule_find_line(rule, "$action", &line, &reply))
		see(lint, rule, &rule->reply_reason, &reply, context);
}

const condition_t *lint_condition_of(const rule_t *rule, int hole)
{
	const condition_t *condition;

	for(condition = rule->conditions; condition != NULL;
			condition = condition->next) {
		if(hole >= condition->first_group
				&& hole < condition->first_group
								   + condition->test->pattern.n_groups)
			return condition;
	}
	return NULL;
}

fragment_t condition_value(const condition_t *condition)
{
	const fragment_t *line = &condition->where;
	int begin = subject_end(line) + 1;
	fragment_t value = fragment_part(line, begin, line->text.len - begin);

	return fragment_trim(&value);
}

/* -- texts -------------------------------------------------------------- */

const char *lint_rule_word(const lint_t *lint)
{
	return lint->call_settings != NULL ? "call" : "rule";
}

const char *lint_setting_prefix(const lint_t *lint)
{
	return lint->call_settings != NULL ? "" : SETTINGS_PREFIX;
}

int lint_matches(lint_t *lint, const pattern_t *pattern, const str *text)
{
	int found =
			pattern_match(pattern, &lint->searcher, text, PATTERN_STEPS_MAX);

	return found < 0 ? -1 : found != pattern->is_negated;
}

int lint_sides_of(lint_t *lint, const test_t *test)
{
	static const str truth[] = {str_init("true"), str_init("false")};
	int sides = 0;
	int i;

	if(test->subject->kind != SUBJECT_OUTBOUND)
		return 0;
	for(i = 0; i < 2; i++) {
		if(pattern_match(&test->pattern, &lint->searcher, &truth[i],
				   PATTERN_STEPS_MAX)
				== 1)
			sides |= 1 << (1 - i);
	}
	return sides;
}

int lint_class_end(const str *regex, int i)
{
	i++;
	if(i < regex->len && regex->s[i] == '^')
		i++;
	if(i < regex->len && regex->s[i] == ']')
		i++;
	for(; i < regex->len; i++) {
		if(regex->s[i] == ']')
			return i;
		if(regex->s[i] == '[' || (regex->s[i] == '\\' && ++i == regex->len)
				|| regex->s[i] == 'Q')
			return -1;
	}
	return -1;
}

bool lint_has_empty_alternative(const str *regex)
{
	bool is_empty = true;
	bool has_bar = false;
	int depth = 0;
	int i;

	for(i = 0; i < regex->len; i++) {
		char c = regex->s[i];

		if(c == '\\') {
			i++;
		} else if(c == '(' || c == '[') {
			depth++;
		} else if(c == ')' || c == ']') {
			depth -= depth > 0;
		} else if(c == '|' && depth == 0) {
			if(is_empty)
				return true;
			has_bar = is_empty = true;
			continue;
		}
		is_empty = false;
	}
	return has_bar && is_empty;
}
