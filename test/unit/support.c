/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "support.h"

#include "dialplan/function.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "dialplan_parse.h"
#include "sip/header_name.h"

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

/* The mark that begins with a dollar sign; len 0 if there is none. */
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
static bool fails_once;

/* As Kamailio's allocators do (8 bytes for fm and tlsf), it aligns only for a pointer:
 * the address is an odd multiple of 8. */
static void *counting_alloc(size_t bytes)
{
	bool fails_now = fail_at > 0 && --fail_at == 0;
	char *block;

	if(fails_now)
		has_failed = true;
	if(fails_now || (has_failed && !fails_once) || bytes > 1 << 30)
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
	fails_once = false;
}

void counting_fail_once(int n)
{
	counting_fail_at(n);
	fails_once = true;
}

bool counting_has_failed(void)
{
	return has_failed;
}

int counting_live(void)
{
	return live;
}

static int search_fail_at;

void searches_fail_at(int n)
{
	search_fail_at = n;
}

/* Tests share a process: an allocation that a test makes fail must not fail in the next
 * test. */
static void fail_no_more(void)
{
	counting_fail_at(0);
	searches_fail_at(0);
	live = 0;
}

TCase *new_tcase(const char *name)
{
	TCase *tcase = tcase_create(name);

	tcase_add_checked_fixture(tcase, fail_no_more, NULL);
	return tcase;
}

bool search_fails(void)
{
	return search_fail_at > 0 && --search_fail_at == 0;
}

arena_t *small_arena(void)
{
	return arena_create(&counting, 1);
}

static void expect_each_is_reported(
		reader_t reader, const str *text, void (*fail_in)(int n))
{
	int result = -1;
	int n;

	for(n = 1; result < 0; n++) {
		diagnostics_t diagnostics = {0};
		arena_t *arena;

		fail_in(n);
		arena = small_arena();
		ck_assert_msg((arena == NULL) == (n == 1),
				"an arena is one allocation, the %d. failed", n);
		if(arena != NULL)
			result = reader(text, arena, &diagnostics);
		ck_assert_msg(arena == NULL || (result < 0) == counting_has_failed(),
				"result %d when the %d. allocation failed", result, n);
		ck_assert_msg(arena == NULL || (result < 0) == (diagnostics.errors > 0),
				"%d errors with result %d", diagnostics.errors, result);
		arena_destroy(arena);
		ck_assert_int_eq(counting_live(), 0);
	}
	ck_assert_int_gt(n, 3);
	counting_fail_at(0);
}

void expect_out_of_memory_is_reported(reader_t reader, const char *bytes)
{
	str text = exact(bytes, (int)strlen(bytes));

	expect_each_is_reported(reader, &text, counting_fail_at);
	expect_each_is_reported(reader, &text, counting_fail_once);
	exact_free(&text);
}

/* -- diagnostics ---------------------------------------------------------- */

static void collect(void *context, const diagnostic_t *diagnostic)
{
	static const char *const severities[] = {[SEVERITY_ERROR] = "",
			[SEVERITY_WARNING] = "warning: ",
			[SEVERITY_REFUSAL] = "refused: "};
	collector_t *collector = context;

	if(diagnostic->line < collector->last_line)
		collector->is_ordered = false;
	collector->last_line = diagnostic->line;
	collector->last_column = diagnostic->column;
	/* of a hundred thousand, the first ones are enough */
	if(collector->count++ > 1000)
		return;
	print(collector->text, sizeof(collector->text), "%d:%d %s%s\n",
			diagnostic->line, diagnostic->column,
			severities[diagnostic->severity], diagnostic->text);
}

void collector_init(collector_t *collector)
{
	memset(collector, 0, sizeof(*collector));
	collector->is_ordered = true;
	collector->diagnostics.emit = collect;
	collector->diagnostics.context = collector;
}

/* The first place of a text in a line. */
static const char *find_in(
		const char *from, const char *end, const char *needle, size_t len)
{
	for(; (size_t)(end - from) >= len; from++) {
		if(memcmp(from, needle, len) == 0)
			return from;
	}
	return NULL;
}

/* Does a line match this pattern? ... matches any text. */
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

		/* the text at the end of the pattern must be at the end of the line */
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
	if(destination->is_set)
		print(buffer, size, "set %d, algorithm %d", destination->set,
				destination->algorithm);
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
		else if(table[i].size == sizeof(bool))
			print(buffer, size, "%d", *(const bool *)field);
		else if(i == SETTING_REPLY)
			describe_reply(&settings->reply, buffer, size);
		else if(table[i].size == sizeof(str))
			print(buffer, size, "%.*s", STR_FMT((const str *)field));
		else
			print(buffer, size, "%u", *(const unsigned *)field);
	}
}

