/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "request.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "contact.h"
#include "header_name.h"
#include "sip_uri.h"

#define VERSION_TEXT "SIP/2.0"

/* What was said of a subject. */
typedef struct given
{
	str *values;
	int count, room;
} given_t;

static int fail(char *why, size_t why_size, const char *text)
{
	snprintf(why, why_size, "%s", text);
	return -1;
}

static int no_memory(char *why, size_t why_size)
{
	return fail(why, why_size, "no memory");
}

static str text_of(const char *s)
{
	str text = {(char *)s, (int)strlen(s)};

	return text;
}

void request_init(request_t *request, arena_t *arena)
{
	memset(request, 0, sizeof(*request));
	request->arena = arena;
	text_map_init(&request->given, arena);
	request->last_set = &request->sets;
}

/* -- what is known ------------------------------------------------------ */

static const given_t *find_given(
		const request_t *request, const subject_t *subject)
{
	const text_entry_t *entry;
	str key;

	if(subject_key(subject, request->arena, &key) < 0)
		return NULL;
	entry = text_map_find(&request->given, &key);
	return entry == NULL ? NULL : entry->value;
}

static given_t *enter_given(request_t *request, const subject_t *subject)
{
	text_entry_t *entry;
	str key;

	if(subject_key(subject, request->arena, &key) < 0)
		return NULL;
	entry = text_map_enter(&request->given, &key);
	if(entry != NULL && entry->value == NULL)
		entry->value = arena_alloc(request->arena, sizeof(given_t));
	return entry == NULL ? NULL : entry->value;
}

static int add_value(request_t *request, given_t *given, const str *value)
{
	if(given->count == given->room) {
		int room = given->room == 0 ? 4 : 2 * given->room;
		str *values = arena_alloc(request->arena, room * sizeof(*values));

		if(values == NULL)
			return -1;
		if(given->count > 0)
			memcpy(values, given->values, given->count * sizeof(*values));
		given->values = values;
		given->room = room;
	}
	given->values[given->count++] = *value;
	return 0;
}

/* How a subject is written, for messages. */
static const char *subject_name(const subject_t *subject)
{
	const char *name = subject_table()[subject->kind].name;

	return name != NULL ? name : "it";
}

/* Only a header may stand several times in a request. */
static int give(request_t *request, const subject_t *subject, const str *value,
		char *why, size_t why_size)
{
	given_t *given = enter_given(request, subject);

	if(given == NULL)
		return no_memory(why, why_size);
	if(given->count > 0 && subject->kind != SUBJECT_HEADER) {
		snprintf(why, why_size, "%.*s is said a second time: once is right",
				subject->where.text.len > 0 ? subject->where.text.len : 32,
				subject->where.text.len > 0 ? subject->where.text.s
											: subject_name(subject));
		return -1;
	}
	return add_value(request, given, value) < 0 ? no_memory(why, why_size) : 0;
}

static int give_kind(request_t *request, subject_kind_t kind, const str *value,
		char *why, size_t why_size)
{
	subject_t subject = {.kind = kind};

	return give(request, &subject, value, why, why_size);
}

static bool is_given(const request_t *request, subject_kind_t kind)
{
	subject_t subject = {.kind = kind};
	const given_t *given = find_given(request, &subject);

	return given != NULL && given->count > 0;
}

/* -- values of the kinds ------------------------------------------------ */

/* Control characters never come in a header or a request line. */
static bool is_one_line(const str *value)
{
	int i;

	for(i = 0; i < value->len; i++) {
		unsigned char c = (unsigned char)value->s[i];

		if((c < 0x20 && c != '\t') || c == 0x7f)
			return false;
	}
	return true;
}

static const char *const transports[] = {
		"UDP", "TCP", "TLS", "SCTP", "WS", "WSS"};

