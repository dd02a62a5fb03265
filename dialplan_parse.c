/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dialplan_parse.h"

#include <string.h>
#include <strings.h>

#include "text/ascii.h"
#include "sip/header_name.h"
#include "text/nearness.h"
#include "dialplan/rule_parse.h"

/* it goes into log lines and replies to commands */
#define RULE_NAME_BYTES_MAX 64

typedef enum section
{
	SECTION_NONE,
	SECTION_NAME, /* behind [Rule NAME]: one of the other two follows */
	SECTION_MATCHING,
	SECTION_DEPLOY,
	SECTION_REFUSED, /* its lines cannot be judged */
} section_t;

/* What has been read so far. */
typedef struct parser
{
	dialplan_t *plan;
	arena_t *arena, *scratch;
	diagnostics_t *diagnostics;
	tests_t tests;
	section_t section;
	rule_reader_t reader;  /* of the rule that is being read */
	fragment_t header;	   /* its first one */
	bool has_rule;		   /* there is such a rule */
	bool has_deploy;	   /* and it has that section */
	rule_t *first, **last; /* all rules, and where the next one goes */
	bool is_full;		   /* no further rule is read */
} parser_t;

static int fault(parser_t *parser, const fragment_t *where, const char *what)
{
	return diagnostics_error(
			parser->diagnostics, where, "[%.*s]: %s", SHOWN(where), what);
}

/* -- rules -------------------------------------------------------------- */

static void end_rule(parser_t *parser)
{
	if(!parser->has_rule)
		return;
	parser->has_rule = false;
	rule_end(&parser->reader);
	if(parser->has_deploy)
		return;
	if(parser->reader.deploy_line > 0)
		diagnostics_error(parser->diagnostics, &parser->header,
				"[%.*s]: this rule has no [Deploy Patterns], where it stands "
				"what becomes of the call: was it forgotten above line %d?",
				SHOWN(&parser->header), parser->reader.deploy_line);
	else
		fault(parser, &parser->header,
				"this rule has no [Deploy Patterns], where it stands what "
				"becomes of the call; it stands below the conditions");
}

static void begin_rule(parser_t *parser, const fragment_t *header)
{
	rule_t *rule;

	end_rule(parser);
	if(parser->plan->n_rules == DIALPLAN_RULES_MAX) {
		diagnostics_error(parser->diagnostics, header,
				"a dial plan has at most %d rules, and here the next one "
				"begins",
				DIALPLAN_RULES_MAX);
		parser->is_full = true;
		return;
	}
	rule = rule_begin(
			&parser->reader, header, &parser->tests, parser->diagnostics);
	if(rule == NULL) {
		parser->is_full = true;
		return;
	}
	rule->id = parser->plan->n_rules++;
	*parser->last = rule;
	parser->last = &rule->next;
	parser->header = *header;
	parser->has_rule = true;
	parser->has_deploy = false;
}

/* -- sections ----------------------------------------------------------- */

/* What stands between the brackets of a header. */
static fragment_t within_brackets(const fragment_t *header)
{
	return fragment_part(header, 1, header->text.len - 2);
}

/* The word of a section in whatever spelling: of [Deploy Patterns], [deploy
 * pattern:], [DeployPattern] it is DeployPatterns or DeployPattern.
 * @param inner without the brackets
 * @return whether it is made of nothing else */
static bool read_section_word(const fragment_t *inner, char *word, size_t size)
{
	bool is_all = true;
	size_t len = 0;
	int i;

	for(i = 0; i < inner->text.len; i++) {
		char c = inner->text.s[i];

		if(is_letter(c) && len < size - 1)
			word[len++] = c;
		else if(!is_blank(c) && c != ':')
			is_all = false;
	}
	word[len] = '\0';
	return is_all;
}

