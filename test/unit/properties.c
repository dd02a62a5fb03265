/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "properties.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "dialplan_parse.h"
#include "dialplan/function.h"
#include "sip/header_name.h"
#include "dialplan/inline_parse.h"
#include "sip/response.h"
#include "sip/sip_uri.h"
#include "dialplan/route.h"
#include "support.h"
#include "text/ascii.h"

/* separates a plan from a request: a plan has no control characters */
#define SEPARATOR '\x1e'

/* This is not an assertion of Check, because libFuzzer needs a crash. */
static void require(bool holds, const char *what, const str *text)
{
	if(holds)
		return;
	fprintf(stderr, "%s: [%.*s]\n", what, STR_FMT(text));
	abort();
}

#define REQUIRE(condition, text) require(condition, #condition, text)

/* Check each diagnostic against the text that it is about. */
typedef struct watch
{
	diagnostics_t diagnostics;
	const str *text;
} watch_t;

static void check_diagnostic(void *context, const diagnostic_t *diagnostic)
{
	const watch_t *watch = context;
	const char *c;
	int lines = 1, i;

	for(i = 0; i < watch->text->len; i++)
		lines += watch->text->s[i] == '\n';
	REQUIRE(diagnostic->line >= 1 && diagnostic->line <= lines, watch->text);
	REQUIRE(diagnostic->column >= 1
					&& diagnostic->column <= watch->text->len + 1,
			watch->text);
	REQUIRE(strlen(diagnostic->text) > 5, watch->text);
	for(c = diagnostic->text; *c != '\0'; c++)
		REQUIRE((unsigned char)*c >= 0x20 && *c != 0x7f, watch->text);
}

static watch_t watch_of(const str *text)
{
	watch_t watch = {.text = text};

	watch.diagnostics.emit = check_diagnostic;
	return watch;
}

/* The n-th part of the bytes, | between parts; the last one is the rest. */
static str part_of(const char *bytes, size_t size, int n, int parts)
{
	const char *end = bytes + size;
	const char *next = bytes;

	for(;; n--, parts--) {
		next = parts == 1 ? NULL : memchr(bytes, '|', end - bytes);
		if(next == NULL)
			next = end;
		if(n == 0)
			break;
		bytes = next == end ? end : next + 1;
	}
	return exact(bytes, (int)(next - bytes));
}

/* -- targets -------------------------------------------------------------- */

static bool same(const str *a, const str *b)
{
	return a->len == b->len && (a->len == 0 || memcmp(a->s, b->s, a->len) == 0);
}

/* A target is one URI to which a request can be sent, for any input. */
static void check_target(const target_t *target, const str *input)
{
	uri_parts_t uri, hop;
	str wanted, transport;
	int at;

	REQUIRE(sip_uri_parse(&target->uri, &uri, &at) == NULL, input);
	REQUIRE(sip_uri_parse(&target->next_hop, &hop, &at) == NULL, input);
	REQUIRE(uri.headers.s == NULL && hop.headers.s == NULL, input);
	wanted = uri.host;
	sip_uri_param(&uri, "maddr", &wanted);
	REQUIRE(same(&hop.host, &wanted) && same(&hop.port, &uri.port), input);
	REQUIRE(hop.user.len == 0 && !hop.is_sips, input);
	REQUIRE(sip_uri_port(&uri) >= 0, input);
	REQUIRE(sip_uri_param(&hop, "transport", &transport), input);
	REQUIRE(!uri.is_sips || target->transport == TRANSPORT_TLS, input);
	REQUIRE(target_equal_uri(target, target), input);
}

/* The literal text at the beginning of a template. The filled text must begin with it. */
static str beginning(const template_t *template)
{
	static str nothing;

	return template->pieces == NULL ? nothing : template->pieces->literal;
}

/* If the host has no hole, the call goes to that host. */
static void check_host(const destination_t *destination, const target_t *target,
		const str *user)
{
	str literal = beginning(&destination->uri);
	uri_parts_t written, filled;
	int at;

	if(fragment_has_holes(&destination->where)
			|| destination->uri.pieces->next != NULL
			|| sip_uri_parse(&literal, &written, &at) != NULL)
		return;
	REQUIRE(sip_uri_parse(&target->uri, &filled, &at) == NULL, &literal);
	REQUIRE(same(&written.host, &filled.host), &literal);
	REQUIRE(same(&written.port, &filled.port), &literal);
	REQUIRE(same(&written.params, &filled.params), &literal);
	REQUIRE(written.user.len == 0 ? (filled.user.len > 0) == (user->len > 0)
								  : same(&written.user, &filled.user),
			&literal);
}

