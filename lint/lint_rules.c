/* SPDX-License-Identifier: GPL-2.0-or-later */
/* lint_rules: checks of a rule as a whole: its place, its name, its reply, its
 * variables and headers. */
#include "lint/lint.h"

#include <stdio.h>

#include "text/ascii.h"
#include "text/nearness.h"
#include "dialplan/rule_parse.h"

/* For one rule, at most so many others are looked at. A plan with more rules under
 * one condition does not get every warning. */
#define HIDING_MAX 256

/* -- rules that never apply --------------------------------------------- */

/* A rule that can hide others. It is listed under its rarest condition. */
typedef struct hiding
{
	struct hiding *next;
	const rule_t *rule;
} hiding_t;

typedef struct hidden
{
	lint_t *lint;
	int *uses;	/* by the id of a test: how many conditions have that test */
	int *marks; /* by the id of a test: the last rule that marked it */
	hiding_t **hidings; /* by the id of a test */
} hidden_t;

static void count_uses(hidden_t *hidden)
{
	const dialplan_t *plan = hidden->lint->plan;
	const condition_t *condition;
	int i;

	for(i = 0; i < plan->n_rules; i++) {
		for(condition = plan->rules[i]->conditions; condition != NULL;
				condition = condition->next)
			hidden->uses[condition->test->id]++;
	}
}

static void mark_conditions(hidden_t *hidden, const rule_t *rule)
{
	const condition_t *condition;

	for(condition = rule->conditions; condition != NULL;
			condition = condition->next)
		hidden->marks[condition->test->id] = rule->id + 1;
}

/* Is every condition of a rule marked? */
static bool is_among_marked(
		const hidden_t *hidden, const rule_t *rule, int mark)
{
	const condition_t *condition;

	for(condition = rule->conditions; condition != NULL;
			condition = condition->next) {
		if(hidden->marks[condition->test->id] != mark)
			return false;
	}
	return true;
}

/* Find a rule above that applies to every call that this rule would apply to. Such
 * a rule is listed under one of its conditions, and this rule has that one too. */
static const rule_t *find_hiding(hidden_t *hidden, const rule_t *rule)
{
	const condition_t *condition;
	const hiding_t *hiding;
	int left = HIDING_MAX;

	mark_conditions(hidden, rule);
	for(condition = rule->conditions; condition != NULL;
			condition = condition->next) {
		for(hiding = hidden->hidings[condition->test->id];
				hiding != NULL && left > 0; hiding = hiding->next, left--) {
			if(is_among_marked(hidden, hiding->rule, rule->id + 1))
				return hiding->rule;
		}
	}
	return NULL;
}

static int note_hiding(hidden_t *hidden, const rule_t *rule)
{
	const condition_t *condition, *rarest = rule->conditions;
	hiding_t *hiding = arena_alloc(hidden->lint->arena, sizeof(*hiding));
	hiding_t **list;

	if(hiding == NULL)
		return -1;
	for(condition = rule->conditions; condition != NULL;
			condition = condition->next) {
		/* a rule between them can change the variable */
		if(condition->test->subject->kind == SUBJECT_VARIABLE)
			return 0;
		if(hidden->uses[condition->test->id] < hidden->uses[rarest->test->id])
			rarest = condition;
	}
	list = &hidden->hidings[rarest->test->id];
	hiding->rule = rule;
	hiding->next = *list;
	*list = hiding;
	return 0;
}

static void warn_hidden(lint_t *lint, const rule_t *rule, const rule_t *hiding)
{
	fragment_t where = rule_where(rule);

	diagnostics_warning(lint->diagnostics, &where,
			"this rule never applies: the rule of line %d has no other "
			"conditions than this one and ends the search; put this one above "
			"it, or $continue = true there",
			hiding->line);
}

static void warn_all_hidden(lint_t *lint, const rule_t *rule)
{
	int n_below = lint->plan->n_rules - rule->id - 1;
	fragment_t where = rule_where(lint->plan->rules[rule->id + 1]);
	char further[64] = "";

	if(n_below > 1)
		snprintf(further, sizeof(further), " (like the %d below it)",
				n_below - 1);
	diagnostics_warning(lint->diagnostics, &where,
			"this rule never applies%s: the rule of line %d has no conditions "
			"and ends the search; put that one last, or $continue = true there",
			further, rule->line);
}