void describe_subject(const subject_t *subject, char *buffer, size_t size)
{
	const char *name = subject_table()[subject->kind].name;

	switch(subject->kind) {
		case SUBJECT_HEADER:
			print(buffer, size, "%.*s", STR_FMT(&subject->name));
			break;
		case SUBJECT_VARIABLE:
			print(buffer, size, "&%.*s", STR_FMT(&subject->name));
			break;
		case SUBJECT_PV:
			print(buffer, size, "$pv(%.*s)", STR_FMT(&subject->name));
			break;
		default:
			print(buffer, size, "%s", name);
	}
}

static void describe_conditions(const rule_t *rule, char *buffer, size_t size)
{
	const condition_t *it;

	for(it = rule->conditions; it != NULL; it = it->next) {
		const pattern_t *pattern = &it->test->pattern;

		print(buffer, size, " {");
		describe_subject(it->test->subject, buffer, size);
		print(buffer, size, "~%s%.*s@%d}", pattern->is_negated ? "!" : "",
				STR_FMT(&pattern->text), it->first_group);
	}
}

/* The next hop of the call, or the reply to it. */
static void describe_way(const rule_t *rule, char *buffer, size_t size)
{
	const destination_t *destination = NULL;
	diagnostics_t none = {0};
	transport_t transport;

	if(rule->has_reply) {
		print(buffer, size, " = %d ", rule->reply_code);
		describe_template(&rule->reply_reason, buffer, size);
		return;
	}
	if(rule->first == NULL && rule->transport.text.s == NULL)
		print(buffer, size, " implied current(UDP)");
	else if(rule->first == NULL
			&& transport_parse(&rule->transport, &transport, &none) == 0)
		print(buffer, size, " implied current/%s", transport_name(transport));
	while((destination = rule_next_destination(rule, destination)) != NULL) {
		print(buffer, size, " ");
		describe_destination(destination, buffer, size);
	}
}

static void describe_assignments(
		const assignment_t *list, const char *before, char *buffer, size_t size)
{
	for(; list != NULL; list = list->next) {
		print(buffer, size, "; %s%.*s:=", before, STR_FMT(&list->name));
		describe_template(&list->value, buffer, size);
	}
}

void describe_rule(const rule_t *rule, char *buffer, size_t size)
{
	const open_setting_t *open;
	char settings[512] = "";

	print(buffer, size, "%d", rule->line);
	if(rule->name.len > 0)
		print(buffer, size, " %.*s", STR_FMT(&rule->name));
	print(buffer, size, ":");
	describe_conditions(rule, buffer, size);
	describe_way(rule, buffer, size);
	if(rule->continues)
		print(buffer, size, "; continue");
	describe_settings(&rule->settings, settings, sizeof(settings));
	print(buffer, size, "%s%s", settings[0] == '\0' ? "" : "; ", settings);
	for(open = rule->open_settings; open != NULL; open = open->next) {
		print(buffer, size, "; %s=", open->setting->name);
		describe_template(&open->value, buffer, size);
	}
	describe_assignments(rule->headers, "", buffer, size);
	describe_assignments(rule->variables, "&", buffer, size);
}

void describe_plan(const dialplan_t *plan, char *buffer, size_t size)
{
	int i;

	if(plan->n_rules == 0)
		print(buffer, size, "no rule");
	for(i = 0; i < plan->n_rules; i++) {
		print(buffer, size, i == 0 ? "" : "\n");
		describe_rule(plan->rules[i], buffer, size);
	}
}

void expect_same(const char *title, const char *found, const char *expected)
{
	ck_assert_msg(strcmp(found, expected) == 0,
			"%s\nfound:    %s\nexpected: %s", title, found, expected);
}

/* -- plans and requests --------------------------------------------------- */

void load_bytes(loaded_t *loaded, const char *bytes, int len)
{
	collector_t *collector = malloc(sizeof(*collector));

	collector_init(collector);
	loaded->text = exact(bytes, len);
	loaded->arena = arena_create(&counting, 4096);
	loaded->scratch = arena_create(&counting, 4096);
	loaded->plan = dialplan_parse(&loaded->text, loaded->arena, loaded->scratch,
			&collector->diagnostics);
	ck_assert_msg(loaded->plan != NULL, "refused:\n%.*s\n%s",
			len > 2000 ? 2000 : len, bytes, collector->text);
	/* the plan may not need the text later, so it is released */
	arena_destroy(loaded->scratch);
	loaded->scratch = NULL;
	free(collector);
}