static int read_transport(request_t *request, str *value)
{
	fragment_t word = fragment_of(value);
	size_t i;

	(void)request;
	for(i = 0; i < sizeof(transports) / sizeof(transports[0]); i++) {
		if(fragment_is(&word, transports[i])) {
			*value = text_of(transports[i]);
			return 0;
		}
	}
	return -1;
}

/* An address as the server writes it: without brackets, IPv6 in its short form
 * (RFC 5952). */
static int read_addr(request_t *request, str *value)
{
	unsigned char address[sizeof(struct in6_addr)];
	char text[INET6_ADDRSTRLEN];
	bool is_bracketed = value->len > 2 && value->s[0] == '['
						&& value->s[value->len - 1] == ']';
	int len = value->len - 2 * is_bracketed;
	int family = AF_INET6;
	str made;

	if(len <= 0 || len >= (int)sizeof(text))
		return -1;
	memcpy(text, value->s + is_bracketed, len);
	text[len] = '\0';
	if(!is_bracketed && inet_pton(AF_INET, text, address) == 1)
		family = AF_INET;
	else if(inet_pton(AF_INET6, text, address) != 1)
		return -1;
	if(inet_ntop(family, address, text, sizeof(text)) == NULL)
		return -1;
	made = text_of(text);
	return arena_copy(request->arena, &made, value);
}

static int read_port(request_t *request, str *value)
{
	long port = 0;
	int i;

	(void)request;
	for(i = 0; i < value->len; i++) {
		if(value->s[i] < '0' || value->s[i] > '9' || port > 65535)
			return -1;
		port = port * 10 + (value->s[i] - '0');
	}
	return port >= 1 && port <= 65535 && value->s[0] != '0' ? 0 : -1;
}

static int read_truth(request_t *request, str *value)
{
	fragment_t word = fragment_of(value);

	(void)request;
	if(fragment_is(&word, "true"))
		*value = text_of("true");
	else if(fragment_is(&word, "false"))
		*value = text_of("false");
	else
		return -1;
	return 0;
}

/* Two digits at an offset. */
static int two_digits(const str *text, int offset)
{
	return (text->s[offset] - '0') * 10 + (text->s[offset + 1] - '0');
}

static int read_date(request_t *request, str *value)
{
	static const int days[] = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	int month, day, year;

	(void)request;
	if(!subject_is_date(value))
		return -1;
	year = two_digits(value, 0) * 100 + two_digits(value, 2);
	month = two_digits(value, 5);
	day = two_digits(value, 8);
	if(month < 1 || month > 12 || day < 1 || day > days[month - 1])
		return -1;
	if(month == 2 && day == 29
			&& (year % 4 != 0 || (year % 100 == 0 && year % 400 != 0)))
		return -1;
	return 0;
}

static int read_time(request_t *request, str *value)
{
	(void)request;
	if(!subject_is_time(value) || two_digits(value, 0) > 23
			|| two_digits(value, 3) > 59 || two_digits(value, 6) > 60)
		return -1;
	return 0;
}

static int read_text(request_t *request, str *value)
{
	(void)request;
	return is_one_line(value) ? 0 : -1;
}

/* How a value of each kind is read, and what would be right. */
static const struct
{
	int (*read)(request_t *request, str *value);
	const char *right;
} kinds[SUBJECT_KINDS] = {
		[SUBJECT_HEADER] = {read_text, "a text of one line"},
		[SUBJECT_REQUEST] = {read_text, "a text of one line"},
		[SUBJECT_ADDR] = {read_addr,
				"an IP address such as 192.0.2.1 or 2001:db8::1"},
		[SUBJECT_PORT] = {read_port, "a number from 1 to 65535"},
		[SUBJECT_TRANSPORT] = {read_transport,
				"one of UDP, TCP, TLS, SCTP, WS and WSS"},
		[SUBJECT_LOCALHOST] = {read_truth, "true or false"},
		[SUBJECT_OUTBOUND] = {read_truth, "true or false"},
		[SUBJECT_DATE] = {read_date, "a day as in 2030/12/24"},
		[SUBJECT_TIME] = {read_time, "a time as in 09:30:00"},
		[SUBJECT_VARIABLE] = {read_text, "a text of one line"},
		[SUBJECT_PV] = {read_text, "a text of one line"},
};

