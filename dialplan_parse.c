/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dialplan_parse.h"

#include <string.h>
#include <strings.h>

#define SESSION_VERB "failover"

typedef enum section
{
	SECTION_NONE,
	SECTION_DEPLOY,
	SECTION_REFUSED, /* its lines cannot be judged */
} section_t;

/* What has been read so far. */
typedef struct parser
{
	arena_t *arena;
	diagnostics_t *diagnostics;
	section_t section;
	rule_t *rule;							 /* NULL before the first section */
	fragment_t header;						 /* the line that opens the rule */
	bool has_to, has_transport, has_session; /* such a line stands there */
	destination_t *first;	/* of To; NULL: none, or a wrong one */
	fragment_t transport;	/* text.s NULL: none, or a wrong one */
	destination_t *further; /* of $session */
} parser_t;

static int fault(parser_t *parser, const fragment_t *where, const char *what)
{
	return diagnostics_error(
			parser->diagnostics, where, "[%.*s]: %s", SHOWN(where), what);
}

static bool begins_with(const fragment_t *fragment, const char *prefix)
{
	int len = (int)strlen(prefix);

	return fragment->text.len >= len
		   && strncasecmp(fragment->text.s, prefix, len) == 0;
}

/* -- captures ----------------------------------------------------------- */

/* How many characters stand for a group at the beginning of a text: %1 to %9,
 * %{n}; 0: they do not. */
static int group_len(const str *text)
{
	int i = 2;

	if(text->len >= 2 && text->s[1] >= '1' && text->s[1] <= '9')
		return 2;
	if(text->len < 2 || text->s[1] != '{')
		return 0;
	while(i < text->len && text->s[i] >= '0' && text->s[i] <= '9')
		i++;
	return i > 2 && i < text->len && text->s[i] == '}' ? i + 1 : 0;
}

/* The mark that a percent sign at the beginning of a text begins. A wrong one
 * is marked as well, so that what is round it can be read and judged.
 * @return 0, or -1 with an error reported */
static int read_percent(parser_t *parser, const fragment_t *text, mark_t *mark)
{
	fragment_t where = *text;
	int len = group_len(&text->text);

	mark->at = text->text.s;
	mark->len = 2;
	mark->hole = MARK_ESCAPE;
	if(text->text.len >= 2 && text->text.s[1] == '%')
		return 0;
	mark->hole = 0;
	mark->len = where.text.len = len > 0 ? len : 1;
	if(len > 0)
		return fault(parser, &where,
				"no condition of this rule has such a group; for a percent "
				"sign write %%");
	return fault(parser, &where,
			"%1 to %9 and %{10} stand for the groups of the conditions; for a "
			"percent sign write %%");
}

/* Mark what stands for something else in a value. */
static int mark_value(parser_t *parser, fragment_t *value)
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
	marks = arena_alloc(parser->arena, count * sizeof(*marks));
	if(marks == NULL)
		return fault(parser, value, "no memory for it");
	for(i = fragment_find(&rest, 0, '%'); i >= 0;
			i = fragment_find(&rest, 0, '%')) {
		mark_t *mark = &marks[value->n_marks++];

		rest = fragment_part(&rest, i, rest.text.len - i);
		if(read_percent(parser, &rest, mark) < 0)
			result = -1;
		rest = fragment_part(&rest, mark->len, rest.text.len - mark->len);
	}
	value->marks = marks;
	return result;
}

/* -- lines of a deploy section ------------------------------------------ */

/* Note that a line stands in the rule.
 * @return 0, or -1 with an error reported if it stands there already */
static int note_line(parser_t *parser, bool *is_there, const fragment_t *name)
{
	if(*is_there)
		return fault(parser, name, "once in a rule is right");
	*is_there = true;
	return 0;
}

static int read_to(
		parser_t *parser, const fragment_t *name, const fragment_t *value)
{
	fragment_t rest = *value;
	fragment_t word, further;

	if(note_line(parser, &parser->has_to, name) < 0)
		return -1;
	if(!fragment_next_word(&rest, &word))
		return diagnostics_error(parser->diagnostics, value,
				"To has no value: a destination such as sip:100@192.0.2.1 "
				"would "
				"be right");
	mark_value(parser, &word);
	parser->first =
			destination_parse(&word, parser->arena, parser->diagnostics);
	if(fragment_next_word(&rest, &further))
		return fault(parser, &further,
				"To takes one destination, further ones stand in $session = "
				"failover ...");
	return 0;
}

