/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dialplan/condition.h"

#include <string.h>

void tests_init(tests_t *tests, arena_t *arena, arena_t *scratch)
{
	memset(tests, 0, sizeof(*tests));
	tests->arena = arena;
	tests->scratch = scratch;
	text_map_init(&tests->subjects_by_key, scratch);
	text_map_init(&tests->tests_by_key, scratch);
}

static int no_memory(const fragment_t *where, diagnostics_t *diagnostics)
{
	return diagnostics_error(diagnostics, where, "no memory for a condition");
}

/* Double the array of subjects. The old array stays in the arena.
 * @return 0, or -1 without memory */
static int make_room(tests_t *tests)
{
	int count = tests->n_subjects;
	subject_t **subjects;

	if((count & (count - 1)) != 0)
		return 0;
	subjects = arena_alloc(
			tests->arena, (count == 0 ? 1 : 2 * count) * sizeof(*subjects));
	if(subjects == NULL)
		return -1;
	if(count > 0)
		memcpy(subjects, tests->subjects, count * sizeof(*subjects));
	tests->subjects = subjects;
	return 0;
}

static subject_t *add_subject(tests_t *tests, const subject_t *subject)
{
	subject_t *added;

	if(make_room(tests) < 0)
		return NULL;
	added = arena_alloc(tests->arena, sizeof(*added));
	if(added == NULL)
		return NULL;
	*added = *subject;
	added->id = tests->n_subjects;
	tests->subjects[tests->n_subjects++] = added;
	return added;
}

/* A character that RFC 3261 does not allow in a user part is escaped there, and behind the
 * @ only characters of a host fit: so a caller cannot make another URI of it. */
static hole_kind_t hole_kind_in_argument(const void *context, int offset)
{
	const fragment_t *text = context;

	if(!fragment_begins(text, "sip:") && !fragment_begins(text, "sips:"))
		return HOLE_VALUE;
	return fragment_find(text, offset, '@') >= 0 ? HOLE_USER : HOLE_HOST;
}

/* Read the marks in the texts of a function.
 * @return 0, or -1 without memory */
static int read_holes(tests_t *tests, subject_t *subject)
{
	int i;

	for(i = 0; i < subject->n_arguments; i++) {
		argument_t *argument = &subject->arguments[i];
		fragment_t *written = &argument->written;

		if(argument->kind != ARGUMENT_TEXT)
			continue;
		if(fragment_has_holes(written)) {
			subject->has_holes = true;
			if(template_make(&argument->template, written,
					   hole_kind_in_argument, written, tests->arena)
					< 0)
				return -1;
		} else if(template_plain(written, tests->arena) < 0) {
			return -1;
		}
		argument->text = written->text;
	}
	return 0;
}

/* Find or make the subject of a left-hand side. Equal left-hand sides share one.
 * @return NULL with one error reported */
static const subject_t *read_subject(
		tests_t *tests, const fragment_t *text, diagnostics_t *diagnostics)
{
	subject_t subject;
	text_entry_t *entry;
	str key;

	if(subject_parse(text, &subject, diagnostics) < 0)
		return NULL;
	if(read_holes(tests, &subject) < 0
			|| subject_key(&subject, tests->scratch, &key) < 0
			|| (entry = text_map_enter(&tests->subjects_by_key, &key)) == NULL
			|| (entry->value == NULL
					&& (entry->value = add_subject(tests, &subject)) == NULL)) {
		no_memory(text, diagnostics);
		return NULL;
	}
	return entry->value;
}

const subject_t *tests_find_variable(const tests_t *tests, const str *name)
{
	subject_t subject = {.kind = SUBJECT_VARIABLE, .name = *name};
	const text_entry_t *entry;
	str key;

	if(subject_key(&subject, tests->scratch, &key) < 0)
		return NULL;
	entry = text_map_find(&tests->subjects_by_key, &key);
	return entry == NULL ? NULL : entry->value;
}

