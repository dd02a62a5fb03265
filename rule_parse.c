/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rule_parse.h"

#include <string.h>

#include "ascii.h"
#include "boolean.h"
#include "header_name.h"
#include "response.h"

#define SESSION_VERB "failover"

/* headers, and variables, of one rule; more would be a slip */
#define ASSIGNMENTS_MAX 64

static int fault(
		rule_reader_t *reader, const fragment_t *where, const char *what)
{
	return diagnostics_error(
			reader->diagnostics, where, "[%.*s]: %s", SHOWN(where), what);
}

/* Refuse a comment behind a value in which a # has no meaning: behind a blank,
 * and in no option of a destination.
 * @return 0, or -1 with an error reported */
static int refuse_comment(rule_reader_t *reader, const fragment_t *value)
{
	fragment_t rest = *value;
	fragment_t word;

	if(fragment_find(value, 0, '#') < 0)
		return 0;
	while(fragment_next_word(&rest, &word)) {
		if(word.text.s[0] == '#')
			return fault(reader, &word,
					"a comment is a line of its own, which begins with #");
	}
	return 0;
}

/* -- captures ----------------------------------------------------------- */

/* How many characters stand for a group at the beginning of a text, and which:
 * %1 to %9, %{n}; 0: they do not. */
static int group_len(const str *text, int *group)
{
	int i;

	if(text->len >= 2 && text->s[1] >= '1' && text->s[1] <= '9') {
		*group = text->s[1] - '0';
		return 2;
	}
	if(text->len < 2 || text->s[1] != '{')
		return 0;
	*group = 0;
	for(i = 2; i < text->len && is_digit(text->s[i]); i++) {
		if(*group <= RULE_GROUPS_MAX)
			*group = 10 * *group + (text->s[i] - '0');
	}
	return i > 2 && i < text->len && text->s[i] == '}' ? i + 1 : 0;
}

static int refuse_group(rule_reader_t *reader, const fragment_t *where)
{
	/* of what could not be read it is not known how many groups it has */
	if(reader->has_bad_condition)
		return -1;
	return fault(reader, where,
			"no condition of this rule has such a group; for a percent "
			"sign write %%");
}

/* The mark that a percent sign at the beginning of a text begins. A wrong one
 * is marked as well, so that what is round it can be read and judged.
 * @return 0, or -1 with an error reported */
static int read_percent(
		rule_reader_t *reader, const fragment_t *text, mark_t *mark)
{
	fragment_t where = *text;
	int group = 0;
	int len = group_len(&text->text, &group);

	mark->at = text->text.s;
	mark->len = 2;
	mark->hole = MARK_ESCAPE;
	if(text->text.len >= 2 && text->text.s[1] == '%')
		return 0;
	mark->hole = 0;
	mark->len = where.text.len = len > 0 ? len : 1;
	if(len == 0)
		return fault(reader, &where,
				"%1 to %9 and %{10} stand for the groups of the conditions; "
				"for a percent sign write %%");
	if(group < 1 || group > reader->rule->n_groups)
		return refuse_group(reader, &where);
	mark->hole = group - 1;
	return 0;
}

/* Mark what stands for something else in a value. */
static int mark_value(rule_reader_t *reader, fragment_t *value)
{
	fragment_t rest = *value;
	mark_t *marks;
	int count = 0;
	int result = 0;
	int i;

	for(i = 0; i < value->text.len; i++)
		count += value->text.s[i] == '%';
	if(count == 0)
		return 0;
	marks = arena_alloc(reader->arena, count * sizeof(*marks));
	if(marks == NULL)
		return fault(reader, value, "no memory for it");
	for(i = fragment_find(&rest, 0, '%'); i >= 0;
			i = fragment_find(&rest, 0, '%')) {
		mark_t *mark = &marks[value->n_marks++];

		rest = fragment_part(&rest, i, rest.text.len - i);
		if(read_percent(reader, &rest, mark) < 0)
			result = -1;
		rest = fragment_part(&rest, mark->len, rest.text.len - mark->len);
	}
	value->marks = marks;
	return result;
}

static hole_kind_t hole_kind_value(const void *context, int offset)
{
	(void)context;
	(void)offset;
	return HOLE_VALUE;
}

/* Make a template of a value that is one line of text. */
static int read_template(
		rule_reader_t *reader, const fragment_t *value, template_t *template)
{
	fragment_t text = *value;

	if(mark_value(reader, &text) < 0)
		return -1;
	if(template_make(template, &text, hole_kind_value, NULL, reader->arena) < 0)
		return fault(reader, value, "no memory for it");
	return 0;
}

/* -- the deploy lines that have a meaning of their own ------------------ */

/* Note that a line stands in the rule.
 * @return 0, or -1 with an error reported if it stands there already */
static int note_line(
		rule_reader_t *reader, bool *is_there, const fragment_t *name)
{
	if(*is_there)
		return fault(reader, name, "once in a rule is right");
	*is_there = true;
	return 0;
}

