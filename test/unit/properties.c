/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "properties.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dialplan_parse.h"
#include "inline_parse.h"
#include "support.h"

/* Not an assertion of Check: libFuzzer wants a crash. */
static void require(bool holds, const char *what, const str *text)
{
	if(holds)
		return;
	fprintf(stderr, "%s: [%.*s]\n", what, STR_FMT(text));
	abort();
}

#define REQUIRE(condition, text) require(condition, #condition, text)

/* What was reported, held against the text it was reported on. */
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

/* A target is one URI that can be sent to, whatever went into it. */
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

/* The literal text of a template, with which a filled one has to begin. */
static str beginning(const template_t *template)
{
	static str nothing;

	return template->pieces == NULL ? nothing : template->pieces->literal;
}

/* A host that has no hole is the host that is called. */
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

static void resolve_all(const destination_t *list, const str *value,
		const str *user, arena_t *arena)
{
	str values[10];
	const char *why = NULL;
	int i;

	for(i = 0; i < 10; i++)
		values[i] = *value;
	for(; list != NULL; list = list->next) {
		target_t *target;

		if(list->is_current)
			continue;
		target = destination_resolve(list, values, user, arena, &why);
		REQUIRE(target != NULL || why != NULL, value);
		if(target == NULL)
			continue;
		check_target(target, value);
		check_host(list, target, user);
	}
}

/* -- the properties ------------------------------------------------------- */

void property_dialplan(const char *bytes, size_t size)
{
	static const str nothing;
	str text = exact(bytes, (int)size);
	arena_t *arena = arena_create(&counting, 512);
	watch_t watch = watch_of(&text);
	rule_t *rule = NULL;
	int result;

	watch.diagnostics.context = &watch;
	result = dialplan_parse(&text, arena, &rule, &watch.diagnostics);
	REQUIRE((result < 0) == (watch.diagnostics.errors > 0), &text);
	if(result == 0 && rule != NULL) {
		str user = {(char *)"555", 3};

		REQUIRE(rule->destinations != NULL, &text);
		REQUIRE(rule->open_settings == NULL, &text);
		resolve_all(rule->destinations, &nothing, &user, arena);
	}
	arena_destroy(arena);
	exact_free(&text);
}

void property_arguments(const char *bytes, size_t size)
{
	str list = part_of(bytes, size, 0, 3);
	str written = part_of(bytes, size, 1, 3);
	str value = part_of(bytes, size, 2, 3);
	str values[10];
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
	for(i = 0; i < 10; i++)
		values[i] = value;
	settings_builtin(&level);
	is_right = inline_parse_destinations(
					   &destinations, &rule, arena, &about_list.diagnostics)
			   == 0;
	REQUIRE(is_right == (about_list.diagnostics.errors == 0), &list);
	if(is_right) {
		REQUIRE(rule.destinations != NULL, &list);
		resolve_all(rule.destinations, &value, &value, arena);
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
	if(destination != NULL)
		resolve_all(destination, &value, &user, arena);
	arena_destroy(arena);
	exact_free(&user);
	exact_free(&value);
	exact_free(&text);
}
