/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../../core/sr_module.h"
#include "../../core/forward.h"
#include "../../core/hashes.h"
#include "../../core/ip_addr.h"
#include "../../core/parser/parse_uri.h"
#include "../../core/pvar.h"

#include "server/source.h"

#include <stdio.h>
#include <string.h>

#include "server/compat.h"
#include "dialplan/function.h"
#include "server/location.h"
#include "server/self.h"
#include "sip/header_name.h"
#include "text/ascii.h"

/* Room for a number, a date or a transport. */
#define SHORT_BYTES 32

/* Return one value, copied.
 * @return 1, or SOURCE_FAILED */
static int one_copy(const str *text, arena_t *arena, const str **values)
{
	str *value = arena_alloc(arena, sizeof(*value));

	if(value == NULL || arena_copy(arena, text, value) < 0)
		return SOURCE_FAILED;
	*values = value;
	return 1;
}

/* Return one value, not copied. */
static int one_text(const char *text, arena_t *arena, const str **values)
{
	str *value = arena_alloc(arena, sizeof(*value));

	if(value == NULL)
		return SOURCE_FAILED;
	value->s = (char *)text;
	value->len = (int)strlen(text);
	*values = value;
	return 1;
}

static int one_number(long long number, arena_t *arena, const str **values)
{
	char digits[SHORT_BYTES];
	str text = {digits, snprintf(digits, sizeof(digits), "%lld", number)};

	return one_copy(&text, arena, values);
}

/* -- headers ------------------------------------------------------------ */

static void trim_blanks(str *text)
{
	while(text->len > 0 && is_blank(text->s[text->len - 1]))
		text->len--;
}

/* A folded body: its line end, with all blanks around it, becomes one blank (RFC 3261
 * section 25.1, LWS). */
static void fold(str *line)
{
	if(line->len > 0 && line->s[line->len - 1] == '\r')
		line->len--;
	trim_blanks(line);
	line->s[line->len++] = ' ';
}

/* Make one line from a folded body.
 * @return 0, or -1 without memory */
static int unfold(str *body, arena_t *arena)
{
	str line = {arena_alloc(arena, body->len), 0};
	int i = 0;

	if(line.s == NULL)
		return -1;
	while(i < body->len) {
		char c = body->s[i++];

		if(c != '\n') {
			line.s[line.len++] = c;
			continue;
		}
		fold(&line);
		while(i < body->len && is_blank(body->s[i]))
			i++;
	}
	*body = line;
	return 0;
}

/* Read the body of a header as one line, without blanks at its end. The core has
 * already cut the blanks at its beginning, and the end of the line.
 * @return 0, or -1 without memory */
static int read_body(const struct hdr_field *header, arena_t *arena, str *body)
{
	*body = header->body;
	trim_blanks(body);
	if(body->len == 0 || memchr(body->s, '\n', body->len) == NULL)
		return 0;
	if(unfold(body, arena) < 0)
		return -1;
	trim_blanks(body);
	return 0;
}

static bool is_named(const struct hdr_field *header, const str *name)
{
	return header->type != HDR_EOH_T && header_name_equal(&header->name, name);
}

static int header_values(source_t *source, const subject_t *subject,
		arena_t *arena, const str **values)
{
	const struct hdr_field *header;
	str *bodies;
	int count = 0;

	/* the core reads nothing behind a broken header */
	(void)parse_headers(source->msg, HDR_EOH_F, 0);
	for(header = source->msg->headers; header != NULL; header = header->next)
		count += is_named(header, &subject->name);
	if(count == 0)
		return 0;
	bodies = arena_alloc(arena, count * sizeof(*bodies));
	if(bodies == NULL)
		return SOURCE_FAILED;
	*values = bodies;
	for(header = source->msg->headers; header != NULL; header = header->next) {
		if(is_named(header, &subject->name)
				&& read_body(header, arena, bodies++) < 0)
			return SOURCE_FAILED;
	}
	return count;
}