static int search_hidden(hidden_t *hidden)
{
	lint_t *lint = hidden->lint;
	int i;

	for(i = 0; i < lint->plan->n_rules; i++) {
		const rule_t *rule = lint->plan->rules[i];
		const rule_t *hiding = find_hiding(hidden, rule);

		lint->is_hidden[i] = hiding != NULL;
		if(hiding != NULL)
			warn_hidden(lint, rule, hiding);
		/* the rule that hides this one also hides what this one would hide */
		if(hiding != NULL || rule->continues)
			continue;
		if(rule->conditions == NULL) {
			if(i + 1 < lint->plan->n_rules)
				warn_all_hidden(lint, rule);
			return 0;
		}
		if(note_hiding(hidden, rule) < 0)
			return -1;
	}
	return 0;
}

int lint_rule_unreachable(lint_t *lint)
{
	size_t n_tests = (size_t)lint->plan->n_tests;
	hidden_t hidden = {.lint = lint};

	hidden.uses = arena_alloc(lint->arena, n_tests * sizeof(*hidden.uses));
	hidden.marks = arena_alloc(lint->arena, n_tests * sizeof(*hidden.marks));
	hidden.hidings =
			arena_alloc(lint->arena, n_tests * sizeof(*hidden.hidings));
	lint->is_hidden = arena_alloc(lint->arena, (size_t)lint->plan->n_rules + 1);
	if(hidden.uses == NULL || hidden.marks == NULL || hidden.hidings == NULL
			|| lint->is_hidden == NULL)
		return -1;
	count_uses(&hidden);
	return search_hidden(&hidden);
}

int lint_last_continues(lint_t *lint)
{
	const rule_t *last;
	fragment_t where, value;

	if(lint->plan->n_rules == 0)
		return 0;
	last = lint->plan->rules[lint->plan->n_rules - 1];
	if(last->continues && rule_find_line(last, "$continue", &where, &value))
		diagnostics_warning(lint->diagnostics, &where,
				"this is the last rule, so there is none to go on to: leave "
				"the line out, or put the rule higher");
	return 0;
}

/* -- lines without effect ----------------------------------------------- */

static void warn_beside_reply(lint_t *lint, const fragment_t *where)
{
	diagnostics_warning(lint->diagnostics, where,
			"this does nothing here: $action answers the call, so there is no "
			"attempt; leave it out, or write To instead of $action");
}

int lint_reply_alone(lint_t *lint)
{
	int i, id;

	for(i = 0; i < lint->plan->n_rules; i++) {
		const rule_t *rule = lint->plan->rules[i];
		fragment_t where, value;

		if(!rule->has_reply || rule->continues)
			continue;
		for(id = 0; id < SETTING_COUNT; id++) {
			if(!((rule->settings.named >> id) & 1))
				continue;
			where = rule_setting_where(lint, rule, id);
			warn_beside_reply(lint, &where);
			break;
		}
		if(rule->transport.text.s != NULL
				&& rule_find_line(rule, "$transport", &where, &value))
			warn_beside_reply(lint, &where);
		if(rule->headers != NULL)
			warn_beside_reply(lint, &rule->headers->where);
	}
	return 0;
}

/* For each rule, find the next rule below it with a To that a call can reach.
 * @return by the id of a rule, NULL where there is none; NULL without memory */
static const rule_t **find_firsts_below(const lint_t *lint)
{
	const dialplan_t *plan = lint->plan;
	const rule_t **found = arena_alloc(
			lint->arena, ((size_t)plan->n_rules + 1) * sizeof(*found));
	const rule_t *below = NULL;
	int i;

	for(i = plan->n_rules - 1; found != NULL && i >= 0; i--) {
		const rule_t *rule = plan->rules[i];

		found[i] = below;
		if(rule->has_first)
			below = rule;
		else if(!rule->continues && rule->conditions == NULL)
			below = NULL;
	}
	return found;
}

int lint_reply_continued(lint_t *lint)
{
	const rule_t **below = find_firsts_below(lint);
	int i;

	if(below == NULL)
		return -1;
	for(i = 0; i < lint->plan->n_rules; i++) {
		const rule_t *rule = lint->plan->rules[i];

		/* a rule without conditions gives every call its first values */
		if(rule->has_reply && rule->continues && rule->conditions != NULL
				&& below[i] != NULL)
			diagnostics_warning(lint->diagnostics, &rule->reply_where,
					"$continue goes on to the rule of line %d, whose To takes "
					"the place of this reply: leave $continue out, if the call "
					"is to be refused",
					below[i]->line);
	}
	return 0;
}

