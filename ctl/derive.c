/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ctl/derive.h"

#include <string.h>
#include <time.h>

#include "sip/contact.h"
#include "sip/header_name.h"
#include "sip/sip_uri.h"

/* -- is the request for the server ----------------------------------------- */

/* The port that the server uses for a URI without one. */
static int default_port(const uri_parts_t *parts)
{
	fragment_t transport = {0};

	if(sip_uri_param(parts, "transport", &transport.text)
			&& fragment_is(&transport, "tls"))
		return 5061;
	return parts->is_sips ? 5061 : 5060;
}

/* An IPv6 address stands in brackets in a URI, and without them in $addr. */
static bool is_same_host(const str *own, const str *host)
{
	str bare = *own;

	if(str_equal_nocase(own, host))
		return true;
	if(bare.len < 2 || bare.s[0] != '[')
		return false;
	bare.s++;
	bare.len -= 2;
	return str_equal_nocase(&bare, host);
}

/* Is a URI's host among the server's own? */
static bool is_own(const request_t *request, const str *uri)
{
	uri_parts_t parts;
	int at, port;

	if(sip_uri_parse(uri, &parts, &at) != NULL)
		return false;
	port = sip_uri_port(&parts);
	if(port == 0)
		port = default_port(&parts);
	return derive_is_own_host(request, &parts.host, port) == 1;
}

int derive_is_own_host(const request_t *request, const str *host, int port)
{
	const own_host_t *own;

	if(request->own_hosts == NULL)
		return SOURCE_UNKNOWN;
	for(own = request->own_hosts; own != NULL; own = own->next) {
		if((own->port == 0 || port == 0 || own->port == port)
				&& is_same_host(&own->host, host))
			return 1;
	}
	return 0;
}

static int add_truth(
		request_t *request, subject_kind_t kind, bool is_true, reason_t *why)
{
	str value = str_of(is_true ? "true" : "false");

	if(given_first_of_kind(&request->given, kind) != NULL)
		return 0;
	return given_add_of_kind(&request->given, kind, &value, why);
}

/* Is a request sent to another place than its R-URI? ($du, or else its first Route) */
static bool leads_elsewhere(const request_t *request)
{
	subject_t du = {.kind = SUBJECT_PV, .name = str_init("$du")};
	subject_t route = {.kind = SUBJECT_HEADER, .name = str_init("Route")};
	const str *next_hop = given_first(&request->given, du);
	contact_address_t address;
	str rest;

	if(next_hop != NULL && next_hop->len > 0)
		return !is_own(request, next_hop);
	next_hop = given_first(&request->given, route);
	if(next_hop == NULL)
		return false;
	rest = *next_hop;
	return contact_next(&rest, &address) && !is_own(request, &address.uri);
}

/* $localhost follows from the source of the request, and $outbound from its next hop. */
static int derive_own(request_t *request, reason_t *why)
{
	given_t *given = &request->given;
	const str *outbound = given_first_of_kind(given, SUBJECT_OUTBOUND);
	const str *source = given_first_of_kind(given, SUBJECT_ADDR);
	bool is_ours = false;

	request->knows_own = request->own_hosts != NULL || outbound != NULL;
	if(request->own_hosts == NULL) {
		request->is_own = outbound != NULL && outbound->s[0] == 'f';
		return 0;
	}
	request->is_own = is_ours = is_own(request, &request->uri);
	if(source != NULL
			&& add_truth(request, SUBJECT_LOCALHOST,
					   derive_is_own_host(request, source, 0) == 1, why)
					   < 0)
		return -1;
	return add_truth(request, SUBJECT_OUTBOUND,
			!is_ours || leads_elsewhere(request), why);
}

/* -- pseudo-variables ------------------------------------------------------ */

/* The pseudo-variables that follow from a subject: for an address in a header, its URI
 * and its user part; else the value itself. */
typedef struct consequence
{
	subject_kind_t kind;
	const char *header; /* NULL: none */
	const char *value;
	const char *user; /* NULL: none */
} consequence_t;

static const consequence_t consequences[] = {
		{SUBJECT_HEADER, "From", "$fu", "$fU"},
		{SUBJECT_HEADER, "To", "$tu", "$tU"},
		{SUBJECT_ADDR, NULL, "$si", NULL},
		{SUBJECT_PORT, NULL, "$sp", NULL},
};