/* -- the request and where it came from --------------------------------- */

static char *put(char *at, const str *text)
{
	memcpy(at, text->s, text->len);
	return at + text->len;
}

static int request_value(source_t *source, const subject_t *subject,
		arena_t *arena, const str **values)
{
	struct sip_msg *msg = source->msg;
	const str *method = &msg->first_line.u.request.method;
	const str *version = &msg->first_line.u.request.version;
	const str *uri = GET_RURI(msg);
	str *line = arena_alloc(arena, sizeof(*line));
	char *at;

	(void)subject;
	if(line == NULL)
		return SOURCE_FAILED;
	line->len = method->len + 1 + uri->len + 1 + version->len;
	line->s = arena_alloc(arena, line->len);
	if(line->s == NULL)
		return SOURCE_FAILED;
	at = put(line->s, method);
	*at++ = ' ';
	at = put(at, uri);
	*at++ = ' ';
	put(at, version);
	*values = line;
	return 1;
}

/* An IPv6 address is written without brackets, as in $si. */
static int addr_value(source_t *source, const subject_t *subject,
		arena_t *arena, const str **values)
{
	/* it lies in a buffer of the core, which the next call overwrites */
	char *address = ip_addr2a(&source->msg->rcv.src_ip);
	str text = {address, (int)strlen(address)};

	(void)subject;
	return one_copy(&text, arena, values);
}

static int port_value(source_t *source, const subject_t *subject,
		arena_t *arena, const str **values)
{
	(void)subject;
	return one_number(source->msg->rcv.src_port, arena, values);
}

static int transport_value(source_t *source, const subject_t *subject,
		arena_t *arena, const str **values)
{
	static const char *const names[] = {
			[PROTO_UDP] = "UDP",
			[PROTO_TCP] = "TCP",
			[PROTO_TLS] = "TLS",
			[PROTO_SCTP] = "SCTP",
			[PROTO_WS] = "WS",
			[PROTO_WSS] = "WSS",
	};
	unsigned proto = (unsigned char)source->msg->rcv.proto;

	(void)subject;
	if(proto >= sizeof(names) / sizeof(names[0]) || names[proto] == NULL)
		return 0;
	return one_text(names[proto], arena, values);
}

static int truth(bool is_true, arena_t *arena, const str **values)
{
	return one_text(is_true ? "true" : "false", arena, values);
}

static int localhost_value(source_t *source, const subject_t *subject,
		arena_t *arena, const str **values)
{
	(void)subject;
	return truth(server_is_source(source->msg), arena, values);
}

static int outbound_value(source_t *source, const subject_t *subject,
		arena_t *arena, const str **values)
{
	(void)subject;
	return truth(server_leads_out(source->msg), arena, values);
}

/* -- date and time ------------------------------------------------------ */

/* All conditions of a request see the same moment. */
static int time_value(source_t *source, const char *format, arena_t *arena,
		const str **values)
{
	char formatted[SHORT_BYTES];
	time_t now;
	str text;

	if(!source->has_now) {
		now = time(NULL);
		if(localtime_r(&now, &source->now) == NULL)
			return 0;
		source->has_now = true;
	}
	text.s = formatted;
	text.len =
			(int)strftime(formatted, sizeof(formatted), format, &source->now);
	return one_copy(&text, arena, values);
}

static int date_value(source_t *source, const subject_t *subject,
		arena_t *arena, const str **values)
{
	(void)subject;
	return time_value(source, "%Y/%m/%d", arena, values);
}

static int time_of_day_value(source_t *source, const subject_t *subject,
		arena_t *arena, const str **values)
{
	(void)subject;
	return time_value(source, "%H:%M:%S", arena, values);
}

/* -- variables of the script -------------------------------------------- */