/* The section that most likely was meant; NULL: none is near. */
static const char *near_section(const fragment_t *header)
{
	static const struct
	{
		const char *word, *section;
	} words[] = {{"MatchingPatterns", "[Matching Patterns]"},
			{"MatchPatterns", "[Matching Patterns]"},
			{"Matching", "[Matching Patterns]"},
			{"DeployPatterns", "[Deploy Patterns]"},
			{"DeploymentPatterns", "[Deploy Patterns]"},
			{"Deploy", "[Deploy Patterns]"}};
	fragment_t inner = within_brackets(header);
	fragment_t first;
	char word[32];
	str text = {word, 0};
	size_t i;

	read_section_word(&inner, word, sizeof(word));
	text.len = (int)strlen(word);
	for(i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if(nearness_is_slip(&text, words[i].word))
			return words[i].section;
	}
	if(fragment_next_word(&inner, &first)
			&& nearness_distance(&first.text, "Rule") == 1)
		return "[Rule NAME]";
	return NULL;
}

static bool is_section(const fragment_t *inner, const char *name)
{
	char word[32];
	size_t len = strlen(name);

	if(!read_section_word(inner, word, sizeof(word))
			|| strncasecmp(word, name, len) != 0)
		return false;
	/* the last is a misprint of the vendor's page */
	return word[len] == '\0' || strcasecmp(word + len, "s") == 0
		   || strcasecmp(word + len, "sns") == 0;
}

/* [Rule NAME]: the name, which may be empty. */
static bool is_rule_name(const fragment_t *header, fragment_t *name)
{
	fragment_t inner = within_brackets(header);
	fragment_t word;

	if(!fragment_next_word(&inner, &word) || !fragment_is(&word, "Rule"))
		return false;
	*name = fragment_trim(&inner);
	return true;
}

static void open_named_rule(
		parser_t *parser, const fragment_t *header, const fragment_t *name)
{
	begin_rule(parser, header);
	parser->section = SECTION_NAME;
	if(name->text.len == 0)
		fault(parser, header,
				"a name is missing: [Rule office] would be right");
	if(name->text.len > RULE_NAME_BYTES_MAX)
		diagnostics_error(parser->diagnostics, name,
				"a name is at most %d bytes long", RULE_NAME_BYTES_MAX);
	if(parser->has_rule)
		parser->reader.rule->name = name->text;
}

static void open_matching(parser_t *parser, const fragment_t *header)
{
	if(parser->section != SECTION_NAME)
		begin_rule(parser, header);
	parser->section = SECTION_MATCHING;
}

static void open_deploy(parser_t *parser, const fragment_t *header)
{
	if(parser->section != SECTION_NAME && parser->section != SECTION_MATCHING)
		begin_rule(parser, header);
	parser->section = SECTION_DEPLOY;
	parser->has_deploy = true;
}

/* @param inner its header without the brackets
 * @return whether it is one of the two that hold lines */
static bool open_section(
		parser_t *parser, const fragment_t *header, const fragment_t *inner)
{
	if(is_section(inner, "MatchingPattern"))
		open_matching(parser, header);
	else if(is_section(inner, "DeployPattern"))
		open_deploy(parser, header);
	else
		return false;
	if(parser->has_rule)
		rule_extend(&parser->reader, header);
	return true;
}

/* It is open so far, but its lines are not judged. */
static void refuse_section(parser_t *parser, const fragment_t *header)
{
	const char *near = near_section(header);
	fragment_t inner = within_brackets(header);

	parser->section = SECTION_REFUSED;
	if(fragment_begins(&inner, "Preliminary"))
		fault(parser, header,
				"there are no preliminary rules here: what filters all "
				"requests "
				"stands in kamailio.cfg before failover(), and these rules "
				"before the others");
	else if(near != NULL)
		diagnostics_error(parser->diagnostics, header,
				"[%.*s]: there is no such section: was %s meant?",
				SHOWN(header), near);
	else
		fault(parser, header,
				"there is no such section: [Rule NAME], [Matching Patterns] or "
				"[Deploy Patterns] would be right");
}

#define DRESS " \t*_-=#.:()[]"

/* A line without what makes a heading, or an entry of a list, of it where a page
 * or a note is written in another way. */
