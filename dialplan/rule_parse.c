/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dialplan/rule_parse.h"

#include <string.h>

#include "text/ascii.h"
#include "text/boolean.h"
#include "dialplan/foreign.h"
#include "dialplan/network.h"
#include "sip/header_name.h"
#include "text/nearness.h"
#include "sip/response.h"

#define SESSION_VERB "failover"

/* so many headers, and so many variables, in one rule; more would be a mistake */
#define ASSIGNMENTS_MAX 64

static int fault(
		rule_reader_t *reader, const fragment_t *where, const char *what)
{
	return diagnostics_error(
			reader->diagnostics, where, "[%.*s]: %s", SHOWN(where), what);
}

/* Refuse a comment behind a value: a # behind a blank, in a value where # has no meaning,
 * and not in an option of a destination.
 * @return the value without the comment, so that it is checked too */
static fragment_t without_comment(
		rule_reader_t *reader, const fragment_t *value)
{
	fragment_t rest = *value;
	fragment_t before = *value;
	fragment_t word;

	if(fragment_find(value, 0, '#') < 0)
		return *value;
	while(fragment_next_word(&rest, &word)) {
		if(word.text.s[0] != '#')
			continue;
		fault(reader, &word,
				"a comment is a line of its own, which begins with #");
		before.text.len = (int)(word.text.s - value->text.s);
		return fragment_trim(&before);
	}
	return *value;
}

/* -- captures ----------------------------------------------------------- */

int rule_group_len(const str *text, int *group)
{
	int i;

	if(text->len < 2 || text->s[0] != '%')
		return 0;
	if(text->s[1] >= '1' && text->s[1] <= '9') {
		*group = text->s[1] - '0';
		return 2;
	}
	if(text->s[1] != '{')
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
	/* a condition with an error may have had the group */
	if(reader->has_bad_condition)
		return -1;
	return fault(reader, where,
			"no condition of this rule has such a group; for a percent "
			"sign write %%");
}

/* The length of a wrong group. Braces behind a percent sign belong to it. */
static int wrong_len(const str *text)
{
	int i = 2;

	if(text->len < 2 || text->s[1] != '{')
		return 1;
	while(i < text->len && !is_blank(text->s[i])
			&& !is_one_of(text->s[i], "%{}"))
		i++;
	return i < text->len && text->s[i] == '}' ? i + 1 : 1;
}

/* Read the mark that begins with a percent sign. A wrong one gets a mark too, so that
 * the text around it is checked.
 * @param is_option it stands in the options of a destination. There a group is
 *                  refused, and another percent sign is an ordinary character
 * @return 0, or -1 with an error reported */
static int read_percent(rule_reader_t *reader, const fragment_t *text,
		bool is_option, mark_t *mark)
{
	fragment_t where = *text;
	int group = 0;
	int len = rule_group_len(&text->text, &group);

	mark->at = text->text.s;
	mark->len = 2;
	mark->hole = MARK_ESCAPE;
	if(text->text.len >= 2 && text->text.s[1] == '%')
		return 0;
	mark->hole = 0;
	mark->len = where.text.len = len > 0 ? len : wrong_len(&text->text);
	if(len == 0 && text->text.len > 2 && text->text.s[1] == '{'
			&& text->text.s[2] == '$') {
		return fault(reader, &where,
				"a function stands in no value: catch it in a condition, as in "
				"$getSIPuser(From) = (.+), and write %1");
	}
	if(len == 0) {
		mark->hole = is_option ? MARK_ESCAPE : 0;
		return fault(reader, &where,
				"%1 to %9 and %{10} stand for the groups of the conditions; "
				"for a percent sign write %%");
	}
	if(is_option)
		return 0;
	if(group < 1 || group > reader->rule->n_groups)
		return refuse_group(reader, &where);
	mark->hole = group - 1;
	return 0;
}