int lint_rule_name_twice(lint_t *lint)
{
	text_map_t names;
	int i;

	text_map_init(&names, lint->arena);
	for(i = 0; i < lint->plan->n_rules; i++) {
		rule_t *rule = lint->plan->rules[i];
		const rule_t *first;
		text_entry_t *entry;
		fragment_t where;

		if(rule->name.len == 0)
			continue;
		entry = text_map_enter(&names, &rule->name);
		if(entry == NULL)
			return -1;
		first = entry->value;
		if(first == NULL) {
			entry->value = rule;
			continue;
		}
		where = rule_where(rule);
		diagnostics_warning(lint->diagnostics, &where,
				"the rule of line %d has this name too, so a log that names it "
				"does not tell which one it was: give each its own",
				first->line);
	}
	return 0;
}

/* -- names that are nearly others --------------------------------------- */

/* Find the text behind the first separator of a name. A dot always separates; a
 * dash or an underscore only behind a word that is nearly `failover`.
 * @return len 0: nothing */
static str behind_prefix(const str *name)
{
	str prefix = {name->s, 0};
	str rest = {name->s, 0};

	while(prefix.len < name->len && !is_one_of(name->s[prefix.len], "._-"))
		prefix.len++;
	if(prefix.len == name->len)
		return rest;
	if(name->s[prefix.len] != '.' && !nearness_is_slip(&prefix, "failover"))
		return rest;
	rest.s += prefix.len + 1;
	rest.len = name->len - prefix.len - 1;
	return rest;
}

/* Is this a mistyped setting, perhaps with a wrong word instead of `failover`? */
static bool is_slip_of_setting(const str *name, const char *setting)
{
	str rest = behind_prefix(name);

	return nearness_is_slip(name, setting)
		   || (rest.len > 0 && nearness_is_slip(&rest, setting));
}

/* Guess which name a mistyped one was meant to be.
 * @param name without its first character, & or $
 * @param meant the guess is written here
 * @return false: no name is near */
static bool guess_meant(const str *name, char *meant, size_t size)
{
	const deploy_line_t *line;
	int i;

	for(i = 0; i < SETTING_COUNT; i++) {
		const char *setting = settings_table()[i].name;

		if(setting != NULL && is_slip_of_setting(name, setting)) {
			snprintf(meant, size, "%s%s", SETTINGS_PREFIX, setting);
			return true;
		}
	}
	for(line = rule_deploy_table(); line->name != NULL; line++) {
		if(nearness_is_slip(name, line->name + (line->name[0] == '$'))) {
			snprintf(meant, size, "%s", line->name);
			return true;
		}
	}
	return false;
}

/* A variable, and how often it is set. */
typedef struct setting_of_variable
{
	const assignment_t *first;
	int count;
} setting_of_variable_t;

static void warn_unused(lint_t *lint, const assignment_t *variable, int count)
{
	const fragment_t *where = &variable->where;
	char meant[64], further[64] = "";

	if(where->text.s[0] == '$' && subject_find(where) != SUBJECT_KINDS) {
		diagnostics_warning(lint->diagnostics, where,
				"[%.*s] goes to $xavp(failover=>%.*s) and does nothing by "
				"itself: a condition stands under [Matching Patterns]",
				SHOWN(where), STR_FMT(&variable->name));
		return;
	}
	if(guess_meant(&variable->name, meant, sizeof(meant))) {
		diagnostics_warning(lint->diagnostics, where,
				"[%.*s] goes to $xavp(failover=>%.*s) and does nothing by "
				"itself: was %s meant?",
				SHOWN(where), STR_FMT(&variable->name), meant);
		return;
	}
	if(count > 1)
		snprintf(further, sizeof(further), " (and so %d more of this name)",
				count - 1);
	diagnostics_warning(lint->diagnostics, where,
			"[%.*s] goes to $xavp(failover=>%.*s) and does nothing by "
			"itself%s: the script has to read it there",
			SHOWN(where), STR_FMT(&variable->name), further);
}

/* Collect the names of all variables that a condition asks for. */
static int note_asked(lint_t *lint, text_map_t *asked)
{
	int i;

	text_map_init(asked, lint->arena);
	for(i = 0; i < lint->plan->n_subjects; i++) {
		const subject_t *subject = lint->plan->subjects[i];

		if(subject->kind == SUBJECT_VARIABLE
				&& text_map_enter(asked, &subject->name) == NULL)
			return -1;
	}
	return 0;
}

