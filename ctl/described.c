/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ctl/described.h"

#include <stdio.h>
#include <string.h>

#include "ctl/derive.h"
#include "dialplan/function.h"
#include "sip/contact.h"
#include "sip/header_name.h"
#include "sip/sip_uri.h"
#include "ctl/value.h"

#define VERSION_TEXT "SIP/2.0"

void request_init(request_t *request, arena_t *arena)
{
	memset(request, 0, sizeof(*request));
	request->arena = arena;
	given_init(&request->given, arena);
	request->last_set = &request->sets;
}

static int give_text(request_t *request, subject_kind_t kind, const char *value,
		reason_t *why)
{
	str text = str_of(value);

	if(value_read(kind, &text, request->arena, why) < 0)
		return -1;
	return given_add_of_kind(&request->given, kind, &text, why);
}

/* Has it the scheme of a URI that the server takes (core/parser/parse_uri.c), and
 * something behind it? */
static bool is_uri(const str *text)
{
	static const char *const schemes[] = {
			"sip:", "sips:", "tel:", "tels:", "urn:"};
	fragment_t uri = fragment_of(text);
	size_t i;

	for(i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++) {
		if(fragment_begins(&uri, schemes[i]))
			return text->len > (int)strlen(schemes[i]);
	}
	return false;
}

/* -- options ------------------------------------------------------------ */

int request_set_line(request_t *request, const char *value, reason_t *why)
{
	str line = str_of(value);
	fragment_t rest = fragment_of(&line);
	int blank = fragment_find(&rest, 0, ' ');
	int second = blank < 0 ? -1 : fragment_find(&rest, blank + 1, ' ');
	str method = {line.s, blank};

	if(blank <= 0 || second <= blank + 1
			|| strcmp(line.s + second + 1, VERSION_TEXT) != 0
			|| !value_is_one_line(&line) || !header_name_is_valid(&method))
		return reason_give(why,
				"[%s] is no request line: INVITE sip:100@192.0.2.1 SIP/2.0 "
				"would be right",
				value);
	if(method.len != 6 || memcmp(method.s, "INVITE", 6) != 0)
		return reason_give(why,
				"[%.*s]: failover() takes an INVITE only, in capitals",
				STR_FMT(&method));
	request->line = line;
	request->uri.s = line.s + blank + 1;
	request->uri.len = second - blank - 1;
	if(!is_uri(&request->uri))
		return reason_give(why,
				"[%.*s] is no URI, so that failover() would return -2: "
				"sip:100@192.0.2.1 or tel:+4930123 would be right",
				STR_FMT(&request->uri));
	return given_add_of_kind(&request->given, SUBJECT_REQUEST, &line, why);
}

int request_add_header(request_t *request, const char *value, reason_t *why)
{
	str line = str_of(value);
	fragment_t whole = fragment_of(&line);
	int colon = fragment_find(&whole, 0, ':');
	subject_t subject = {.kind = SUBJECT_HEADER};
	fragment_t name, body;

	if(colon >= 0) {
		name = fragment_part(&whole, 0, colon);
		name = fragment_trim(&name);
		body = fragment_part(&whole, colon + 1, line.len - colon - 1);
		body = fragment_trim(&body);
	}
	if(colon < 0 || !header_name_is_valid(&name.text)
			|| !value_is_one_line(&body.text))
		return reason_give(why,
				"[%s] is no header: a line such as From: "
				"<sip:100@192.0.2.1>;tag=1 would be right",
				value);
	subject.name = header_name_long(&name.text);
	return given_add(&request->given, &subject, &body.text, why);
}

int request_set_addr(request_t *request, const char *value, reason_t *why)
{
	return give_text(request, SUBJECT_ADDR, value, why);
}

int request_set_transport(request_t *request, const char *value, reason_t *why)
{
	return give_text(request, SUBJECT_TRANSPORT, value, why);
}