/* Make the key of a test: the number of the subject, and the pattern as written. */
static int make_key(
		tests_t *tests, const subject_t *subject, const str *text, str *key)
{
	key->len = (int)sizeof(subject->id) + text->len;
	key->s = arena_alloc(tests->scratch, key->len);
	if(key->s == NULL)
		return -1;
	memcpy(key->s, &subject->id, sizeof(subject->id));
	memcpy(key->s + sizeof(subject->id), text->s, text->len);
	return 0;
}

static test_t *add_test(tests_t *tests, const subject_t *subject,
		const fragment_t *pattern, diagnostics_t *diagnostics)
{
	test_t *test = arena_alloc(tests->arena, sizeof(*test));

	if(tests->context == NULL)
		tests->context = pattern_context_create(tests->arena);
	if(test == NULL || tests->context == NULL) {
		no_memory(pattern, diagnostics);
		return NULL;
	}
	if(pattern_compile(&test->pattern, pattern, "^sip:9 or @example\\.com",
			   tests->context, diagnostics)
			< 0)
		return NULL;
	test->subject = subject;
	test->id = tests->n_tests++;
	test->next = tests->tests;
	tests->tests = test;
	return test;
}

static const test_t *read_test(tests_t *tests, const subject_t *subject,
		const fragment_t *pattern, diagnostics_t *diagnostics)
{
	text_entry_t *entry;
	str key;

	if(make_key(tests, subject, &pattern->text, &key) < 0
			|| (entry = text_map_enter(&tests->tests_by_key, &key)) == NULL) {
		no_memory(pattern, diagnostics);
		return NULL;
	}
	if(entry->value == NULL)
		entry->value = add_test(tests, subject, pattern, diagnostics);
	return entry->value;
}

/* Refuse an exclamation mark beside a name, !To = x or To != x.
 * @return 0, or -1 with an error reported */
static int refuse_mark(const fragment_t *name, const fragment_t *pattern,
		diagnostics_t *diagnostics)
{
	int len = name->text.len;
	bool is_before = name->text.s[0] == '!';
	bool is_behind = name->text.s[len - 1] == '!';
	fragment_t bare;

	if(!is_before && !is_behind)
		return 0;
	bare = *name;
	if(is_before)
		bare = fragment_part(&bare, 1, bare.text.len - 1);
	if(is_behind && bare.text.len > 0)
		bare.text.len--;
	bare = fragment_trim(&bare);
	return diagnostics_error(diagnostics, name,
			"[%.*s]: the ! stands before the pattern: %.*s = !%.*s would be "
			"right",
			SHOWN(name), SHOWN(&bare), SHOWN(pattern));
}

condition_t *condition_parse(
		tests_t *tests, const fragment_t *line, diagnostics_t *diagnostics)
{
	int equals = subject_end(line);
	const subject_t *subject;
	const test_t *test;
	fragment_t name, pattern;
	condition_t *condition;

	if(equals < 0) {
		diagnostics_error(diagnostics, line,
				"[%.*s]: a condition is NAME = PATTERN, as in From = "
				"@example\\.com",
				SHOWN(line));
		return NULL;
	}
	name = fragment_part(line, 0, equals);
	name = fragment_trim(&name);
	pattern = fragment_part(line, equals + 1, line->text.len - equals - 1);
	pattern = fragment_trim(&pattern);
	if(name.text.len == 0) {
		diagnostics_error(diagnostics, line,
				"[%.*s]: there is no name before the equals sign", SHOWN(line));
		return NULL;
	}
	if(refuse_mark(&name, &pattern, diagnostics) < 0)
		return NULL;
	subject = read_subject(tests, &name, diagnostics);
	if(pattern.text.len == 0) {
		diagnostics_error(diagnostics, &pattern,
				"[%.*s] has no pattern: .+ for any value, or ^$ for none, "
				"would be right",
				SHOWN(&name));
		return NULL;
	}
	if(subject == NULL)
		return NULL;
	test = read_test(tests, subject, &pattern, diagnostics);
	if(test == NULL)
		return NULL;
	condition = arena_alloc(tests->arena, sizeof(*condition));
	if(condition == NULL) {
		no_memory(line, diagnostics);
		return NULL;
	}
	condition->test = test;
	condition->where = *line;
	return condition;
}