/* Does a destination contain this word as it is written? */
static bool is_written(const destination_t *destination, const char *word)
{
	const str *text = &destination->where.text;
	int len = (int)strlen(word);
	int i;

	for(i = 0; i + len <= text->len; i++) {
		if(strncasecmp(text->s + i, word, len) == 0)
			return true;
	}
	return false;
}

/* A value that is put in adds no parameter that has a meaning for a proxy. */
static void check_params(
		const destination_t *destination, const target_t *target)
{
	static const char *const names[] = {"maddr", "transport", "ttl", "lr"};
	size_t i;

	for(i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		REQUIRE(!sip_uri_param(&target->parts, names[i], NULL)
						|| is_written(destination, names[i]),
				&destination->where.text);
}

static void resolve_all(
		const rule_t *rule, const str *value, const str *user, arena_t *arena)
{
	const destination_t *list = NULL;
	str values[RULE_GROUPS_MAX];
	const char *why = NULL;
	int i;

	for(i = 0; i < RULE_GROUPS_MAX; i++)
		values[i] = *value;
	while((list = rule_next_destination(rule, list)) != NULL) {
		target_t *target;

		if(list->is_current)
			continue;
		target = destination_resolve(list, values, user, arena, &why);
		REQUIRE(target != NULL || why != NULL, value);
		if(target == NULL)
			continue;
		check_target(target, value);
		check_host(list, target, user);
		check_params(list, target);
	}
}

/* -- the properties ------------------------------------------------------- */

/* What is true for a rule that was read without an error. */
static void check_rule(const rule_t *rule, const str *text)
{
	const char *end = text->s + text->len;
	const condition_t *condition;
	int groups = 0;

	REQUIRE(rule->source.s >= text->s && rule->source.s[0] == '['
					&& rule->source.s + rule->source.len <= end,
			text);
	REQUIRE(rule->open_settings == NULL, text);
	REQUIRE(rule->n_groups <= RULE_GROUPS_MAX, text);
	REQUIRE(!rule->has_reply || rule_next_destination(rule, NULL) == NULL,
			text);
	REQUIRE(rule->has_first == (rule->first != NULL), text);
	for(condition = rule->conditions; condition != NULL;
			condition = condition->next) {
		REQUIRE(condition->first_group == groups, text);
		groups += condition->test->pattern.n_groups;
	}
	REQUIRE(groups == rule->n_groups, text);
}

/* @return NULL if it was refused */
static dialplan_t *read_plan(const str *text, arena_t *arena)
{
	watch_t watch = watch_of(text);
	arena_t *scratch = arena_create(&counting, 512);
	dialplan_t *plan;
	int i;

	watch.diagnostics.context = &watch;
	plan = dialplan_parse(text, arena, scratch, &watch.diagnostics);
	REQUIRE((plan == NULL) == (watch.diagnostics.errors > 0), text);
	arena_destroy(scratch);
	for(i = 0; plan != NULL && i < plan->n_rules; i++) {
		REQUIRE(plan->rules[i]->id == i, text);
		check_rule(plan->rules[i], text);
	}
	return plan;
}

void property_dialplan(const char *bytes, size_t size)
{
	static const char *const hostile[] = {"", "555", "a@b", "a b", "x;y=1",
			"1.2.3.4", "{inviting=1}", "/TCP", "%41%", "[::1]", ">\t<"};
	str text = exact(bytes, (int)size);
	arena_t *arena = arena_create(&counting, 512);
	dialplan_t *plan = read_plan(&text, arena);
	int i, k;

	for(i = 0; plan != NULL && i < plan->n_rules; i++) {
		for(k = 0; k < ROWS(hostile); k++) {
			str value = {(char *)hostile[k], (int)strlen(hostile[k])};

			resolve_all(plan->rules[i], &value, &value, arena);
		}
	}
	arena_destroy(arena);
	exact_free(&text);
}

/* -- matching ------------------------------------------------------------- */

static void ignore_rule(void *context, const rule_t *rule, outcome_t outcome,
		const condition_t *condition, const str *values, int n_values)
{
	(void)context;
	(void)rule;
	(void)outcome;
	(void)condition;
	(void)values;
	(void)n_values;
}

/* With such a listener, each rule is searched, in order. */
static const match_listener_t sequential = {.on_rule = ignore_rule};

static void check_same(const applied_rule_t *found,
		const applied_rule_t *expected, int count, const str *text)
{
	int i, k;

	for(i = 0; i < count; i++) {
		REQUIRE(found[i].rule == expected[i].rule, text);
		for(k = 0; k < found[i].rule->n_groups; k++)
			REQUIRE(same(&found[i].groups[k], &expected[i].groups[k]), text);
	}
}

static bool is_one_line(const str *value)
{
	int i;

	for(i = 0; i < value->len; i++) {
		if(value->s[i] == '\r' || value->s[i] == '\n' || value->s[i] == '\0')
			return false;
	}
	return true;
}

static void check_named(
		const named_text_t *list, bool is_header, const str *text)
{
	const named_text_t *it, *other;

	for(it = list; it != NULL; it = it->next) {
		REQUIRE(is_one_line(&it->text), text);
		REQUIRE(it->text.s[it->text.len] == '\0', text);
		REQUIRE(!is_header
						|| (header_name_is_valid(&it->name)
								&& !header_name_is_reserved(&it->name)),
				text);
		for(other = it->next; other != NULL; other = other->next)
			REQUIRE(!same(&it->name, &other->name), text);
	}
}

static void check_route(
		const applied_rule_t *applied, int count, const str *text)
{
	static const request_view_t view = {.uri = str_init("sip:555@example.com")};
	arena_t *arena = arena_create(&counting, 512);
	diagnostics_t diagnostics = {0};
	settings_t defaults;
	const target_t *target;
	route_t route;
	int result;

	settings_builtin(&defaults);
	result = route_make(
			&route, applied, count, &defaults, &view, arena, &diagnostics);
	REQUIRE((result < 0) == (diagnostics.errors > 0), text);
	if(result == 0) {
		REQUIRE(route.is_reply == (route.targets == NULL), text);
		REQUIRE(!route.is_reply
						|| (response_is_phrase(&route.reply_reason)
								&& route.reply_code >= RESPONSE_OWN_MIN
								&& route.reply_code <= RESPONSE_OWN_MAX),
				text);
		for(target = route.targets; target != NULL; target = target->next) {
			if(!target->is_current)
				check_target(target, text);
		}
		check_named(route.headers, true, text);
		check_named(route.variables, false, text);
	}
	arena_destroy(arena);
}

void property_match(const char *bytes, size_t size)
{
	const char *end = memchr(bytes, SEPARATOR, size);
	size_t len = end == NULL ? size : (size_t)(end - bytes);
	str text = exact(bytes, (int)len);
	arena_t *arena = arena_create(&counting, 512);
	dialplan_t *plan = read_plan(&text, arena);
	matcher_t *by_index = matcher_create(&counting);
	matcher_t *one_by_one = matcher_create(&counting);
	const applied_rule_t *found, *expected;
	request_t request;
	int count;

	request_init_bytes(&request, bytes + len + (end != NULL),
			(int)(size - len - (end != NULL)));
	if(plan != NULL) {
		count = dialplan_match(plan, by_index, &request.source, NULL, &found);
		REQUIRE(count >= 0, &text);
		REQUIRE(dialplan_match(plan, one_by_one, &request.source, &sequential,
						&expected)
						== count,
				&text);
		check_same(found, expected, count, &text);
		if(count > 0)
			check_route(found, count, &text);
	}
	request_free(&request);
	matcher_destroy(one_by_one);
	matcher_destroy(by_index);
	arena_destroy(arena);
	exact_free(&text);
}

/* The arguments of the functions, from a rule that names the host or the user. */
static int see_own(void *context, const str *host, int port)
{
	int i;

	/* a text that is no URI belongs to nobody */
	if(host->len > 4 && memcmp(host->s, "sip:", 4) == 0)
		return 0;
	REQUIRE(port == 5070, context);
	for(i = 0; i < host->len; i++)
		REQUIRE(sip_uri_is_host_char(host->s[i])
						|| is_one_of(host->s[i], "[]:"),
				context);
	return 0;
}

static int see_registered(void *context, const str *uri)
{
	uri_parts_t parts;
	int at;
	str expected = str_of("h.example");

	/* without a user it is no URI, and belongs to nobody */
	if(sip_uri_parse(uri, &parts, &at) != NULL)
		return 0;
	REQUIRE(str_equal(&parts.host, &expected), context);
	REQUIRE(parts.params.len == 0, context);
	REQUIRE(parts.headers.len == 0, context);
	return 0;
}

static int see_values(void *context, const subject_t *subject, arena_t *arena,
		const str **values)
{
	function_world_t world = {
			.source = {.values = see_values, .context = context},
			.is_own = see_own,
			.is_registered = see_registered,
			.context = context};

	if(subject_is_function(subject->kind))
		return function_values(&world, subject, arena, values);
	*values = context;
	return 1;
}

void property_argument(const char *bytes, size_t size)
{
	static const char plan_text[] =
			"[Matching Patterns]\nX = (?s)^(.*)$\n"
			"$registered(\"sip:%1@h.example\") = true\n[Deploy Patterns]\n"
			"To = sip:a@h\n"
			"[Matching Patterns]\nX = (?s)^(.*)$\n"
			"$localhost(\"sip:a@%1:5070\") = true\n[Deploy Patterns]\n"
			"To = sip:a@h\n";
	str text = exact(plan_text, (int)strlen(plan_text));
	str value = exact(bytes, (int)size);
	arena_t *arena = arena_create(&counting, 512);
	dialplan_t *plan = read_plan(&text, arena);
	matcher_t *matcher = matcher_create(&counting);
	request_source_t source = {.values = see_values, .context = &value};
	const applied_rule_t *applied;

	REQUIRE(plan != NULL, &text);
	REQUIRE(dialplan_match(plan, matcher, &source, NULL, &applied) == 0,
			&value);
	matcher_destroy(matcher);
	arena_destroy(arena);
	exact_free(&value);
	exact_free(&text);
}

void property_arguments(const char *bytes, size_t size)
{
	str list = part_of(bytes, size, 0, 3);
	str written = part_of(bytes, size, 1, 3);
	str value = part_of(bytes, size, 2, 3);
	str values[RULE_GROUPS_MAX];
	mark_t marks[2][MARKS_MAX];
	fragment_t destinations = marked(&list, marks[0]);
	fragment_t settings = marked(&written, marks[1]);
	arena_t *arena = arena_create(&counting, 512);
	watch_t about_list = watch_of(&list);
	watch_t about_settings = watch_of(&written);
	diagnostics_t at_call = {0};
	settings_t level;
	rule_t rule = {0};
	bool is_right;
	int i;

	about_list.diagnostics.context = &about_list;
	about_settings.diagnostics.context = &about_settings;
	for(i = 0; i < RULE_GROUPS_MAX; i++)
		values[i] = value;
	settings_builtin(&level);
	is_right = inline_parse_destinations(
					   &destinations, &rule, arena, &about_list.diagnostics)
			   == 0;
	REQUIRE(is_right == (about_list.diagnostics.errors == 0), &list);
	if(is_right) {
		REQUIRE(rule.first != NULL, &list);
		resolve_all(&rule, &value, &value, arena);
	}
	is_right = inline_parse_settings(
					   &settings, &rule, arena, &about_settings.diagnostics)
			   == 0;
	REQUIRE(is_right == (about_settings.diagnostics.errors == 0), &written);
	if(is_right) {
		REQUIRE((rule_settings(&rule, values, &level, arena, &at_call) < 0)
						== (at_call.errors > 0),
				&written);
		REQUIRE(level.timer_inviting_ms >= 100
						&& level.timer_inviting_ms <= 3600000
						&& level.attempts >= 1 && level.attempts <= 30,
				&written);
	}
	arena_destroy(arena);
	exact_free(&value);
	exact_free(&written);
	exact_free(&list);
}

void property_uri(const char *bytes, size_t size)
{
	str text = exact(bytes, (int)size);
	arena_t *arena = arena_create(&counting, 512);
	const char *why = NULL;
	target_t *target = target_of_contact(&text, 0, arena, &why);
	uri_parts_t uri;
	int at = -1;

	if(sip_uri_parse(&text, &uri, &at) != NULL) {
		REQUIRE(at >= 0 && at <= text.len, &text);
		REQUIRE(target == NULL, &text);
	} else {
		REQUIRE(sip_uri_equal(&uri, &uri), &text);
		REQUIRE(uri.host.len > 0, &text);
		REQUIRE(text.len <= SIP_URI_BYTES_MAX, &text);
	}
	REQUIRE(target != NULL || why != NULL, &text);
	if(target != NULL)
		check_target(target, &text);
	arena_destroy(arena);
	exact_free(&text);
}

void property_destination(const char *bytes, size_t size)
{
	str text = part_of(bytes, size, 0, 3);
	str value = part_of(bytes, size, 1, 3);
	str user = part_of(bytes, size, 2, 3);
	mark_t marks[MARKS_MAX];
	fragment_t word = marked(&text, marks);
	arena_t *arena = arena_create(&counting, 512);
	watch_t watch = watch_of(&text);
	destination_t *destination;

	watch.diagnostics.context = &watch;
	destination = destination_parse(&word, arena, &watch.diagnostics);
	REQUIRE((destination == NULL) == (watch.diagnostics.errors > 0), &text);
	if(destination != NULL) {
		rule_t rule = {.first = destination};

		resolve_all(&rule, &value, &user, arena);
	}
	arena_destroy(arena);
	exact_free(&user);
	exact_free(&value);
	exact_free(&text);
}