/* The number of braces that a text opens and does not close. */
static int braces_open(const char *s, int len)
{
	int depth = 0;
	int i;

	for(i = 0; i < len; i++)
		depth += (s[i] == '{') - (s[i] == '}');
	return depth;
}

/* Find the marks of a value.
 * @param has_options its braces contain options of destinations
 * @return 0, or -1 with every error reported */
static int mark_value(
		rule_reader_t *reader, fragment_t *value, bool has_options)
{
	fragment_t rest = *value;
	mark_t *marks;
	int count = 0;
	int depth = 0;
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

		depth += braces_open(rest.text.s, i);
		rest = fragment_part(&rest, i, rest.text.len - i);
		if(read_percent(reader, &rest, has_options && depth > 0, mark) < 0)
			result = -1;
		rest = fragment_part(&rest, mark->len, rest.text.len - mark->len);
	}
	value->marks = marks;
	return result;
}

/* Make a template of a value that is one line of text. */
static void read_template(
		rule_reader_t *reader, const fragment_t *value, template_t *template)
{
	fragment_t text = *value;

	if(mark_value(reader, &text, false) == 0
			&& template_make(template, &text, NULL, NULL, reader->arena) < 0)
		fault(reader, value, "no memory for it");
}

/* -- the deploy lines that have a meaning of their own ------------------ */

/* Note that the rule has a line. A second such line is an error, but it is read too, for
 * its own errors. */
static void note_line(
		rule_reader_t *reader, bool *is_there, const fragment_t *name)
{
	if(*is_there)
		fault(reader, name, "once in a rule is right");
	*is_there = true;
}

/* Is it a pattern, and not a destination? Only characters that no destination has can
 * tell: brackets, dots and stars can be part of a user. */
static bool is_pattern(const fragment_t *word)
{
	int brace = fragment_find(word, 0, '{');
	int end = brace < 0 ? word->text.len : brace;
	const char *s = word->text.s;
	bool has_no_host = s[word->text.len - 1] == '@';
	int i;

	if(is_one_of(s[0], "^!"))
		return true;
	for(i = 0; i < end; i++) {
		if(s[i] == '\\')
			return true;
		if(has_no_host
				&& (is_one_of(s[i], "([")
						|| (s[i] == '.' && is_one_of(s[i + 1], "*+?"))))
			return true;
	}
	return false;
}

static void read_to(
		rule_reader_t *reader, const fragment_t *name, const fragment_t *value)
{
	rule_t *rule = reader->rule;
	fragment_t rest = without_comment(reader, value);
	fragment_t word, further;
	destination_t *first;

	note_line(reader, &reader->has_to, name);
	rule->has_first = true;
	if(!fragment_next_word(&rest, &word)) {
		diagnostics_error(reader->diagnostics, value,
				"To has no value: a destination such as sip:100@192.0.2.1 "
				"would be right");
		return;
	}
	if(is_pattern(&word)) {
		fault(reader, &word,
				"this is a pattern: as a condition it stands under [Matching "
				"Patterns], and To = sip:100@192.0.2.1 names a destination");
		return;
	}
	mark_value(reader, &word, true);
	first = destination_parse(&word, reader->arena, reader->diagnostics);
	if(rule->first == NULL)
		rule->first = first;
	if(!fragment_next_word(&rest, &further))
		return;
	if(further.text.s[0] == '{') /* this reports what is wrong */
		destination_parse(&further, reader->arena, reader->diagnostics);
	else
		fault(reader, &further,
				"To takes one destination, further ones stand in $session = "
				"failover ...");
}

static void read_transport(
		rule_reader_t *reader, const fragment_t *name, const fragment_t *value)
{
	fragment_t text = without_comment(reader, value);
	transport_t transport;

	note_line(reader, &reader->has_transport, name);
	if(transport_parse(&text, &transport, reader->diagnostics) == 0)
		reader->rule->transport = text;
}

static bool is_uri(const fragment_t *word)
{
	return fragment_begins(word, "sip:") || fragment_begins(word, "sips:");
}

