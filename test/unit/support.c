/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "support.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void print(char *buffer, size_t size, const char *format, ...)
{
	size_t used = strlen(buffer);
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(buffer + used, size - used, format, arguments);
	va_end(arguments);
}

/* -- text ----------------------------------------------------------------- */

str exact(const char *bytes, int len)
{
	str text = {malloc(len), len};

	if(len > 0)
		memcpy(text.s, bytes, len);
	return text;
}

void exact_free(str *text)
{
	free(text->s);
	text->s = NULL;
}

/* The mark a dollar begins; len 0 if it begins none. */
static mark_t mark_at(const char *at, int left)
{
	mark_t mark = {.at = at};
	const char *end;

	if(left < 2)
		return mark;
	if(at[1] == '$') {
		mark.len = 2;
		mark.hole = MARK_ESCAPE;
	} else if(at[1] >= '0' && at[1] <= '9') {
		mark.len = 2;
		mark.hole = at[1] - '0';
	} else if(at[1] == '(' || at[1] == '{') {
		end = memchr(at, at[1] == '(' ? ')' : '}', left);
		mark.len = end == NULL ? 0 : (int)(end - at) + 1;
	}
	return mark;
}

fragment_t marked(const str *text, mark_t *marks)
{
	fragment_t fragment = fragment_of(text);
	int i;

	fragment.marks = marks;
	for(i = 0; i < text->len && fragment.n_marks < MARKS_MAX; i++) {
		mark_t mark = {0};

		if(text->s[i] == '$')
			mark = mark_at(text->s + i, text->len - i);
		if(mark.len == 0)
			continue;
		marks[fragment.n_marks++] = mark;
		i += mark.len - 1;
	}
	return fragment;
}

/* -- memory --------------------------------------------------------------- */

static int fail_at;
static int live;
static bool has_failed;

/* Like Kamailio's allocators (8 bytes for fm and tlsf) it does not align to
 * more than a pointer needs: the address is odd in units of 8. */
static void *counting_alloc(size_t bytes)
{
	char *block;

	if(fail_at > 0 && --fail_at == 0)
		has_failed = true;
	if(has_failed || bytes > 1 << 30)
		return NULL;
	block = malloc(bytes + 8);
	live++;
	return block + 8;
}

static void counting_release(void *block)
{
	live--;
	free((char *)block - 8);
}

const allocator_t counting = {counting_alloc, counting_release};

void counting_fail_at(int n)
{
	fail_at = n;
	has_failed = false;
}

bool counting_has_failed(void)
{
	return has_failed;
}

int counting_live(void)
{
	return live;
}

arena_t *small_arena(void)
{
	return arena_create(&counting, 1);
}

void expect_out_of_memory_is_reported(reader_t reader, const char *bytes)
{
	str text = exact(bytes, (int)strlen(bytes));
	int result = -1;
	int n;

	for(n = 1; result < 0; n++) {
		diagnostics_t diagnostics = {0};
		arena_t *arena;

		counting_fail_at(n);
		arena = small_arena();
		ck_assert_msg((arena == NULL) == (n == 1),
				"an arena is one allocation, the %d. failed", n);
		if(arena != NULL)
			result = reader(&text, arena, &diagnostics);
		ck_assert_msg(arena == NULL || (result < 0) == counting_has_failed(),
				"result %d when the %d. allocation failed", result, n);
		ck_assert_msg(arena == NULL || (result < 0) == (diagnostics.errors > 0),
				"%d errors with result %d", diagnostics.errors, result);
		arena_destroy(arena);
		ck_assert_int_eq(counting_live(), 0);
	}
	ck_assert_int_gt(n, 3);
	counting_fail_at(0);
	exact_free(&text);
}

/* -- diagnostics ---------------------------------------------------------- */

static void collect(void *context, const diagnostic_t *diagnostic)
{
	collector_t *collector = context;

	if(diagnostic->line < collector->last_line)
		collector->is_ordered = false;
	collector->last_line = diagnostic->line;
	collector->last_column = diagnostic->column;
	collector->count++;
	print(collector->text, sizeof(collector->text), "%d:%d %s%s\n",
			diagnostic->line, diagnostic->column,
			diagnostic->severity == SEVERITY_WARNING ? "warning: " : "",
			diagnostic->text);
}

void collector_init(collector_t *collector)
{
	memset(collector, 0, sizeof(*collector));
	collector->is_ordered = true;
	collector->diagnostics.emit = collect;
	collector->diagnostics.context = collector;
}

/* The first place of a needle in a line. */
static const char *find_in(
		const char *from, const char *end, const char *needle, size_t len)
{
	for(; (size_t)(end - from) >= len; from++) {
		if(memcmp(from, needle, len) == 0)
			return from;
	}
	return NULL;
}