static fragment_t undressed(const fragment_t *line)
{
	fragment_t bare = *line;
	int begin = 0;

	while(bare.text.len > 0 && is_one_of(bare.text.s[bare.text.len - 1], DRESS))
		bare.text.len--;
	while(begin < bare.text.len
			&& (is_one_of(bare.text.s[begin], DRESS)
					|| is_digit(bare.text.s[begin])))
		begin++;
	return fragment_part(&bare, begin, bare.text.len - begin);
}

/* A header without its brackets, or with more than them, is reported. A section
 * is opened nevertheless, so that its lines are judged.
 * @return false: it is something else */
static bool read_bare_header(parser_t *parser, const fragment_t *line)
{
	fragment_t bare = undressed(line);
	fragment_t rest = bare;
	fragment_t word;

	/* NAME = VALUE, however odd: but == Rule 1 == is a heading */
	if(fragment_find(line, 0, '=') > 0)
		return false;
	if(open_section(parser, line, &bare)) {
		diagnostics_error(parser->diagnostics, line,
				"[%.*s]: a section stands in square brackets, and alone on its "
				"line: [%s Patterns] would be right",
				SHOWN(line),
				parser->section == SECTION_DEPLOY ? "Deploy" : "Matching");
		return true;
	}
	if(!fragment_next_word(&rest, &word) || !fragment_is(&word, "Rule")
			|| fragment_find(&bare, 0, '=') >= 0)
		return false;
	rest = fragment_trim(&rest);
	diagnostics_error(parser->diagnostics, line,
			"[%.*s]: the name of a rule stands in square brackets: [%.*s%s] "
			"would be right",
			SHOWN(line), SHOWN(&bare), rest.text.len == 0 ? " NAME" : "");
	return true;
}

/* Can it be nothing but a condition? */
static bool is_condition(const fragment_t *line)
{
	int equals = subject_end(line);
	subject_kind_t kind;
	fragment_t name;

	if(equals < 0)
		return false;
	name = fragment_part(line, 0, equals);
	name = fragment_trim(&name);
	if(fragment_begins(&name, PV_OPENING))
		return true;
	kind = subject_find(&name);
	if(kind != SUBJECT_KINDS)
		return kind != SUBJECT_TRANSPORT;
	return name.text.len > 1 && !fragment_is(&name, "To")
		   && header_name_is_reserved(&name.text);
}

/* Comments as other languages have them, and what comes along when a page is
 * pasted as it is. */
static bool is_foreign_comment(const fragment_t *line)
{
	static const char *const begins[] = {
			"//", "/*", "*/", ";", "<", "==", "-- "};
	size_t i;

	for(i = 0; i < sizeof(begins) / sizeof(begins[0]); i++) {
		int len = (int)strlen(begins[i]);

		if(line->text.len >= len && memcmp(line->text.s, begins[i], len) == 0)
			return true;
	}
	return false;
}

static void read_rule_line(parser_t *parser, const fragment_t *line)
{
	if(read_bare_header(parser, line))
		return;
	if(is_foreign_comment(line) && parser->section != SECTION_REFUSED) {
		fault(parser, line, "a comment is a line that begins with #");
		return;
	}
	switch(parser->section) {
		case SECTION_NONE:
			fault(parser, line,
					is_condition(line)
							? "this stands before any section: write [Matching "
							  "Patterns] above it"
							: "this stands before any section: write [Deploy "
							  "Patterns] above it");
			break;
		case SECTION_NAME:
			fault(parser, line,
					"this stands between the name of a rule and its sections: "
					"write [Matching Patterns] or [Deploy Patterns] above it");
			break;
		case SECTION_MATCHING:
			rule_read_condition(&parser->reader, line);
			rule_extend(&parser->reader, line);
			break;
		case SECTION_DEPLOY:
			rule_read_deploy(&parser->reader, line);
			rule_extend(&parser->reader, line);
			break;
		case SECTION_REFUSED:
			break;
	}
}