static int read_value(request_t *request, subject_kind_t kind, str *value,
		char *why, size_t why_size)
{
	if(kinds[kind].read(request, value) == 0)
		return 0;
	snprintf(why, why_size, "[%.*s]: %s would be right", STR_FMT(value),
			kinds[kind].right);
	return -1;
}

static int give_text(request_t *request, subject_kind_t kind, const char *value,
		char *why, size_t why_size)
{
	str text = text_of(value);

	if(read_value(request, kind, &text, why, why_size) < 0)
		return -1;
	return give_kind(request, kind, &text, why, why_size);
}

/* -- options ------------------------------------------------------------ */

int request_set_line(
		request_t *request, const char *value, char *why, size_t why_size)
{
	str line = text_of(value);
	fragment_t rest = fragment_of(&line);
	int blank = fragment_find(&rest, 0, ' ');
	int second = blank < 0 ? -1 : fragment_find(&rest, blank + 1, ' ');
	str method = {line.s, blank};

	if(blank <= 0 || second <= blank + 1
			|| strcmp(line.s + second + 1, VERSION_TEXT) != 0
			|| !is_one_line(&line) || !header_name_is_valid(&method)) {
		snprintf(why, why_size,
				"[%s] is no request line: INVITE sip:100@192.0.2.1 SIP/2.0 "
				"would be right",
				value);
		return -1;
	}
	if(method.len != 6 || memcmp(method.s, "INVITE", 6) != 0) {
		snprintf(why, why_size,
				"[%.*s]: failover() takes an INVITE only, in capitals",
				STR_FMT(&method));
		return -1;
	}
	request->line = line;
	request->uri.s = line.s + blank + 1;
	request->uri.len = second - blank - 1;
	return give_kind(request, SUBJECT_REQUEST, &line, why, why_size);
}

int request_add_header(
		request_t *request, const char *value, char *why, size_t why_size)
{
	str line = text_of(value);
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
			|| !is_one_line(&body.text)) {
		snprintf(why, why_size,
				"[%s] is no header: a line such as From: "
				"<sip:100@192.0.2.1>;tag=1 would be right",
				value);
		return -1;
	}
	subject.name = header_name_long(&name.text);
	return give(request, &subject, &body.text, why, why_size);
}

int request_set_addr(
		request_t *request, const char *value, char *why, size_t why_size)
{
	return give_text(request, SUBJECT_ADDR, value, why, why_size);
}

int request_set_transport(
		request_t *request, const char *value, char *why, size_t why_size)
{
	return give_text(request, SUBJECT_TRANSPORT, value, why, why_size);
}

int request_set_at(
		request_t *request, const char *value, char *why, size_t why_size)
{
	str whole = text_of(value);
	str date = {whole.s, 10};
	str time_of_day = {whole.s + 11, 8};

	if(whole.len != 19 || whole.s[10] != ' ' || read_date(request, &date) < 0
			|| read_time(request, &time_of_day) < 0) {
		snprintf(why, why_size,
				"[%s] is no time: one as in 2030/12/24 09:30:00 would be "
				"right",
				value);
		return -1;
	}
	return give_kind(request, SUBJECT_DATE, &date, why, why_size) < 0
						   || give_kind(request, SUBJECT_TIME, &time_of_day,
									  why, why_size)
									  < 0
				   ? -1
				   : 0;
}

/* Read HOST[:PORT] by the rules of a URI. */
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