/* Does a line look like this? ... stands for anything. */
static bool line_is(const char *line, size_t line_len, const char *expected,
		size_t expected_len)
{
	const char *line_end = line + line_len;
	const char *expected_end = expected + expected_len;
	bool is_anchored = true;

	while(expected < expected_end) {
		const char *gap = find_in(expected, expected_end, "...", 3);
		size_t len = (gap == NULL ? expected_end : gap) - expected;
		const char *found = find_in(line, line_end, expected, len);

		/* what is at the very end is looked for at the very end */
		if(gap == NULL && (size_t)(line_end - line) >= len && !is_anchored)
			found = find_in(line_end - len, line_end, expected, len);
		if(found == NULL || (is_anchored && found != line))
			return false;
		line = found + len;
		if(gap == NULL)
			return line == line_end;
		is_anchored = false;
		expected = gap + 3;
	}
	return true;
}

void expect_reported(
		const char *title, const collector_t *collector, const char *expected)
{
	const char *found = collector->text;
	const char *wanted = expected;

	while(*found != '\0' && *wanted != '\0') {
		size_t found_len = strcspn(found, "\n");
		size_t wanted_len = strcspn(wanted, "\n");

		if(!line_is(found, found_len, wanted, wanted_len))
			break;
		found += found_len + (found[found_len] == '\n');
		wanted += wanted_len + (wanted[wanted_len] == '\n');
	}
	ck_assert_msg(*found == '\0' && *wanted == '\0',
			"%s\nreported:\n%sexpected:\n%s\n", title, collector->text,
			expected);
	ck_assert_int_eq(
			collector->diagnostics.errors + collector->diagnostics.warnings,
			collector->count);
}

/* -- results -------------------------------------------------------------- */

void describe_template(const template_t *template, char *buffer, size_t size)
{
	static const char kinds[] = "uhpmv";
	const piece_t *piece;

	for(piece = template->pieces; piece != NULL; piece = piece->next) {
		print(buffer, size, "%.*s", STR_FMT(&piece->literal));
		if(piece->hole != MARK_ESCAPE)
			print(buffer, size, "<%d%c>", piece->hole, kinds[piece->kind]);
	}
}

void describe_destination(
		const destination_t *destination, char *buffer, size_t size)
{
	const char *transport = transport_name(destination->transport);
	char options[256] = "";

	if(destination->is_current)
		print(buffer, size, "current");
	describe_template(&destination->uri, buffer, size);
	print(buffer, size, destination->has_transport ? "/%s" : "(%s)", transport);
	describe_settings(&destination->options, options, sizeof(options));
	if(options[0] != '\0')
		print(buffer, size, "{%s}", options);
}

static void describe_set(const response_set_t *set, char *buffer, size_t size)
{
	int code, least = 0, most = 0, count = 0;

	for(code = RESPONSE_CODE_MIN; code <= RESPONSE_CODE_MAX; code++) {
		if(!response_set_has(set, code))
			continue;
		count++;
		most = code;
		if(least == 0)
			least = code;
	}
	print(buffer, size, "%d:%d-%d", count, least, most);
}

static void describe_reply(
		const reply_choice_t *reply, char *buffer, size_t size)
{
	if(reply->kind == REPLY_FIXED)
		print(buffer, size, "%d %.*s", reply->code, STR_FMT(&reply->phrase));
	else
		print(buffer, size, "%d", reply->kind);
}

void describe_settings(const settings_t *settings, char *buffer, size_t size)
{
	const setting_t *table = settings_table();
	const char *separator = "";
	int i;

	for(i = 0; i < SETTING_COUNT; i++) {
		const void *field = (const char *)settings + table[i].offset;

		if(!settings_has(settings, i))
			continue;
		print(buffer, size, "%s%s=", separator,
				table[i].name != NULL ? table[i].name : table[i].option);
		separator = " ";
		if(i == SETTING_PATTERN_RESPONSE)
			describe_set(&settings->pattern_response, buffer, size);
		else if(i == SETTING_REDIRECTION)
			print(buffer, size, "%d", settings->redirection);
		else if(i == SETTING_REPLY)
			describe_reply(&settings->reply, buffer, size);
		else if(table[i].size == sizeof(str))
			print(buffer, size, "%.*s", STR_FMT((const str *)field));
		else
			print(buffer, size, "%u", *(const unsigned *)field);
	}
}

void describe_rule(const rule_t *rule, char *buffer, size_t size)
{
	const destination_t *destination;
	const open_setting_t *open;
	char settings[512] = "";

	if(rule == NULL) {
		print(buffer, size, "no rule");
		return;
	}
	print(buffer, size, "%d:%s", rule->line,
			rule->is_first_implied ? " implied" : "");
	for(destination = rule->destinations; destination != NULL;
			destination = destination->next) {
		print(buffer, size, " ");
		describe_destination(destination, buffer, size);
	}
	describe_settings(&rule->settings, settings, sizeof(settings));
	print(buffer, size, "%s%s", settings[0] == '\0' ? "" : "; ", settings);
	for(open = rule->open_settings; open != NULL; open = open->next) {
		print(buffer, size, "; %s=", open->setting->name);
		describe_template(&open->value, buffer, size);
	}
}

void expect_same(const char *title, const char *found, const char *expected)
{
	ck_assert_msg(strcmp(found, expected) == 0,
			"%s\nfound:    %s\nexpected: %s", title, found, expected);
}