/* Refuse what stands behind the bracket that closes a section.
 * @return whether it is a line, to be judged all the same */
static bool refuse_behind(parser_t *parser, const fragment_t *behind)
{
	bool is_line = fragment_find(behind, 0, '=') >= 0
				   && behind->text.s[0] != '#' && !is_foreign_comment(behind);

	if(behind->text.len > 0)
		fault(parser, behind,
				is_line ? "a section stands alone on its line: write this on "
						  "the next one"
						: "behind the bracket that closes a section nothing "
						  "stands: a comment is a line of its own, which "
						  "begins with #");
	return is_line;
}

/* A header whose bracket is missing opens its section nevertheless. */
static void refuse_unclosed(parser_t *parser, const fragment_t *header)
{
	fragment_t inner = fragment_part(header, 1, header->text.len - 1);
	bool is_matching = is_section(&inner, "MatchingPattern");

	parser->section = SECTION_REFUSED;
	open_section(parser, header, &inner);
	diagnostics_error(parser->diagnostics, header,
			"[%.*s]: this section is not closed: [%s Patterns] would be right",
			SHOWN(header), is_matching ? "Matching" : "Deploy");
}

/* Does NAME = VALUE stand behind a bracket? */
static bool has_line_behind(const fragment_t *header, int close)
{
	fragment_t behind =
			fragment_part(header, close + 1, header->text.len - close - 1);

	behind = fragment_trim(&behind);
	return behind.text.len > 0
		   && (is_letter(behind.text.s[0]) || is_one_of(behind.text.s[0], "$&"))
		   && fragment_find(&behind, 0, '=') >= 0;
}

static void read_header(parser_t *parser, const fragment_t *header)
{
	int close = fragment_find(header, 0, ']');
	fragment_t section = *header;
	fragment_t inner, behind, name;
	bool is_line_behind;

	if(close < 0) {
		refuse_unclosed(parser, header);
		return;
	}
	/* the name of a rule may have brackets in it */
	if(header->text.s[header->text.len - 1] != ']'
			|| has_line_behind(header, close) || !is_rule_name(header, &name))
		section = fragment_part(header, 0, close + 1);
	behind = fragment_part(
			header, section.text.len, header->text.len - section.text.len);
	behind = fragment_trim(&behind);
	is_line_behind = refuse_behind(parser, &behind);
	inner = within_brackets(&section);
	if(is_rule_name(&section, &name))
		open_named_rule(parser, &section, &name);
	else if(!open_section(parser, &section, &inner))
		refuse_section(parser, &section);
	if(is_line_behind)
		read_rule_line(parser, &behind);
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
		read_header(parser, &line);
	else
		read_rule_line(parser, &line);
}

/* By its byte order mark; else every other byte of what plans are made of is
 * zero. */
static bool is_utf16(const unsigned char *s, int len)
{
	if(len >= 2
			&& ((s[0] == 0xff && s[1] == 0xfe)
					|| (s[0] == 0xfe && s[1] == 0xff)))
		return true;
	return len >= 4 && (s[0] == 0) == (s[2] == 0) && (s[1] == 0) == (s[3] == 0)
		   && (s[0] == 0) != (s[1] == 0);
}

/* Take off a byte order mark.
 * @return 0, or -1 with an error reported for UTF-16 */
static int check_encoding(fragment_t *text, diagnostics_t *diagnostics)
{
	const unsigned char *s = (const unsigned char *)text->text.s;
	int len = text->text.len;

	if(is_utf16(s, len))
		return diagnostics_error(diagnostics, text,
				"this is UTF-16: save the dial plan as UTF-8");
	if(len >= 3 && memcmp(s, "\xef\xbb\xbf", 3) == 0) {
		text->text.s += 3;
		text->text.len -= 3;
	}
	return 0;
}