/* The value is copied, as the next assignment to the variable releases it. */
static int variable_value(source_t *source, const subject_t *subject,
		arena_t *arena, const str **values)
{
	static str root = str_init("failover");
	str name = subject->name;
	const sr_xavp_t *variable = xavp_get_child(&root, &name);
	long long number;

	(void)source;
	if(variable == NULL)
		return 0;
	if(variable->val.type == SR_XTYPE_STR)
		return one_copy(&variable->val.v.s, arena, values);
	return compat_xavp_number(&variable->val, &number)
				   ? one_number(number, arena, values)
				   : 0;
}

/* The value is copied, as the next pseudo-variable may lie in the same buffer. */
static int pv_value(source_t *source, const subject_t *subject, arena_t *arena,
		const str **values)
{
	str name = subject->name;
	pv_spec_t *spec = pv_cache_get(&name);
	pv_value_t value;
	int count = 0;

	/* the load of the plan has checked that it is known */
	if(spec == NULL)
		return SOURCE_FAILED;
	if(pv_get_spec_value(source->msg, spec, &value) < 0
			|| (value.flags & PV_VAL_NULL))
		return 0;
	if(value.flags & PV_VAL_STR)
		count = one_copy(&value.rs, arena, values);
	else if(value.flags & PV_VAL_INT)
		count = one_number(value.ri, arena, values);
	pv_value_destroy(&value);
	return count;
}

/* Has this process read the pseudo-variable before? Reading it again would take
 * memory. */
static bool is_kept_pv(const str *name)
{
	pv_cache_t **table = pv_cache_get_table();
	const pv_cache_t *kept;

	if(table == NULL)
		return false;
	kept = table[get_hash1_raw(name->s, name->len) % PV_CACHE_SIZE];
	while(kept != NULL
			&& (kept->pvname.len != name->len
					|| memcmp(kept->pvname.s, name->s, name->len) != 0))
		kept = kept->next;
	return kept != NULL;
}

/* Is the whole text one pseudo-variable that this server knows? (The core itself
 * would log an error, and use the part that it understands.) The memory of this test
 * is not released, because the core releases a parameter of some transformations
 * twice (pvapi.c, tr_param_free). An unknown name takes no memory; a known name with
 * a wrong end takes some 200 bytes.
 * @param text NUL-terminated */
static bool is_known_pv(const str *text)
{
	str name = *text;
	pv_spec_t spec;

	return pv_parse_spec2(&name, &spec, 1) == text->s + text->len;
}

/* @return 1: it is known, and this process has read it; 0: it is unknown;
 *         SOURCE_FAILED without memory */
static int pv_find(const str *text, arena_t *scratch)
{
	str name;

	if(is_kept_pv(text))
		return 1;
	if(arena_copy(scratch, text, &name) < 0)
		return SOURCE_FAILED;
	if(!is_known_pv(&name))
		return 0;
	return pv_cache_get(&name) == NULL ? SOURCE_FAILED : 1;
}

/* -- functions ---------------------------------------------------------- */

static int read_values(void *context, const subject_t *subject, arena_t *arena,
		const str **values);

static int is_own(void *context, const str *host, int port)
{
	(void)context;
	return server_is_host(host, port);
}

static int is_registered(void *context, const str *uri)
{
	(void)context;
	return location_has(uri);
}

static int function_value(source_t *source, const subject_t *subject,
		arena_t *arena, const str **values)
{
	function_world_t world = {
			.source = {.values = read_values, .context = source},
			.is_own = is_own,
			.is_registered = is_registered};

	return function_values(&world, subject, arena, values);
}

static int address_of(void *context, const argument_t *argument, arena_t *arena,
		address_t *address)
{
	function_world_t world = {
			.source = {.values = read_values, .context = context}};

	return function_address(&world, argument, arena, address);
}

/* -- the table ---------------------------------------------------------- */

typedef int (*read_values_t)(source_t *source, const subject_t *subject,
		arena_t *arena, const str **values);