int request_set_at(request_t *request, const char *value, reason_t *why)
{
	str whole = str_of(value);
	str date = {whole.s, 10};
	str time_of_day = {whole.s + 11, 8};

	if(whole.len != 19 || whole.s[10] != ' '
			|| value_read(SUBJECT_DATE, &date, request->arena, why) < 0
			|| value_read(SUBJECT_TIME, &time_of_day, request->arena, why) < 0)
		return reason_give(why,
				"[%s] is no time: one as in 2030/12/24 09:30:00 would be "
				"right",
				value);
	if(given_add_of_kind(&request->given, SUBJECT_DATE, &date, why) < 0)
		return -1;
	return given_add_of_kind(&request->given, SUBJECT_TIME, &time_of_day, why);
}

int request_set_route(request_t *request, const char *value, reason_t *why)
{
	subject_t subject = {.kind = SUBJECT_HEADER, .name = str_init("Route")};
	str text = str_of(value);
	str rest = text;
	contact_address_t first;

	if(!value_is_one_line(&text) || !contact_next(&rest, &first)
			|| !is_uri(&first.uri))
		return reason_give(why,
				"[%s] is no route: <sip:192.0.2.1;lr> would be right", value);
	return given_add(&request->given, &subject, &text, why);
}

int request_add_registered(request_t *request, const char *value, reason_t *why)
{
	int count = request->n_registered + 1;
	str *users = arena_alloc(request->arena, count * sizeof(*users));

	if(users == NULL)
		return reason_give(why, "no memory");
	if(request->n_registered > 0)
		memcpy(users, request->registered, (count - 1) * sizeof(*users));
	users[count - 1] = str_of(value);
	request->registered = users;
	request->n_registered = count;
	request->knows_registered = true;
	return 0;
}

/* Read HOST[:PORT] as in a URI. */
static int read_own_host(request_t *request, const char *value, own_host_t *own)
{
	char buffer[SIP_URI_BYTES_MAX + 8];
	uri_parts_t parts;
	str uri, host;
	int at;

	uri.s = buffer;
	uri.len = snprintf(buffer, sizeof(buffer), "sip:%s", value);
	if(uri.len > SIP_URI_BYTES_MAX || sip_uri_parse(&uri, &parts, &at) != NULL
			|| parts.user.len > 0 || parts.params.s != NULL
			|| parts.headers.s != NULL)
		return -1;
	host = parts.host;
	own->port = sip_uri_port(&parts);
	return own->port < 0 ? -1 : arena_copy(request->arena, &host, &own->host);
}

int request_add_own_host(request_t *request, const char *value, reason_t *why)
{
	own_host_t *own = arena_alloc(request->arena, sizeof(*own));

	if(own == NULL)
		return reason_give(why, "no memory");
	if(read_own_host(request, value, own) < 0)
		return reason_give(why,
				"[%s] is no host: example.com, 192.0.2.1:5060 or [2001:db8::1] "
				"would be right",
				value);
	own->next = request->own_hosts;
	request->own_hosts = own;
	return 0;
}

/* Keep the error of a left-hand side. */
static void keep_reason(void *context, const diagnostic_t *diagnostic)
{
	reason_give(context, "%s", diagnostic->text);
}

static int note_set(request_t *request, const subject_t *subject)
{
	asked_for_t *set = arena_alloc(request->arena, sizeof(*set));

	if(set == NULL)
		return -1;
	set->subject = *subject;
	*request->last_set = set;
	request->last_set = &set->next;
	return 0;
}

int request_set(request_t *request, const char *value, reason_t *why)
{
	diagnostics_t diagnostics = {.emit = keep_reason, .context = why};
	str line = str_of(value);
	fragment_t whole = fragment_of(&line);
	int equals = subject_end(&whole);
	fragment_t name, text;
	subject_t subject;

	if(equals >= 0) {
		name = fragment_part(&whole, 0, equals);
		name = fragment_trim(&name);
	}
	if(equals < 0 || name.text.len == 0)
		return reason_give(why,
				"[%s] sets nothing: LHS=VALUE, as in $pv($rU)=100 or &x=1, "
				"would be right",
				value);
	text = fragment_part(&whole, equals + 1, line.len - equals - 1);
	text = fragment_trim(&text);
	if(subject_parse(&name, &subject, &diagnostics) < 0
			|| value_read(subject.kind, &text.text, request->arena, why) < 0)
		return -1;
	if(note_set(request, &subject) < 0)
		return reason_give(why, "no memory");
	return given_add(&request->given, &subject, &text.text, why);
}