static void read_session(
		rule_reader_t *reader, const fragment_t *name, const fragment_t *value)
{
	rule_t *rule = reader->rule;
	fragment_t rest = without_comment(reader, value);
	fragment_t text = rest;
	fragment_t verb;

	note_line(reader, &reader->has_session, name);
	rule->has_further = true;
	if(!fragment_next_word(&rest, &verb)) {
		diagnostics_error(reader->diagnostics, value,
				"$session has no value: failover sip:101@192.0.2.2 would be "
				"right");
		return;
	}
	if(!fragment_is(&verb, SESSION_VERB)) {
		fault(reader, &verb,
				"there is no such session plug-in here: $session = failover "
				"... would be right");
		/* the arguments of another plug-in are unknown */
		if(is_uri(&verb))
			rest = text;
		else if(!nearness_is_slip(&verb.text, SESSION_VERB))
			return;
	}
	mark_value(reader, &rest, true);
	destinations_parse(
			&rest, &rule->further, reader->arena, reader->diagnostics);
}

static void read_continue(
		rule_reader_t *reader, const fragment_t *name, const fragment_t *value)
{
	fragment_t text = without_comment(reader, value);

	note_line(reader, &reader->has_continue, name);
	boolean_parse(
			&text, "$continue", &reader->rule->continues, reader->diagnostics);
}

static void read_action(
		rule_reader_t *reader, const fragment_t *name, const fragment_t *value)
{
	rule_t *rule = reader->rule;
	fragment_t phrase;

	note_line(reader, &rule->has_reply, name);
	rule->reply_where = *name;
	if(foreign_refuse_action(value, reader->diagnostics) < 0)
		return;
	rule->reply_code = response_split(value, &phrase);
	if(rule->reply_code < 0)
		diagnostics_error(reader->diagnostics, value,
				"[%.*s] is no reply: a code from %d to %d and a reason, as in "
				"404 Not Here, would be right",
				SHOWN(value), RESPONSE_OWN_MIN, RESPONSE_OWN_MAX);
	if(rule->reply_code < 0 || phrase.text.len == 0
			|| response_is_phrase(&phrase.text))
		read_template(reader, &phrase, &rule->reply_reason);
	else
		diagnostics_error(reader->diagnostics, &phrase,
				"[%.*s] is no reason: at most %d bytes without a tab would be "
				"right",
				SHOWN(&phrase), RESPONSE_PHRASE_BYTES_MAX);
}

/* Make a URI of a host. Marks are pointers into the text, so they are made anew. */
static int hop_with_scheme(
		rule_reader_t *reader, const fragment_t *word, fragment_t *whole)
{
	static const char scheme[] = "sip:";
	int len = (int)sizeof(scheme) - 1;
	mark_t *marks = NULL;
	char *text = arena_alloc(reader->arena, word->text.len + len);
	int i;

	if(text == NULL)
		return -1;
	memcpy(text, scheme, len);
	memcpy(text + len, word->text.s, word->text.len);
	if(word->n_marks > 0) {
		marks = arena_alloc(reader->arena, word->n_marks * sizeof(*marks));
		if(marks == NULL)
			return -1;
	}
	for(i = 0; i < word->n_marks; i++) {
		marks[i] = word->marks[i];
		marks[i].at = text + len + (word->marks[i].at - word->text.s);
	}
	whole->text = (str){text, word->text.len + len};
	whole->column -= len;
	whole->marks = marks;
	return 0;
}

/* Read a destination of $target. Without a user part it is only a next hop. */
static destination_t *read_hop(rule_reader_t *reader, const fragment_t *word)
{
	fragment_t whole = *word;
	destination_t *destination;

	if(!is_uri(word) && hop_with_scheme(reader, word, &whole) < 0) {
		fault(reader, word, "no memory for it");
		return NULL;
	}
	destination = destination_parse(&whole, reader->arena, reader->diagnostics);
	if(destination == NULL)
		return NULL;
	destination->where = *word;
	if(settings_has(&destination->options, SETTING_RURI))
		return destination;
	destination->options.ruri =
			destination->has_user ? RURI_DESTINATION : RURI_KEEP;
	destination->options.written |= 1u << SETTING_RURI;
	return destination;
}