static const read_values_t readers[SUBJECT_KINDS] = {
		[SUBJECT_HEADER] = header_values,
		[SUBJECT_REQUEST] = request_value,
		[SUBJECT_ADDR] = addr_value,
		[SUBJECT_PORT] = port_value,
		[SUBJECT_TRANSPORT] = transport_value,
		[SUBJECT_LOCALHOST] = localhost_value,
		[SUBJECT_LOCALHOST_OF] = function_value,
		[SUBJECT_OUTBOUND] = outbound_value,
		[SUBJECT_OUTBOUND_OF] = function_value,
		[SUBJECT_ADDR_PREFIX] = function_value,
		[SUBJECT_ADDR_RANGE] = function_value,
		[SUBJECT_GLOBAL_ADDR] = function_value,
		[SUBJECT_GETURI] = function_value,
		[SUBJECT_GETUSER] = function_value,
		[SUBJECT_REGISTERED] = function_value,
		[SUBJECT_REGISTERED_OF] = function_value,
		[SUBJECT_DATE] = date_value,
		[SUBJECT_TIME] = time_of_day_value,
		[SUBJECT_VARIABLE] = variable_value,
		[SUBJECT_PV] = pv_value,
};

static int read_values(void *context, const subject_t *subject, arena_t *arena,
		const str **values)
{
	*values = NULL;
	return readers[subject->kind](context, subject, arena, values);
}

request_source_t source_of_request(source_t *source, struct sip_msg *msg)
{
	*source = (source_t){.msg = msg};
	return (request_source_t){
			.values = read_values, .context = source, .address = address_of};
}

/* Find what a plan uses and the server does not have, each once.
 * @param is_missing set by the ids of the subjects
 * @return how many the server does not have; SOURCE_FAILED without memory */
static int find_missing(
		const dialplan_t *plan, arena_t *scratch, bool *is_missing)
{
	int count = 0;
	int i;

	for(i = 0; i < plan->n_subjects; i++) {
		const subject_t *subject = plan->subjects[i];
		int found = 1;

		if(subject->kind == SUBJECT_PV)
			found = pv_find(&subject->name, scratch);
		if(subject->kind == SUBJECT_REGISTERED
				|| subject->kind == SUBJECT_REGISTERED_OF)
			found = location_bind() == 0;
		if(found == SOURCE_FAILED)
			return SOURCE_FAILED;
		is_missing[i] = found == 0;
		count += is_missing[i];
	}
	return count;
}

/* Report the conditions of a rule that use what the server does not have. */
static void report_missing(
		const rule_t *rule, const bool *is_missing, diagnostics_t *diagnostics)
{
	const condition_t *it;

	for(it = rule->conditions; it != NULL; it = it->next) {
		const subject_t *subject = it->test->subject;

		if(is_missing[subject->id] && subject->kind != SUBJECT_PV)
			diagnostics_error(diagnostics, &it->where,
					"[%.*s] asks the table " LOCATION_TABLE " of usrloc, which "
					"this server does not have: loadmodule \"usrloc.so\" and "
					"\"registrar.so\" would be right",
					SHOWN(&subject->where));
		else if(is_missing[subject->id])
			diagnostics_error(diagnostics, &it->where,
					"[%.*s]: there is no such pseudo-variable here; load the "
					"module that has it",
					SHOWN(&subject->where));
	}
}

int source_check(
		const dialplan_t *plan, arena_t *scratch, diagnostics_t *diagnostics)
{
	bool *is_missing =
			arena_alloc(scratch, plan->n_subjects * sizeof(*is_missing));
	int count;
	int i;

	if(is_missing == NULL)
		return SOURCE_FAILED;
	count = find_missing(plan, scratch, is_missing);
	for(i = 0; count > 0 && i < plan->n_rules; i++)
		report_missing(plan->rules[i], is_missing, diagnostics);
	return count > 0 ? -1 : count;
}