#define CONSEQUENCES (sizeof(consequences) / sizeof(consequences[0]))

static int add_variable(
		request_t *request, const char *name, const str *value, reason_t *why)
{
	subject_t subject = {.kind = SUBJECT_PV, .name = str_of(name)};

	if(given_first(&request->given, subject) != NULL)
		return 0;
	return given_add(&request->given, &subject, value, why);
}

/* The user part without a password; empty where there is none. */
static str user_of(const str *uri, const uri_parts_t *parts)
{
	str none = {uri->s, 0};
	str user = parts->user;
	const char *colon;

	if(user.len == 0)
		return none;
	colon = memchr(user.s, ':', user.len);
	if(colon != NULL)
		user.len = (int)(colon - user.s);
	return user;
}

static int add_uri(request_t *request, const char *uri_name,
		const char *user_name, const str *uri, reason_t *why)
{
	uri_parts_t parts;
	str user;
	int at;

	if(uri->len == 0 || sip_uri_parse(uri, &parts, &at) != NULL)
		return 0;
	user = user_of(uri, &parts);
	return add_variable(request, uri_name, uri, why) < 0
				   ? -1
				   : add_variable(request, user_name, &user, why);
}

static int add_consequence(
		request_t *request, const consequence_t *row, reason_t *why)
{
	subject_t source = {.kind = row->kind};
	contact_address_t address;
	const str *value;
	str rest;

	if(row->header != NULL)
		source.name = str_of(row->header);
	value = given_first(&request->given, source);
	if(value == NULL)
		return 0;
	if(row->user == NULL)
		return add_variable(request, row->value, value, why);
	rest = *value;
	return contact_next(&rest, &address)
				   ? add_uri(request, row->value, row->user, &address.uri, why)
				   : 0;
}

static int derive_variables(request_t *request, reason_t *why)
{
	size_t i;

	for(i = 0; i < CONSEQUENCES; i++) {
		if(add_consequence(request, &consequences[i], why) < 0)
			return -1;
	}
	return add_uri(request, "$ru", "$rU", &request->uri, why);
}

static bool is_source(const consequence_t *row, const subject_t *subject)
{
	str header;

	if(row->kind != subject->kind || row->header == NULL)
		return row->kind == subject->kind;
	header = str_of(row->header);
	return header_name_equal(&header, &subject->name);
}

static bool is_named(const subject_t *subject, const char *variable)
{
	str name;

	if(subject->kind != SUBJECT_PV || variable == NULL)
		return false;
	name = str_of(variable);
	return str_equal(&subject->name, &name);
}

bool derive_is_source_of(
		const subject_t *source, subject_t *const *subjects, int n_subjects)
{
	size_t i;
	int j;

	for(i = 0; i < CONSEQUENCES; i++) {
		if(!is_source(&consequences[i], source))
			continue;
		for(j = 0; j < n_subjects; j++) {
			if(is_named(subjects[j], consequences[i].value)
					|| is_named(subjects[j], consequences[i].user))
				return true;
		}
	}
	return false;
}

/* -- the clock ------------------------------------------------------------- */

static int add_moment(request_t *request, subject_kind_t kind,
		const char *format, const struct tm *local, reason_t *why)
{
	given_t *given = &request->given;
	char buffer[32];
	str text = {buffer, 0};

	if(given_first_of_kind(given, kind) != NULL)
		return 0;
	text.len = (int)strftime(buffer, sizeof(buffer), format, local);
	if(arena_copy(given->arena, &text, &text) < 0)
		return reason_give(why, "no memory");
	return given_add_of_kind(given, kind, &text, why);
}

static int derive_clock(request_t *request, reason_t *why)
{
	time_t now = time(NULL);
	struct tm local;

	if(localtime_r(&now, &local) == NULL)
		return 0;
	return add_moment(request, SUBJECT_DATE, "%Y/%m/%d", &local, why) < 0
				   ? -1
				   : add_moment(request, SUBJECT_TIME, "%H:%M:%S", &local, why);
}

int derive(request_t *request, reason_t *why)
{
	return derive_own(request, why) < 0 || derive_variables(request, why) < 0
				   ? -1
				   : derive_clock(request, why);
}