/* With $target, the next destination follows after silence, and not after a reply. This
 * is like a preset: the settings that the rule writes override it. */
static void settle_target(settings_t *settings)
{
	static const response_set_t no_code;

	if(!settings_has(settings, SETTING_PATTERN_RESPONSE)) {
		settings->pattern_response = no_code;
		settings->written |= 1u << SETTING_PATTERN_RESPONSE;
	}
	if(!settings_has(settings, SETTING_RINGING)) {
		settings->ringing = RINGING_STOP;
		settings->written |= 1u << SETTING_RINGING;
	}
}

static void read_target(
		rule_reader_t *reader, const fragment_t *name, const fragment_t *value)
{
	rule_t *rule = reader->rule;
	fragment_t rest = without_comment(reader, value);
	destination_t **link = &rule->first;
	fragment_t word;
	bool has_next;

	note_line(reader, &rule->has_target, name);
	reader->target = *name;
	mark_value(reader, &rest, true);
	do {
		destination_t *hop = NULL;

		has_next = option_next(&rest, &word);
		if(word.text.len > 0)
			hop = read_hop(reader, &word);
		else
			diagnostics_error(reader->diagnostics, &word,
					"there is no destination here: $target = 192.0.2.1, "
					"gw2.example.com:5080 would be right");
		if(hop == NULL)
			continue;
		*link = hop;
		link = link == &rule->first ? &rule->further : &hop->next;
	} while(has_next);
}

/* Read the address of this server that a call leaves from. */
static void read_ifdst(
		rule_reader_t *reader, const fragment_t *name, const fragment_t *value)
{
	fragment_t text = without_comment(reader, value);
	bool is_there = reader->rule->from_address.len > 0;
	bool is_bare;
	address_t address;
	str made = {0};

	note_line(reader, &is_there, name);
	if(!address_read(&text.text, &address)) {
		fault(reader, &text,
				"this is no IP address of this server: $ifdst = 192.0.2.1 "
				"would "
				"be right, or the option {socket=NAME} of a destination");
		return;
	}
	made.s = arena_alloc(reader->arena, text.text.len + 3);
	if(made.s == NULL) {
		fault(reader, name, "no memory for it");
		return;
	}
	/* before a port, an IPv6 address needs brackets */
	is_bare = address.bytes == 16 && text.text.s[0] != '[';
	if(is_bare)
		made.s[made.len++] = '[';
	memcpy(made.s + made.len, text.text.s, text.text.len);
	made.len += text.text.len;
	if(is_bare)
		made.s[made.len++] = ']';
	reader->rule->from_address = made;
}