static int read_to(
		rule_reader_t *reader, const fragment_t *name, const fragment_t *value)
{
	fragment_t rest = *value;
	fragment_t word, further;

	if(note_line(reader, &reader->rule->has_first, name) < 0
			|| refuse_comment(reader, value) < 0)
		return -1;
	if(!fragment_next_word(&rest, &word))
		return diagnostics_error(reader->diagnostics, value,
				"To has no value: a destination such as sip:100@192.0.2.1 "
				"would be right");
	mark_value(reader, &word);
	reader->rule->first =
			destination_parse(&word, reader->arena, reader->diagnostics);
	if(fragment_next_word(&rest, &further))
		return fault(reader, &further,
				"To takes one destination, further ones stand in $session = "
				"failover ...");
	return 0;
}

static int read_transport(
		rule_reader_t *reader, const fragment_t *name, const fragment_t *value)
{
	transport_t transport;

	if(note_line(reader, &reader->has_transport, name) < 0
			|| refuse_comment(reader, value) < 0
			|| transport_parse(value, &transport, reader->diagnostics) < 0)
		return -1;
	reader->rule->transport = *value;
	return 0;
}

static int read_session(
		rule_reader_t *reader, const fragment_t *name, const fragment_t *value)
{
	fragment_t rest = *value;
	fragment_t verb;

	if(note_line(reader, &reader->rule->has_further, name) < 0
			|| refuse_comment(reader, value) < 0)
		return -1;
	if(!fragment_next_word(&rest, &verb))
		return diagnostics_error(reader->diagnostics, value,
				"$session has no value: failover sip:101@192.0.2.2 would be "
				"right");
	if(!fragment_is(&verb, SESSION_VERB))
		return fault(reader, &verb,
				"there is no such session plug-in here: $session = failover "
				"... would be right");
	mark_value(reader, &rest);
	return destinations_parse(
			&rest, &reader->rule->further, reader->arena, reader->diagnostics);
}

static int read_continue(
		rule_reader_t *reader, const fragment_t *name, const fragment_t *value)
{
	if(note_line(reader, &reader->has_continue, name) < 0
			|| refuse_comment(reader, value) < 0)
		return -1;
	return boolean_parse(
			value, "$continue", &reader->rule->continues, reader->diagnostics);
}

static int read_action(
		rule_reader_t *reader, const fragment_t *name, const fragment_t *value)
{
	rule_t *rule = reader->rule;
	fragment_t phrase;

	if(note_line(reader, &rule->has_reply, name) < 0)
		return -1;
	rule->reply_where = *name;
	rule->reply_code = response_split(value, &phrase);
	if(rule->reply_code < 0)
		return diagnostics_error(reader->diagnostics, value,
				"[%.*s] is no reply: a code from %d to %d and a reason, as in "
				"404 Not Here, would be right",
				SHOWN(value), RESPONSE_OWN_MIN, RESPONSE_OWN_MAX);
	if(phrase.text.len > 0 && !response_is_phrase(&phrase.text))
		return diagnostics_error(reader->diagnostics, &phrase,
				"[%.*s] is no reason: at most %d bytes without a tab would be "
				"right",
				SHOWN(&phrase), RESPONSE_PHRASE_BYTES_MAX);
	return read_template(reader, &phrase, &rule->reply_reason);
}

static const deploy_line_t table[] = {
		{"To", "the first destination", read_to},
		{"$transport", "the transport to the first destination",
				read_transport},
		{"$session", "failover and the further destinations, in order",
				read_session},
		{"$continue",
				"true: the rules below are asked as well, and what they say "
				"is added",
				read_continue},
		{"$action", "CODE [Reason]: the call is answered with this reply",
				read_action},
		{NULL, NULL, NULL},
};

const deploy_line_t *rule_deploy_table(void)
{
	return table;
}

/* -- the other deploy lines --------------------------------------------- */

/* May a setting's value have a # in it? */
static bool is_free_text(const setting_t *setting)
{
	const setting_t *rows = settings_table();

	return setting == &rows[SETTING_PATTERN_RESPONSE]
		   || setting == &rows[SETTING_REDIRECTION_ALLOW]
		   || setting == &rows[SETTING_REPLY];
}

static int read_setting(
		rule_reader_t *reader, const fragment_t *name, const fragment_t *value)
{
	int prefix = (int)strlen(SETTINGS_PREFIX);
	fragment_t short_name =
			fragment_part(name, prefix, name->text.len - prefix);
	settings_t *settings = &reader->rule->settings;
	const setting_t *setting =
			setting_require(&short_name, reader->diagnostics);

	if(setting == NULL
			|| settings_name(settings, setting, name, reader->diagnostics) < 0
			|| (!is_free_text(setting) && refuse_comment(reader, value) < 0))
		return -1;
	return settings_read(
			settings, setting, value, reader->arena, reader->diagnostics);
}