static int count_variable(
		lint_t *lint, text_map_t *set, const assignment_t *variable)
{
	text_entry_t *entry = text_map_enter(set, &variable->name);
	setting_of_variable_t *count;

	if(entry == NULL)
		return -1;
	if(entry->value == NULL) {
		entry->value = count = arena_alloc(lint->arena, sizeof(*count));
		if(count == NULL)
			return -1;
		count->first = variable;
	}
	count = entry->value;
	count->count++;
	return 0;
}

int lint_variable_unused(lint_t *lint)
{
	text_map_t asked, set;
	const assignment_t *variable;
	int i;

	if(note_asked(lint, &asked) < 0)
		return -1;
	text_map_init(&set, lint->arena);
	for(i = 0; i < lint->plan->n_rules; i++) {
		for(variable = lint->plan->rules[i]->variables; variable != NULL;
				variable = variable->next) {
			if(text_map_find(&asked, &variable->name) == NULL
					&& count_variable(lint, &set, variable) < 0)
				return -1;
		}
	}
	for(i = 0; i < lint->plan->n_rules; i++) {
		for(variable = lint->plan->rules[i]->variables; variable != NULL;
				variable = variable->next) {
			const text_entry_t *entry = text_map_find(&set, &variable->name);
			const setting_of_variable_t *count;

			if(entry == NULL)
				continue;
			count = entry->value;
			if(count->first == variable)
				warn_unused(lint, variable, count->count);
		}
	}
	return 0;
}

static void see_header(lint_t *lint, const assignment_t *header)
{
	const char *prefix = SETTINGS_PREFIX + 1; /* without its & */
	const deploy_line_t *line;
	const char *meant = NULL;

	for(line = rule_deploy_table(); line->name != NULL; line++) {
		if(line->name[0] == '$' && fragment_is(&header->where, line->name + 1))
			meant = line->name;
	}
	if(fragment_begins(&header->where, prefix))
		meant = SETTINGS_PREFIX "...";
	if(meant != NULL)
		diagnostics_warning(lint->diagnostics, &header->where,
				"this sets a header of the name [%.*s]: was %s meant?",
				SHOWN(&header->where), meant);
}

int lint_header_slip(lint_t *lint)
{
	const assignment_t *header;
	int i;

	for(i = 0; i < lint->plan->n_rules; i++) {
		for(header = lint->plan->rules[i]->headers; header != NULL;
				header = header->next)
			see_header(lint, header);
	}
	return 0;
}

/* -- groups that are always empty --------------------------------------- */

/* Find the place of a group (%1) in a text; if there is none, the whole text. */
static fragment_t group_where(const fragment_t *text, int wanted)
{
	int i = 0;

	while(i < text->text.len) {
		str rest = {text->text.s + i, text->text.len - i};
		int group;
		int len = rule_group_len(&rest, &group);

		if(len > 0 && group == wanted)
			return fragment_part(text, i, len);
		/* %% stands for itself */
		i += len > 0 ? len : rest.s[0] == '%' ? 2 : 1;
	}
	return *text;
}

static void see_template(lint_t *lint, const rule_t *rule,
		const template_t *template, const fragment_t *text, void *context)
{
	const piece_t *piece;

	(void)context;
	for(piece = template->pieces; piece != NULL; piece = piece->next) {
		const condition_t *condition = lint_condition_of(rule, piece->hole);
		fragment_t where;

		if(piece->hole == MARK_ESCAPE || condition == NULL
				|| !condition->test->pattern.is_negated)
			continue;
		where = group_where(text, piece->hole + 1);
		diagnostics_warning(lint->diagnostics, &where,
				"[%.*s] is always empty: it is a group of the condition of "
				"line %d, which begins with a ! and holds where nothing "
				"matches; take it from another condition",
				SHOWN(&where), condition->where.line);
	}
}

static bool has_negated_group(const rule_t *rule)
{
	const condition_t *condition;

	for(condition = rule->conditions; condition != NULL;
			condition = condition->next) {
		if(condition->test->pattern.is_negated
				&& condition->test->pattern.n_groups > 0)
			return true;
	}
	return false;
}

int lint_group_negated(lint_t *lint)
{
	int i;

	for(i = 0; i < lint->plan->n_rules; i++) {
		const rule_t *rule = lint->plan->rules[i];

		if(has_negated_group(rule))
			lint_visit_templates(lint, rule, see_template, NULL);
	}
	return 0;
}