static int read_transport(
		parser_t *parser, const fragment_t *name, const fragment_t *value)
{
	transport_t transport;

	if(note_line(parser, &parser->has_transport, name) < 0
			|| transport_parse(value, &transport, parser->diagnostics) < 0)
		return -1;
	parser->transport = *value;
	return 0;
}

static int read_session(
		parser_t *parser, const fragment_t *name, const fragment_t *value)
{
	fragment_t rest = *value;
	fragment_t verb;

	if(note_line(parser, &parser->has_session, name) < 0)
		return -1;
	if(!fragment_next_word(&rest, &verb))
		return diagnostics_error(parser->diagnostics, value,
				"$session has no value: failover sip:101@192.0.2.2 would be "
				"right");
	if(!fragment_is(&verb, SESSION_VERB))
		return fault(parser, &verb,
				"there is no such session plug-in here: $session = failover "
				"... would be right");
	mark_value(parser, &rest);
	return destinations_parse(
			&rest, &parser->further, parser->arena, parser->diagnostics);
}

static const struct
{
	const char *name;
	int (*read)(
			parser_t *parser, const fragment_t *name, const fragment_t *value);
} deploy_lines[] = {
		{"To", read_to},
		{"$transport", read_transport},
		{"$session", read_session},
};

static int read_setting(
		parser_t *parser, const fragment_t *name, const fragment_t *value)
{
	int prefix = (int)strlen(SETTINGS_PREFIX);
	fragment_t short_name =
			fragment_part(name, prefix, name->text.len - prefix);
	const setting_t *setting =
			setting_require(&short_name, parser->diagnostics);

	if(setting == NULL
			|| settings_name(&parser->rule->settings, setting, name,
					   parser->diagnostics)
					   < 0)
		return -1;
	return settings_read(&parser->rule->settings, setting, value, parser->arena,
			parser->diagnostics);
}

static int read_deploy_line(parser_t *parser, const fragment_t *line)
{
	int equals = fragment_find(line, 0, '=');
	fragment_t name, value;
	size_t i;

	if(equals < 0)
		return fault(parser, line, "a line is NAME = VALUE");
	name = fragment_part(line, 0, equals);
	name = fragment_trim(&name);
	value = fragment_part(line, equals + 1, line->text.len - equals - 1);
	value = fragment_trim(&value);
	if(name.text.len == 0)
		return fault(parser, line, "there is no name before the equals sign");
	if(begins_with(&name, SETTINGS_PREFIX))
		return read_setting(parser, &name, &value);
	for(i = 0; i < sizeof(deploy_lines) / sizeof(deploy_lines[0]); i++) {
		if(fragment_is(&name, deploy_lines[i].name))
			return deploy_lines[i].read(parser, &name, &value);
	}
	return fault(parser, &name,
			"this version takes To, $transport, $session and &failover.* in a "
			"rule");
}

/* -- a whole rule ------------------------------------------------------- */

/* Without To the first destination is the request's own. */
static int imply_first(parser_t *parser)
{
	parser->first = arena_alloc(parser->arena, sizeof(*parser->first));
	if(parser->first == NULL)
		return diagnostics_error(parser->diagnostics, &parser->header,
				"no memory for a destination");
	parser->first->is_current = true;
	parser->first->where = parser->header;
	parser->rule->is_first_implied = true;
	return 0;
}

/* The lines of a rule may come in any order, so what belongs together is put
 * together at its end. */
static void finish_rule(parser_t *parser)
{
	if(parser->rule == NULL)
		return;
	if(!parser->has_to && imply_first(parser) < 0)
		return;
	if(parser->first == NULL)
		return;
	if(parser->transport.text.s != NULL)
		destination_set_transport(
				parser->first, &parser->transport, parser->diagnostics);
	parser->first->next = parser->further;
	parser->rule->destinations = parser->first;
}

/* -- sections ----------------------------------------------------------- */

static bool is_section_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* Does a header name a section, in whatever spelling: [Deploy Patterns],
 * [deploy pattern:], ...? */
static bool is_section(const fragment_t *header, const char *word)
{
	const char *pattern = "pattern";
	char letters[32];
	size_t len = 0;
	int i;

	for(i = 0; i < header->text.len && len < sizeof(letters) - 1; i++) {
		if(is_section_letter(header->text.s[i]))
			letters[len++] = header->text.s[i];
	}
	letters[len] = '\0';
	if(strncasecmp(letters, word, strlen(word)) != 0)
		return false;
	if(strncasecmp(letters + strlen(word), pattern, strlen(pattern)) != 0)
		return false;
	len = strlen(word) + strlen(pattern);
	return letters[len] == '\0' || strcasecmp(letters + len, "s") == 0;
}