static const deploy_line_t table[] = {
		{"To", "the first destination", read_to},
		{"$transport", "the transport to the first destination",
				read_transport},
		{"$session", "failover and the further destinations, in order",
				read_session},
		{"$target",
				"the destinations, separated by commas: hosts and URIs; the "
				"next "
				"one follows after silence",
				read_target},
		{"$ifdst", "the address of this server that the call leaves from",
				read_ifdst},
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

/* Can the value of a setting contain a #? */
static bool is_free_text(const setting_t *setting)
{
	const setting_t *rows = settings_table();

	return setting == &rows[SETTING_PATTERN_RESPONSE]
		   || setting == &rows[SETTING_REDIRECTION_ALLOW]
		   || setting == &rows[SETTING_REPLY];
}

static void read_setting(
		rule_reader_t *reader, const fragment_t *name, const fragment_t *value)
{
	int prefix = (int)strlen(SETTINGS_PREFIX);
	fragment_t short_name =
			fragment_part(name, prefix, name->text.len - prefix);
	settings_t *settings = &reader->rule->settings;
	const setting_t *setting =
			setting_require(&short_name, reader->diagnostics);
	fragment_t text = *value;

	if(setting == NULL)
		return;
	settings_name(settings, setting, name, reader->diagnostics);
	if(!is_free_text(setting))
		text = without_comment(reader, value);
	settings_read(settings, setting, &text, reader->arena, reader->diagnostics);
}

/* Can a line be added to a list in which each name stands once?
 * @param list set to the place where it is added
 * @return false with an error reported */
static bool has_room(rule_reader_t *reader, assignment_t ***list,
		bool (*is_same)(const str *a, const str *b), const fragment_t *where,
		const str *name)
{
	assignment_t **it = *list;
	int count = 0;

	for(; *it != NULL; it = &(*it)->next) {
		if(is_same(&(*it)->name, name)) {
			fault(reader, where, "once in a rule is right");
			return false;
		}
		if(++count == ASSIGNMENTS_MAX) {
			diagnostics_error(reader->diagnostics, where,
					"[%.*s]: a rule has at most %d lines of this kind",
					SHOWN(where), ASSIGNMENTS_MAX);
			return false;
		}
	}
	*list = it;
	return true;
}

static void add_assignment(rule_reader_t *reader, assignment_t **list,
		bool (*is_same)(const str *a, const str *b), const fragment_t *where,
		const str *name, const fragment_t *value)
{
	bool is_added = has_room(reader, &list, is_same, where, name);
	assignment_t *added;

	if(value->text.len > RULE_VALUE_BYTES_MAX) {
		diagnostics_error(reader->diagnostics, value,
				"a value is at most %d bytes long", RULE_VALUE_BYTES_MAX);
		return;
	}
	added = arena_alloc(reader->arena, sizeof(*added));
	if(added == NULL) {
		fault(reader, where, "no memory for it");
		return;
	}
	added->name = *name;
	added->where = *where;
	added->text = *value;
	added->subject_id = SUBJECT_NONE;
	read_template(reader, value, &added->value);
	if(is_added)
		*list = added;
}

/* Is it $xavp(failover=>NAME), as in the script? */
static bool is_xavp(const fragment_t *text, str *name)
{
	static const char opening[] = "$xavp(failover=>";
	int len = (int)strlen(opening);

	if(!fragment_begins(text, opening)
			|| text->text.s[text->text.len - 1] != ')')
		return false;
	name->s = text->text.s + len;
	name->len = text->text.len - len - 1;
	return name->len > 0;
}

static void read_variable(
		rule_reader_t *reader, const fragment_t *name, const fragment_t *value)
{
	str bare;

	if(fragment_begins(name, PV_OPENING))
		fault(reader, name,
				"as a condition it stands under [Matching Patterns]; a rule "
				"sets "
				"$NAME, and the script the other pseudo-variables");
	else if(is_xavp(name, &bare))
		diagnostics_error(reader->diagnostics, name,
				"[%.*s]: $%.*s = %.*s would be right", SHOWN(name),
				STR_FMT(&bare), SHOWN(value));
	else if(foreign_refuse_deploy(name, value, reader->diagnostics) == 0
			&& subject_read_variable(name, &bare, reader->diagnostics) == 0)
		add_assignment(reader, &reader->rule->variables, str_equal, name, &bare,
				value);
}

static void read_header(
		rule_reader_t *reader, const fragment_t *name, const fragment_t *value)
{
	if(!header_name_is_valid(&name->text))
		fault(reader, name,
				"this is no name of a header; To, $session, &failover.* or "
				"X-Header would be right");
	else if(header_name_is_reserved(&name->text))
		fault(reader, name,
				"a proxy does not change this header; other ones can be set, "
				"To = names the first destination; as a condition it stands "
				"under [Matching Patterns]");
	else
		add_assignment(reader, &reader->rule->headers, header_name_equal, name,
				&name->text, value);
}

static void read_line(
		rule_reader_t *reader, const fragment_t *name, const fragment_t *value)
{
	const deploy_line_t *line;

	for(line = table; line->name != NULL; line++) {
		if(fragment_is(name, line->name)) {
			line->read(reader, name, value);
			return;
		}
	}
	if(fragment_begins(name, SETTINGS_PREFIX))
		read_setting(reader, name, value);
	else if(name->text.s[0] == '$' || name->text.s[0] == '&')
		read_variable(reader, name, value);
	else
		read_header(reader, name, value);
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

/* Split NAME = VALUE.
 * @return false where there is no equals sign, or no name */
static bool split_line(
		const fragment_t *line, fragment_t *name, fragment_t *value)
{
	int equals = subject_end(line);

	if(equals < 0)
		return false;
	*name = fragment_part(line, 0, equals);
	*name = fragment_trim(name);
	*value = fragment_part(line, equals + 1, line->text.len - equals - 1);
	*value = fragment_trim(value);
	return name->text.len > 0;
}

/* Can a condition use this name: $transport, a variable, or a header? */
static bool is_subject(const fragment_t *name)
{
	return name->text.s[0] != '$' || subject_find(name) != SUBJECT_KINDS;
}

static bool is_deploy_name(const fragment_t *name)
{
	const deploy_line_t *line;

	for(line = table; line->name != NULL; line++) {
		if(fragment_is(name, line->name))
			return true;
	}
	return fragment_begins(name, SETTINGS_PREFIX);
}

/* Does the line have a value that is usual in a deploy line, although a condition could
 * use its name? */
static bool is_deploy_value(const fragment_t *name, const fragment_t *value)
{
	diagnostics_t none = {0};
	transport_t transport;

	if(name->text.s[0] == '&')
		return true;
	if(name->text.s[0] == '$')
		return transport_parse(value, &transport, &none) == 0;
	return is_uri(value) && !is_pattern(value);
}

/* Note a deploy line among the conditions.
 * @return 0; -1 with an error reported if it can be nothing else */
static int refuse_deploy(rule_reader_t *reader, const fragment_t *line)
{
	fragment_t name, value;
	bool is_condition;

	if(!split_line(line, &name, &value) || !is_deploy_name(&name))
		return 0;
	is_condition = is_subject(&name);
	if(reader->deploy_line == 0
			&& (!is_condition || is_deploy_value(&name, &value)))
		reader->deploy_line = line->line;
	return is_condition ? 0
						: fault(reader, &name,
								"this is no condition: it stands under "
								"[Deploy Patterns]");
}

/* Mark the groups in the arguments of a function: those of the conditions above.
 * @return 0, or -1 with every error reported */
static int mark_arguments(rule_reader_t *reader, fragment_t *line)
{
	int equals = subject_end(line);
	fragment_t name;

	if(equals < 0)
		return 0;
	name = fragment_part(line, 0, equals);
	if(!subject_takes_arguments(&name))
		return 0;
	if(mark_value(reader, &name, false) < 0)
		return -1;
	line->marks = name.marks;
	line->n_marks = name.n_marks;
	return 0;
}

void rule_read_condition(rule_reader_t *reader, const fragment_t *line)
{
	rule_t *rule = reader->rule;
	condition_t *condition = NULL;
	fragment_t marked = *line;

	if(refuse_deploy(reader, line) == 0 && mark_arguments(reader, &marked) == 0)
		condition =
				condition_parse(reader->tests, &marked, reader->diagnostics);
	if(condition == NULL) {
		reader->has_bad_condition = true;
		return;
	}
	condition->first_group = rule->n_groups;
	*reader->last_condition = condition;
	reader->last_condition = &condition->next;
	if(rule->n_groups + condition->test->pattern.n_groups <= RULE_GROUPS_MAX) {
		rule->n_groups += condition->test->pattern.n_groups;
		return;
	}
	reader->has_bad_condition = true;
	diagnostics_error(reader->diagnostics, line,
			"[%.*s]: the conditions of a rule have at most %d groups together; "
			"(?:...) is a bracket that is no group",
			SHOWN(line), RULE_GROUPS_MAX);
}

void rule_read_deploy(rule_reader_t *reader, const fragment_t *line)
{
	fragment_t name, value;

	if(subject_end(line) < 0)
		fault(reader, line, "a line is NAME = VALUE");
	else if(!split_line(line, &name, &value))
		fault(reader, line, "there is no name before the equals sign");
	else
		read_line(reader, &name, &value);
}

/* Warn of destinations whose user part is of no use. */
static void check_kept(rule_reader_t *reader)
{
	const rule_t *rule = reader->rule;
	const destination_t *it;

	if(!settings_has(&rule->settings, SETTING_RURI)
			|| rule->settings.ruri != RURI_KEEP)
		return;
	for(it = rule_next_destination(rule, NULL); it != NULL;
			it = rule_next_destination(rule, it)) {
		if(destination_keeps_ruri(it, true) && it->has_user
				&& !settings_has(&it->options, SETTING_RURI))
			diagnostics_error(reader->diagnostics, &it->where, KEPT_USER,
					SHOWN(&it->where));
	}
}

/* Apply $transport: it is for the first destination; with $target it is for all. */
static void set_transport(rule_reader_t *reader)
{
	rule_t *rule = reader->rule;
	destination_t *it = rule->first;

	if(rule->transport.text.s == NULL)
		return;
	if(!rule->has_target) {
		if(it != NULL)
			destination_set_transport(
					it, &rule->transport, reader->diagnostics);
		return;
	}
	while(it != NULL) {
		if(destination_set_transport(it, &rule->transport, reader->diagnostics)
				< 0)
			return;
		it = it == rule->first ? rule->further : it->next;
	}
	/* the first one has it already */
	rule->transport = (fragment_t){0};
}

static void set_address(rule_reader_t *reader)
{
	rule_t *rule = reader->rule;
	destination_t *it;

	if(rule->from_address.len == 0)
		return;
	for(it = rule->first != NULL ? rule->first : rule->further; it != NULL;
			it = it == rule->first ? rule->further : it->next) {
		/* the transport of these is only known in the call */
		if(!it->is_current && !it->is_set
				&& settings_leave_from(&it->options, &rule->from_address,
						   it->transport, reader->arena)
						   < 0)
			fault(reader, &it->where, "no memory for it");
	}
}

/* A rule that is to refuse other requests than an INVITE is a false safety. */
static void check_methods(rule_reader_t *reader)
{
	const rule_t *rule = reader->rule;
	const condition_t *it;

	for(it = rule->conditions; it != NULL; it = it->next) {
		const pattern_t *pattern = &it->test->pattern;
		int begin = subject_end(&it->where) + 1;
		fragment_t value =
				fragment_part(&it->where, begin, it->where.text.len - begin);

		value = fragment_trim(&value);
		if(it->test->subject->kind == SUBJECT_REQUEST)
			foreign_refuse_method(&value, &pattern->text, pattern->is_negated,
					rule->reply_code, reader->diagnostics);
	}
}

void rule_end(rule_reader_t *reader)
{
	rule_t *rule = reader->rule;

	if(rule->has_target && (rule->has_first || rule->has_further))
		fault(reader, &reader->target,
				"it names all destinations, so neither To nor $session stands "
				"beside it");
	if(rule->has_target) {
		rule->has_first = rule->has_further = true;
		settle_target(&rule->settings);
	}
	if(rule->has_reply && (rule->has_first || rule->has_further))
		fault(reader, &rule->reply_where,
				"it answers the call, so neither To, $session nor $target "
				"stands beside it");
	else
		set_transport(reader);
	set_address(reader);
	check_kept(reader);
	if(rule->has_reply && rule->reply_code > 0)
		check_methods(reader);
}
