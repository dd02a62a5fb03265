/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ctl/call_text.h"

#include <string.h>

#include "dialplan/inline_parse.h"
#include "text/ascii.h"

/* Find the end of what is in brackets; brackets nest.
 * @return the offset behind it; -1: it does not end */
static int behind_brackets(const str *text, int at, char open, char close)
{
	int depth = 0;

	for(; at < text->len; at++) {
		depth += text->s[at] == open;
		depth -= text->s[at] == close;
		if(depth == 0)
			return at + 1;
	}
	return -1;
}

static bool is_name_char(char c)
{
	return is_digit(c) || is_letter(c) || is_one_of(c, "_.?");
}

/* Find the end of the pseudo-variable at an offset: $name, $name(...), $(name...), each
 * with or without an index in [] behind it (core/pvapi.c, pv_parse_spec2).
 * @return the offset behind it; -1: it is none */
static int behind_variable(const str *text, int at)
{
	int end = at + 1;

	if(end < text->len && text->s[end] == '(')
		return behind_brackets(text, end, '(', ')');
	while(end < text->len && is_name_char(text->s[end]))
		end++;
	if(end == at + 1)
		return -1;
	if(end < text->len && text->s[end] == '(')
		end = behind_brackets(text, end, '(', ')');
	if(end > 0 && end < text->len && text->s[end] == '[')
		end = behind_brackets(text, end, '[', ']');
	return end;
}

/* Mark the pseudo-variables of a text, and $$.
 * @return 0, or -1 with an error reported */
static int mark_variables(
		fragment_t *text, arena_t *arena, diagnostics_t *diagnostics)
{
	mark_t *marks =
			arena_alloc(arena, ((size_t)text->text.len + 1) * sizeof(*marks));
	int count = 0;
	int i;

	if(marks == NULL)
		return -1;
	for(i = 0; i < text->text.len; i++) {
		bool is_escape = i + 1 < text->text.len && text->text.s[i + 1] == '$';
		fragment_t where = fragment_part(text, i, text->text.len - i);
		int end;

		if(text->text.s[i] != '$')
			continue;
		end = is_escape ? i + 2 : behind_variable(&text->text, i);
		if(end < 0)
			return diagnostics_error(diagnostics, &where,
					"[%.*s] begins no pseudo-variable; for a dollar sign write "
					"$$",
					where.text.len > 20 ? 20 : where.text.len, where.text.s);
		marks[text->n_marks] = (mark_t){.at = text->text.s + i,
				.len = end - i,
				.hole = is_escape ? MARK_ESCAPE : count++,
				.is_variable = !is_escape};
		text->n_marks++;
		i = end - 1;
	}
	text->marks = marks;
	return 0;
}

static int join(
		const char *list, const char *settings, str *text, arena_t *arena)
{
	size_t len = strlen(list);
	size_t more = settings == NULL ? 0 : strlen(settings) + 1;

	text->s = arena_alloc(arena, len + more + 1);
	if(text->s == NULL)
		return -1;
	text->len = (int)(len + more);
	memcpy(text->s, list, len);
	if(settings != NULL) {
		text->s[len] = '\n';
		memcpy(text->s + len + 1, settings, more - 1);
	}
	return 0;
}

typedef int read_part_f(const fragment_t *text, rule_t *rule, arena_t *arena,
		diagnostics_t *diagnostics);

static int read_part(fragment_t *part, read_part_f *parse, rule_t *rule,
		arena_t *arena, diagnostics_t *diagnostics)
{
	if(mark_variables(part, arena, diagnostics) < 0)
		return -1;
	return fragment_is_variable(part) ? 0
									  : parse(part, rule, arena, diagnostics);
}

/* In a plan, the first destination has its own line, and the others are in $session,
 * which comes after it. The checks of a plan expect that. */
static int stand_alone(rule_t *rule, arena_t *arena)
{
	destination_t *first;

	if(rule->first == NULL)
		return 0;
	first = arena_alloc(arena, sizeof(*first));
	if(first == NULL)
		return -1;
	*first = *rule->first;
	first->next = NULL;
	rule->first = first;
	return 0;
}

rule_t *call_text_read(const char *list, const char *settings,
		call_text_t *text, arena_t *arena, diagnostics_t *diagnostics)
{
	rule_t *rule = arena_alloc(arena, sizeof(*rule));
	int list_len = (int)strlen(list);
	fragment_t whole, destinations;
	int result;

	if(rule == NULL || join(list, settings, &text->text, arena) < 0)
		return NULL;
	rule->line = 1;
	whole = fragment_of(&text->text);
	destinations = fragment_part(&whole, 0, list_len);
	text->settings = fragment_part(&whole, text->text.len, 0);
	result = read_part(
			&destinations, inline_parse_destinations, rule, arena, diagnostics);
	if(settings != NULL) {
		text->settings = fragment_part(
				&whole, list_len + 1, text->text.len - list_len - 1);
		if(read_part(&text->settings, inline_parse_settings, rule, arena,
				   diagnostics)
				< 0)
			result = -1;
	}
	return result < 0 || stand_alone(rule, arena) < 0 ? NULL : rule;
}