/* Add a line to a list in which each name stands once. */
static int add_assignment(rule_reader_t *reader, assignment_t **list,
		bool (*is_same)(const str *a, const str *b), const fragment_t *where,
		const str *name, const fragment_t *value)
{
	assignment_t *added;
	int count = 0;

	for(; *list != NULL; list = &(*list)->next) {
		if(is_same(&(*list)->name, name))
			return fault(reader, where, "once in a rule is right");
		if(++count == ASSIGNMENTS_MAX)
			return diagnostics_error(reader->diagnostics, where,
					"[%.*s]: a rule has at most %d lines of this kind",
					SHOWN(where), ASSIGNMENTS_MAX);
	}
	if(value->text.len > RULE_VALUE_BYTES_MAX)
		return diagnostics_error(reader->diagnostics, value,
				"a value is at most %d bytes long", RULE_VALUE_BYTES_MAX);
	added = arena_alloc(reader->arena, sizeof(*added));
	if(added == NULL)
		return fault(reader, where, "no memory for it");
	added->name = *name;
	added->where = *where;
	added->text = *value;
	added->subject_id = SUBJECT_NONE;
	if(read_template(reader, value, &added->value) < 0)
		return -1;
	*list = added;
	return 0;
}

static int read_variable(
		rule_reader_t *reader, const fragment_t *name, const fragment_t *value)
{
	str bare;

	if(subject_read_variable(name, &bare, reader->diagnostics) < 0)
		return -1;
	return add_assignment(
			reader, &reader->rule->variables, str_equal, name, &bare, value);
}

static int read_header(
		rule_reader_t *reader, const fragment_t *name, const fragment_t *value)
{
	if(!header_name_is_valid(&name->text))
		return fault(reader, name,
				"this is no name of a header; To, $session, &failover.* or "
				"X-Header would be right");
	if(header_name_is_reserved(&name->text))
		return fault(reader, name,
				"a proxy does not change this header; other ones can be set, "
				"To = names the first destination");
	return add_assignment(reader, &reader->rule->headers, header_name_equal,
			name, &name->text, value);
}

static int read_line(
		rule_reader_t *reader, const fragment_t *name, const fragment_t *value)
{
	const deploy_line_t *line;

	for(line = table; line->name != NULL; line++) {
		if(fragment_is(name, line->name))
			return line->read(reader, name, value);
	}
	if(fragment_begins(name, SETTINGS_PREFIX))
		return read_setting(reader, name, value);
	if(name->text.s[0] == '$' || name->text.s[0] == '&')
		return read_variable(reader, name, value);
	return read_header(reader, name, value);
}

/* -- a rule ------------------------------------------------------------- */

rule_t *rule_begin(rule_reader_t *reader, const fragment_t *header,
		tests_t *tests, diagnostics_t *diagnostics)
{
	rule_t *rule = arena_alloc(tests->arena, sizeof(*rule));

	memset(reader, 0, sizeof(*reader));
	if(rule != NULL)
		rule->is_limit_reported =
				arena_alloc(tests->arena, sizeof(*rule->is_limit_reported));
	if(rule == NULL || rule->is_limit_reported == NULL) {
		diagnostics_error(diagnostics, header, "no memory for a rule");
		return NULL;
	}
	rule->line = header->line;
	rule->source = header->text;
	reader->arena = tests->arena;
	reader->tests = tests;
	reader->diagnostics = diagnostics;
	reader->rule = rule;
	reader->last_condition = &rule->conditions;
	return rule;
}

void rule_extend(rule_reader_t *reader, const fragment_t *line)
{
	reader->rule->source.len =
			(int)(line->text.s + line->text.len - reader->rule->source.s);
}

int rule_read_condition(rule_reader_t *reader, const fragment_t *line)
{
	rule_t *rule = reader->rule;
	condition_t *condition =
			condition_parse(reader->tests, line, reader->diagnostics);

	if(condition == NULL) {
		reader->has_bad_condition = true;
		return -1;
	}
	condition->first_group = rule->n_groups;
	*reader->last_condition = condition;
	reader->last_condition = &condition->next;
	if(rule->n_groups + condition->test->pattern.n_groups <= RULE_GROUPS_MAX) {
		rule->n_groups += condition->test->pattern.n_groups;
		return 0;
	}
	reader->has_bad_condition = true;
	return diagnostics_error(reader->diagnostics, line,
			"[%.*s]: the conditions of a rule have at most %d groups together; "
			"(?:...) is a bracket that is no group",
			SHOWN(line), RULE_GROUPS_MAX);
}

int rule_read_deploy(rule_reader_t *reader, const fragment_t *line)
{
	int equals = fragment_find(line, 0, '=');
	fragment_t name, value;

	if(equals < 0)
		return fault(reader, line, "a line is NAME = VALUE");
	name = fragment_part(line, 0, equals);
	name = fragment_trim(&name);
	value = fragment_part(line, equals + 1, line->text.len - equals - 1);
	value = fragment_trim(&value);
	if(name.text.len == 0)
		return fault(reader, line, "there is no name before the equals sign");
	return read_line(reader, &name, &value);
}

int rule_end(rule_reader_t *reader)
{
	rule_t *rule = reader->rule;

	if(rule->has_reply && (rule->has_first || rule->has_further))
		return fault(reader, &rule->reply_where,
				"it answers the call, so neither To nor $session stands "
				"beside it");
	if(rule->first == NULL || rule->transport.text.s == NULL)
		return 0;
	return destination_set_transport(
			rule->first, &rule->transport, reader->diagnostics);
}