int request_add_own_host(
		request_t *request, const char *value, char *why, size_t why_size)
{
	own_host_t *own = arena_alloc(request->arena, sizeof(*own));

	if(own == NULL)
		return no_memory(why, why_size);
	if(read_own_host(request, value, own) < 0) {
		snprintf(why, why_size,
				"[%s] is no host: example.com, 192.0.2.1:5060 or [2001:db8::1] "
				"would be right",
				value);
		return -1;
	}
	own->next = request->own_hosts;
	request->own_hosts = own;
	return 0;
}

/* What a reader of the language says of a left-hand side. */
typedef struct listener
{
	char *why;
	size_t why_size;
} listener_t;

static void keep_reason(void *context, const diagnostic_t *diagnostic)
{
	listener_t *listener = context;

	snprintf(listener->why, listener->why_size, "%s", diagnostic->text);
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

int request_set(
		request_t *request, const char *value, char *why, size_t why_size)
{
	listener_t listener = {why, why_size};
	diagnostics_t diagnostics = {.emit = keep_reason, .context = &listener};
	str line = text_of(value);
	fragment_t whole = fragment_of(&line);
	int equals = subject_end(&whole);
	fragment_t name, text;
	subject_t subject;

	if(equals >= 0) {
		name = fragment_part(&whole, 0, equals);
		name = fragment_trim(&name);
	}
	if(equals < 0 || name.text.len == 0) {
		snprintf(why, why_size,
				"[%s] sets nothing: LHS=VALUE, as in $pv($rU)=100 or &x=1, "
				"would be right",
				value);
		return -1;
	}
	text = fragment_part(&whole, equals + 1, line.len - equals - 1);
	text = fragment_trim(&text);
	if(subject_parse(&name, &subject, &diagnostics) < 0
			|| read_value(request, subject.kind, &text.text, why, why_size) < 0)
		return -1;
	if(note_set(request, &subject) < 0)
		return no_memory(why, why_size);
	return give(request, &subject, &text.text, why, why_size);
}

/* -- what follows ------------------------------------------------------- */

/* The port of a URI without one, as the server takes it. */
static int default_port(const uri_parts_t *parts)
{
	fragment_t transport = {0};

	if(sip_uri_param(parts, "transport", &transport.text)
			&& fragment_is(&transport, "tls"))
		return 5061;
	return parts->is_sips ? 5061 : 5060;
}

static bool is_own(const request_t *request)
{
	const own_host_t *own;
	uri_parts_t parts;
	int at, port;

	if(sip_uri_parse(&request->uri, &parts, &at) != NULL)
		return false;
	port = sip_uri_port(&parts);
	if(port == 0)
		port = default_port(&parts);
	for(own = request->own_hosts; own != NULL; own = own->next) {
		if((own->port == 0 || own->port == port)
				&& own->host.len == parts.host.len
				&& strncasecmp(own->host.s, parts.host.s, parts.host.len) == 0)
			return true;
	}
	return false;
}

static const char *truth(bool value)
{
	return value ? "true" : "false";
}

static bool is_true(const request_t *request, subject_kind_t kind)
{
	subject_t subject = {.kind = kind};
	const given_t *given = find_given(request, &subject);

	return given != NULL && given->count > 0 && given->values[0].s[0] == 't';
}

/* $localhost and $outbound are each other's contrary. */
static int finish_own(request_t *request, char *why, size_t why_size)
{
	bool has_localhost = is_given(request, SUBJECT_LOCALHOST);
	bool has_outbound = is_given(request, SUBJECT_OUTBOUND);
	bool is_ours;
	str value;

	if(request->own_hosts != NULL && (has_localhost || has_outbound))
		return fail(why, why_size,
				"-l says $localhost and $outbound already: leave one of them "
				"out");
	if(has_localhost && has_outbound)
		return is_true(request, SUBJECT_LOCALHOST)
							   == is_true(request, SUBJECT_OUTBOUND)
					   ? fail(why, why_size,
							   "$outbound is always the contrary of "
							   "$localhost: one of them would do")
					   : 0;
	if(request->own_hosts == NULL && !has_localhost && !has_outbound)
		return 0;
	is_ours = request->own_hosts != NULL ? is_own(request)
			  : has_localhost			 ? is_true(request, SUBJECT_LOCALHOST)
										 : !is_true(request, SUBJECT_OUTBOUND);
	value = text_of(truth(is_ours));
	if(!has_localhost
			&& give_kind(request, SUBJECT_LOCALHOST, &value, why, why_size) < 0)
		return -1;
	value = text_of(truth(!is_ours));
	if(!has_outbound
			&& give_kind(request, SUBJECT_OUTBOUND, &value, why, why_size) < 0)
		return -1;
	return 0;
}

static int finish_clock(request_t *request, char *why, size_t why_size)
{
	char date[32], time_of_day[32];
	time_t now = time(NULL);
	struct tm local;
	str text;

	if(localtime_r(&now, &local) == NULL)
		return 0;
	strftime(date, sizeof(date), "%Y/%m/%d", &local);
	strftime(time_of_day, sizeof(time_of_day), "%H:%M:%S", &local);
	text = text_of(date);
	if(!is_given(request, SUBJECT_DATE)
			&& (arena_copy(request->arena, &text, &text) < 0
					|| give_kind(request, SUBJECT_DATE, &text, why, why_size)
							   < 0))
		return -1;
	text = text_of(time_of_day);
	if(!is_given(request, SUBJECT_TIME)
			&& (arena_copy(request->arena, &text, &text) < 0
					|| give_kind(request, SUBJECT_TIME, &text, why, why_size)
							   < 0))
		return -1;
	return 0;
}

/* -- pseudo-variables that follow from the rest ------------------------- */

static subject_t pv_of(const char *name)
{
	subject_t subject = {.kind = SUBJECT_PV, .name = text_of(name)};

	return subject;
}

/* What is known of a subject by its first value; NULL: nothing. */
static const str *first_value(const request_t *request, subject_t subject)
{
	const given_t *given = find_given(request, &subject);

	return given == NULL || given->count == 0 ? NULL : &given->values[0];
}

/* What was said of it holds, also where it says another thing. */
static int derive(request_t *request, const char *name, const str *value)
{
	char why[64];
	subject_t subject = pv_of(name);

	if(value == NULL || first_value(request, subject) != NULL)
		return 0;
	return give(request, &subject, value, why, sizeof(why));
}

/* The user part without a password; empty where there is none. */
static str user_of(const str *uri)
{
	str user = {uri->s, 0};
	uri_parts_t parts;
	const char *colon;
	int at;

	if(sip_uri_parse(uri, &parts, &at) != NULL || parts.user.len == 0)
		return user;
	user = parts.user;
	colon = memchr(user.s, ':', user.len);
	if(colon != NULL)
		user.len = (int)(colon - user.s);
	return user;
}

static int derive_uri(request_t *request, const char *uri_name,
		const char *user_name, const str *uri)
{
	uri_parts_t parts;
	str user;
	int at;

	if(uri->len == 0 || sip_uri_parse(uri, &parts, &at) != NULL)
		return 0;
	user = user_of(uri);
	return derive(request, uri_name, uri) < 0
				   ? -1
				   : derive(request, user_name, &user);
}

/* Of From or To. */
static int derive_address(request_t *request, const char *header,
		const char *uri_name, const char *user_name)
{
	subject_t subject = {.kind = SUBJECT_HEADER, .name = text_of(header)};
	const str *value = first_value(request, subject);
	contact_address_t address;
	str rest;

	if(value == NULL)
		return 0;
	rest = *value;
	return contact_next(&rest, &address)
				   ? derive_uri(request, uri_name, user_name, &address.uri)
				   : 0;
}

static int finish_variables(request_t *request)
{
	subject_t addr = {.kind = SUBJECT_ADDR};
	subject_t port = {.kind = SUBJECT_PORT};

	if(derive_address(request, "From", "$fu", "$fU") < 0
			|| derive_address(request, "To", "$tu", "$tU") < 0
			|| derive_uri(request, "$ru", "$rU", &request->uri) < 0
			|| derive(request, "$si", first_value(request, addr)) < 0)
		return -1;
	return derive(request, "$sp", first_value(request, port));
}

int request_finish(request_t *request, char *why, size_t why_size)
{
	if(finish_own(request, why, why_size) < 0)
		return -1;
	if(finish_variables(request) < 0)
		return no_memory(why, why_size);
	return finish_clock(request, why, why_size);
}

bool request_is_asked(
		const subject_t *subject, subject_t *const *subjects, int n_subjects)
{
	/* of what the request says, what pseudo-variables follow from it */
	static const struct
	{
		subject_kind_t kind;
		const char *header; /* NULL: none */
		const char *follows[2];
	} rows[] = {{SUBJECT_HEADER, "From", {"$fu", "$fU"}},
			{SUBJECT_HEADER, "To", {"$tu", "$tU"}},
			{SUBJECT_ADDR, NULL, {"$si", "$si"}},
			{SUBJECT_PORT, NULL, {"$sp", "$sp"}}};
	const str next_hop = str_init("$du");
	size_t row;
	int i, j;

	/* these say where the request's own destination is */
	if(subject->kind == SUBJECT_LOCALHOST || subject->kind == SUBJECT_OUTBOUND
			|| (subject->kind == SUBJECT_PV
					&& str_equal(&subject->name, &next_hop)))
		return true;
	for(i = 0; i < n_subjects; i++) {
		const subject_t *asked = subjects[i];

		if(asked->kind == subject->kind
				&& (subject->kind == SUBJECT_HEADER
								? header_name_equal(
										&asked->name, &subject->name)
								: str_equal(&asked->name, &subject->name)))
			return true;
		for(row = 0; row < sizeof(rows) / sizeof(rows[0]); row++) {
			str header;

			if(asked->kind != SUBJECT_PV || rows[row].kind != subject->kind)
				continue;
			if(rows[row].header != NULL) {
				header = text_of(rows[row].header);
				if(!header_name_equal(&header, &subject->name))
					continue;
			}
			for(j = 0; j < 2; j++) {
				str follows = text_of(rows[row].follows[j]);

				if(str_equal(&asked->name, &follows))
					return true;
			}
		}
	}
	return false;
}

static int values_of(void *context, const subject_t *subject, arena_t *arena,
		const str **values)
{
	const request_t *request = context;
	const given_t *given = find_given(request, subject);

	(void)arena;
	if(given == NULL || given->count == 0)
		return SOURCE_UNKNOWN;
	*values = given->values;
	return given->count;
}

request_source_t request_source(request_t *request)
{
	request_source_t source = {.values = values_of, .context = request};

	return source;
}

bool request_knows_own(const request_t *request)
{
	return is_given(request, SUBJECT_LOCALHOST);
}

request_view_t request_view(const request_t *request)
{
	subject_t next_hop = {.kind = SUBJECT_PV, .name = str_init("$du")};
	const given_t *given = find_given(request, &next_hop);
	request_view_t view = {.uri = request->uri};
	uri_parts_t parts;
	int at;

	if(sip_uri_parse(&view.uri, &parts, &at) == NULL)
		view.user = parts.user;
	if(given != NULL && given->count > 0)
		view.next_hop = given->values[0];
	view.is_ours =
			view.next_hop.len == 0 && is_true(request, SUBJECT_LOCALHOST);
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
		case SUBJECT_OUTBOUND:
			snprintf(text, size, "-l OUR-HOST");
			break;
		default:
			snprintf(text, size, "--set '%.*s=...'",
					STR_FMT(&subject->where.text));
			break;
	}
}