static int open_section(parser_t *parser, const fragment_t *line)
{
	parser->section = SECTION_REFUSED;
	if(line->text.s[line->text.len - 1] != ']')
		return fault(parser, line,
				"this section is not closed: [Deploy Patterns] would be right");
	if(is_section(line, "matching"))
		return fault(parser, line,
				"this version takes one rule made of [Deploy Patterns] only");
	if(!is_section(line, "deploy"))
		return fault(parser, line,
				"there is no such section: [Deploy Patterns] would be right");
	if(parser->rule != NULL)
		return fault(parser, line,
				"this version takes one rule, and this begins a second one");
	parser->rule = arena_alloc(parser->arena, sizeof(*parser->rule));
	if(parser->rule == NULL)
		return fault(parser, line, "no memory for a rule");
	parser->rule->line = line->line;
	parser->header = *line;
	parser->section = SECTION_DEPLOY;
	return 0;
}

/* -- lines of the text -------------------------------------------------- */

/* Rulers of dashes come along when a rule is pasted from a web page. */
static bool is_ruler(const fragment_t *line)
{
	int i;

	for(i = 0; i < line->text.len; i++) {
		if(line->text.s[i] != '-')
			return false;
	}
	return line->text.len >= 3;
}

static int check_characters(parser_t *parser, const fragment_t *line)
{
	int i;

	for(i = 0; i < line->text.len; i++) {
		unsigned char c = (unsigned char)line->text.s[i];
		fragment_t where;

		if(c == '\t' || (c >= 0x20 && c != 0x7f))
			continue;
		where = fragment_part(line, i, 1);
		if(c == '\r')
			return diagnostics_error(parser->diagnostics, &where,
					"a lone carriage return ends no line: end lines with LF or "
					"CR LF");
		return diagnostics_error(parser->diagnostics, &where,
				"a control character (0x%02x) does not belong into a dial plan",
				c);
	}
	return 0;
}

static void read_line(parser_t *parser, const fragment_t *raw)
{
	fragment_t line = *raw;

	if(line.text.len > 0 && line.text.s[line.text.len - 1] == '\r')
		line.text.len--;
	if(line.text.len > DIALPLAN_LINE_BYTES_MAX) {
		diagnostics_error(parser->diagnostics, &line,
				"a line is at most %d bytes long", DIALPLAN_LINE_BYTES_MAX);
		return;
	}
	if(check_characters(parser, &line) < 0)
		return;
	line = fragment_trim(&line);
	if(line.text.len == 0 || line.text.s[0] == '#' || is_ruler(&line))
		return;
	if(line.text.s[0] == '[')
		open_section(parser, &line);
	else if(parser->section == SECTION_DEPLOY)
		read_deploy_line(parser, &line);
	else if(parser->section == SECTION_NONE)
		fault(parser, &line,
				"this stands before any section: write [Deploy Patterns] above "
				"it");
}

/* Take off a byte order mark.
 * @return 0, or -1 with an error reported for UTF-16 */
static int check_encoding(fragment_t *text, diagnostics_t *diagnostics)
{
	const unsigned char *s = (const unsigned char *)text->text.s;
	int len = text->text.len;

	if(len >= 2
			&& ((s[0] == 0xff && s[1] == 0xfe)
					|| (s[0] == 0xfe && s[1] == 0xff)))
		return diagnostics_error(diagnostics, text,
				"this is UTF-16: save the dial plan as UTF-8");
	if(len >= 3 && memcmp(s, "\xef\xbb\xbf", 3) == 0) {
		text->text.s += 3;
		text->text.len -= 3;
	}
	return 0;
}

int dialplan_parse(const str *text, arena_t *arena, rule_t **rule,
		diagnostics_t *diagnostics)
{
	parser_t parser = {.arena = arena, .diagnostics = diagnostics};
	fragment_t rest = fragment_of(text);
	int errors_before = diagnostics->errors;

	if(text->len > DIALPLAN_BYTES_MAX)
		return diagnostics_error(diagnostics, &rest,
				"a dial plan is at most %d bytes long", DIALPLAN_BYTES_MAX);
	if(check_encoding(&rest, diagnostics) < 0)
		return -1;
	while(rest.text.len > 0) {
		const char *end = memchr(rest.text.s, '\n', rest.text.len);
		int len = end == NULL ? rest.text.len : (int)(end - rest.text.s);
		fragment_t line = rest;

		line.text.len = len;
		read_line(&parser, &line);
		rest.text.s += len + (end != NULL);
		rest.text.len -= len + (end != NULL);
		rest.line++;
	}
	finish_rule(&parser);
	*rule = parser.rule;
	return diagnostics->errors > errors_before ? -1 : 0;
}