void load(loaded_t *loaded, const char *text)
{
	load_bytes(loaded, text, (int)strlen(text));
}

void unload(loaded_t *loaded)
{
	arena_destroy(loaded->arena);
	exact_free(&loaded->text);
	loaded->plan = NULL;
}

static bool is_named(const subject_t *subject, const str *name)
{
	char written[256] = "";
	str text = {written, 0};

	if(subject->kind == SUBJECT_HEADER)
		return header_name_equal(&subject->name, name);
	describe_subject(subject, written, sizeof(written));
	text.len = (int)strlen(written);
	return str_equal(&text, name);
}

static int values_of(void *context, const subject_t *subject, arena_t *arena,
		const str **values);

/* A line `own: HOST`, or `registered: URI`, says it. */
static int is_said(request_t *request, const char *name, const str *value)
{
	str wanted = str_of(name);
	int i;

	for(i = 0; i < request->n_values; i++) {
		if(str_equal(&request->values[i].name, &wanted)
				&& str_equal(&request->values[i].value, value))
			return 1;
	}
	return 0;
}

static int is_own(void *context, const str *host, int port)
{
	(void)port;
	return is_said(context, "own", host);
}

static int is_registered(void *context, const str *uri)
{
	return is_said(context, "registered", uri);
}

static function_world_t world_of(request_t *request)
{
	return (function_world_t){
			.source = {.values = values_of, .context = request},
			.is_own = is_own,
			.is_registered = is_registered,
			.context = request};
}

static int address_of(void *context, const argument_t *argument, arena_t *arena,
		address_t *address)
{
	request_t *request = context;
	function_world_t world = world_of(request);
	int asked = request->asked;
	int found = function_address(&world, argument, arena, address);

	/* values that follow from it are not counted */
	request->asked = asked;
	return found;
}

static int values_of(void *context, const subject_t *subject, arena_t *arena,
		const str **values)
{
	request_t *request = context;
	function_world_t world = world_of(request);
	str *found = arena_alloc(arena, REQUEST_VALUES_MAX * sizeof(*found));
	int count = 0;
	int i;

	request->asked++;
	if(found == NULL || request->fails)
		return SOURCE_FAILED;
	*values = found;
	for(i = 0; i < request->n_values; i++) {
		if(!is_named(subject, &request->values[i].name))
			continue;
		if(request->values[i].value.s == NULL)
			return SOURCE_UNKNOWN;
		found[count++] = request->values[i].value;
	}
	if(count == 0 && subject_is_function(subject->kind)) {
		int asked = request->asked;

		count = function_values(&world, subject, arena, values);
		request->asked = asked;
	}
	return count;
}

void request_add(
		request_t *request, const char *name, const char *bytes, int len)
{
	int i = request->n_values++;

	ck_assert_int_lt(i, REQUEST_VALUES_MAX);
	request->values[i].name = exact(name, (int)strlen(name));
	request->values[i].value = exact(bytes, len);
}

static void read_request_line(request_t *request, const char *line, int len)
{
	const char *colon = memchr(line, ':', len);
	int i = request->n_values;

	if(i == REQUEST_VALUES_MAX)
		return;
	if(colon != NULL) {
		/* one blank after the colon */
		int from = (int)(colon - line) + 2;

		request->values[i].name = exact(line, from - 2);
		request->values[i].value =
				from > len ? exact("", 0) : exact(line + from, len - from);
		request->n_values++;
	} else if(len > 0 && line[len - 1] == '?') {
		request->values[i].name = exact(line, len - 1);
		request->values[i].value.s = NULL;
		request->n_values++;
	}
}

void request_init_bytes(request_t *request, const char *bytes, int len)
{
	const char *end = bytes + len;

	memset(request, 0, sizeof(*request));
	request->source.values = values_of;
	request->source.address = address_of;
	request->source.context = request;
	while(bytes < end) {
		const char *line_end = memchr(bytes, '\n', end - bytes);

		if(line_end == NULL)
			line_end = end;
		read_request_line(request, bytes, (int)(line_end - bytes));
		bytes = line_end + 1;
	}
}

void request_init(request_t *request, const char *lines)
{
	request_init_bytes(request, lines, (int)strlen(lines));
}

void request_free(request_t *request)
{
	int i;

	for(i = 0; i < request->n_values; i++) {
		exact_free(&request->values[i].name);
		exact_free(&request->values[i].value);
	}
	request->n_values = 0;
}

/* -- time ----------------------------------------------------------------- */

double spent_ms(void)
{
	return (double)clock() * 1000.0 / CLOCKS_PER_SEC;
}