static void read_lines(parser_t *parser, fragment_t rest)
{
	while(rest.text.len > 0 && !parser->is_full) {
		const char *end = memchr(rest.text.s, '\n', rest.text.len);
		int len = end == NULL ? rest.text.len : (int)(end - rest.text.s);
		fragment_t line = rest;

		line.text.len = len;
		read_line(parser, &line);
		rest.text.s += len + (end != NULL);
		rest.text.len -= len + (end != NULL);
		rest.line++;
	}
	end_rule(parser);
}

/* Which variables of a rule any condition asks for. */
static void link_variables(parser_t *parser, rule_t *rule)
{
	assignment_t *it;

	for(it = rule->variables; it != NULL; it = it->next) {
		const subject_t *subject =
				tests_find_variable(&parser->tests, &it->name);

		if(subject != NULL)
			it->subject_id = subject->id;
	}
}

/* Put the rules and what they ask for into the plan.
 * @return 0, or -1 without memory */
static int list_rules(parser_t *parser)
{
	dialplan_t *plan = parser->plan;
	rule_t *rule;

	plan->rules =
			arena_alloc(parser->arena, plan->n_rules * sizeof(*plan->rules));
	if(plan->rules == NULL)
		return -1;
	for(rule = parser->first; rule != NULL; rule = rule->next)
		plan->rules[rule->id] = rule;
	plan->subjects = parser->tests.subjects;
	plan->n_subjects = parser->tests.n_subjects;
	plan->n_tests = parser->tests.n_tests;
	return 0;
}

/* Put together what matching needs of all rules.
 * @return 0, or -1 without memory */
static int finish_plan(parser_t *parser)
{
	dialplan_t *plan = parser->plan;
	int i;

	for(i = 0; i < plan->n_rules; i++)
		link_variables(parser, plan->rules[i]);
	if(arena_has_failed(parser->scratch))
		return -1;
	plan->index = rule_index_make(plan->rules, plan->n_rules, plan->n_subjects,
			parser->arena, parser->scratch);
	return plan->index == NULL ? -1 : 0;
}

static int no_memory(const fragment_t *text, diagnostics_t *diagnostics)
{
	return diagnostics_error(diagnostics, text, "no memory for the dial plan");
}

int dialplan_read(const str *text, dialplan_t **plan, arena_t *arena,
		arena_t *scratch, diagnostics_t *diagnostics)
{
	parser_t parser = {
			.arena = arena, .scratch = scratch, .diagnostics = diagnostics};
	fragment_t whole = fragment_of(text);
	int errors_before = diagnostics->errors;

	*plan = NULL;
	if(text->len > DIALPLAN_BYTES_MAX)
		return diagnostics_error(diagnostics, &whole,
				"a dial plan is at most %d bytes long", DIALPLAN_BYTES_MAX);
	if(check_encoding(&whole, diagnostics) < 0)
		return -1;
	parser.plan = arena_alloc(arena, sizeof(*parser.plan));
	if(parser.plan == NULL)
		return no_memory(&whole, diagnostics);
	parser.last = &parser.first;
	tests_init(&parser.tests, arena, scratch);
	read_lines(&parser, whole);
	if(list_rules(&parser) < 0)
		return no_memory(&whole, diagnostics);
	*plan = parser.plan;
	if(diagnostics->errors > errors_before)
		return -1;
	return finish_plan(&parser) < 0 ? no_memory(&whole, diagnostics) : 0;
}

int dialplan_require_rule(const dialplan_t *plan, diagnostics_t *diagnostics)
{
	static const str nothing = str_init("");
	fragment_t where = fragment_of(&nothing);

	if(plan->n_rules > 0)
		return 0;
	return diagnostics_error(diagnostics, &where,
			"there is no rule: [Deploy Patterns] and a line such as To = "
			"sip:100@192.0.2.1 make one. To refuse all calls, write $action = "
			"403 instead of To");
}

dialplan_t *dialplan_parse(const str *text, arena_t *arena, arena_t *scratch,
		diagnostics_t *diagnostics)
{
	dialplan_t *plan;

	return dialplan_read(text, &plan, arena, scratch, diagnostics) < 0 ? NULL
																	   : plan;
}