int request_finish(request_t *request, reason_t *why)
{
	return derive(request, why);
}

bool request_is_asked(
		const subject_t *subject, subject_t *const *subjects, int n_subjects)
{
	const str next_hop = str_init("$du");
	int i;

	/* these say where the request is sent without the module */
	if(subject->kind == SUBJECT_OUTBOUND
			|| (subject->kind == SUBJECT_PV
					&& str_equal(&subject->name, &next_hop)))
		return true;
	for(i = 0; i < n_subjects; i++) {
		if(subjects[i]->kind == subject->kind
				&& (subject->kind == SUBJECT_HEADER
								? header_name_equal(
										&subjects[i]->name, &subject->name)
								: str_equal(
										&subjects[i]->name, &subject->name)))
			return true;
	}
	return derive_is_source_of(subject, subjects, n_subjects);
}

/* Users were given as USER or USER@HOST. */
static int is_registered(void *context, const str *uri)
{
	const request_t *request = context;
	str user = sip_uri_user(uri);
	str address = *uri;
	int i;

	if(!request->knows_registered)
		return SOURCE_UNKNOWN;
	address.len -= (int)(user.s - uri->s);
	address.s = user.s;
	for(i = 0; i < request->n_registered; i++) {
		const str *it = &request->registered[i];

		if(str_equal_nocase(it, &user) || str_equal_nocase(it, &address))
			return 1;
	}
	return 0;
}

static int is_own(void *context, const str *host, int port)
{
	return derive_is_own_host(context, host, port);
}

static int values_of(void *context, const subject_t *subject, arena_t *arena,
		const str **values)
{
	const request_t *request = context;
	int count = given_values(&request->given, subject, values);
	function_world_t world = {
			.source = {.values = values_of, .context = context},
			.is_own = is_own,
			.is_registered = is_registered,
			.context = context};

	if(count > 0)
		return count;
	return subject_is_function(subject->kind)
				   ? function_values(&world, subject, arena, values)
				   : SOURCE_UNKNOWN;
}

request_source_t request_source(request_t *request)
{
	request_source_t source = {.values = values_of, .context = request};

	return source;
}

bool request_knows_own(const request_t *request)
{
	return request->knows_own;
}

request_view_t request_view(const request_t *request)
{
	subject_t pv = {.kind = SUBJECT_PV, .name = str_init("$du")};
	const str *next_hop = given_first(&request->given, pv);
	request_view_t view = {.uri = request->uri};

	if(next_hop != NULL)
		view.next_hop = *next_hop;
	view.is_ours = view.next_hop.len == 0 && request->is_own;
	return view;
}

void request_describe_missing(const subject_t *subject, char *text, size_t size)
{
	switch(subject->kind) {
		case SUBJECT_HEADER:
			snprintf(text, size, "-H '%.*s: ...'", STR_FMT(&subject->name));
			break;
		case SUBJECT_ADDR:
			snprintf(text, size, "-a ADDRESS");
			break;
		case SUBJECT_TRANSPORT:
			snprintf(text, size, "-t TRANSPORT");
			break;
		case SUBJECT_LOCALHOST:
			snprintf(text, size, "-a ADDRESS -l OUR-HOST");
			break;
		case SUBJECT_ADDR_PREFIX:
		case SUBJECT_ADDR_RANGE:
			snprintf(text, size, "-a ADDRESS");
			break;
		case SUBJECT_REGISTERED:
		case SUBJECT_REGISTERED_OF:
			snprintf(text, size, "--registered USER");
			break;
		case SUBJECT_OUTBOUND:
		case SUBJECT_OUTBOUND_OF:
		case SUBJECT_LOCALHOST_OF:
			snprintf(text, size, "-l OUR-HOST");
			break;
		default:
			snprintf(text, size, "--set '%.*s=...'",
					STR_FMT(&subject->where.text));
			break;
	}
}
