/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dialplan/destination.h"

#include <stddef.h>
#include <limits.h>
#include <string.h>

/* of the URI of a Contact */
#define CONTACT_PARAMS_MAX 20

static const char *const transport_names[TRANSPORT_COUNT] = {
		[TRANSPORT_UDP] = "UDP",
		[TRANSPORT_TCP] = "TCP",
		[TRANSPORT_TLS] = "TLS",
		[TRANSPORT_SCTP] = "SCTP",
};

const char *transport_name(transport_t transport)
{
	return transport_names[transport];
}

/* @return the transport; -1: it is another word */
static int transport_find(const fragment_t *word)
{
	int i;

	for(i = 0; i < TRANSPORT_COUNT; i++) {
		if(fragment_is(word, transport_names[i]))
			return i;
	}
	return -1;
}

static bool is_websocket(const fragment_t *word)
{
	return fragment_is(word, "WS") || fragment_is(word, "WSS");
}

transport_t transport_of_uri(const str *uri)
{
	fragment_t name = {0};
	uri_parts_t parts;
	int at, found;

	if(sip_uri_parse(uri, &parts, &at) != NULL)
		return TRANSPORT_UDP;
	if(parts.is_sips)
		return TRANSPORT_TLS;
	if(!sip_uri_param(&parts, "transport", &name.text))
		return TRANSPORT_UDP;
	found = transport_find(&name);
	return found < 0 ? TRANSPORT_UDP : (transport_t)found;
}

int transport_parse(const fragment_t *text, transport_t *transport,
		diagnostics_t *diagnostics)
{
	int found = transport_find(text);

	if(is_websocket(text))
		return diagnostics_error(diagnostics, text,
				"[%.*s]: a server cannot open a WebSocket to a destination; "
				"UDP, TCP, TLS or SCTP would be right",
				SHOWN(text));
	if(found < 0)
		return diagnostics_error(diagnostics, text,
				"[%.*s] is no transport: UDP, TCP, TLS or SCTP would be right",
				SHOWN(text));
	*transport = found;
	return 0;
}

/* The parts of a destination's word. */
typedef struct parts
{
	fragment_t uri;
	fragment_t suffix;	/* behind the slash */
	fragment_t options; /* between the braces */
	bool has_suffix, has_options;
	char shadow[SIP_URI_BYTES_MAX]; /* the URI with its marks painted over */
	uri_parts_t parsed;				/* points into shadow */
} parts_t;

/* Find the block of options. It begins with the first brace behind the host, as a URI
 * contains no brace. */
static int split_options(
		const fragment_t *word, parts_t *parts, diagnostics_t *diagnostics)
{
	int open = fragment_find(word, 0, '{');
	int close = word->text.len - 1;
	fragment_t where;

	parts->uri = *word;
	if(open < 0)
		return 0;
	if(open == 0)
		return diagnostics_error(diagnostics, word,
				"[%.*s]: options stand right behind their destination, without "
				"a blank: sip:100@192.0.2.1{inviting=5} would be right",
				SHOWN(word));
	while(close > open
			&& (word->text.s[close] != '}'
					|| fragment_mark(word, close) != NULL))
		close--;
	where = fragment_part(word, open, 1);
	if(close == open)
		return diagnostics_error(diagnostics, &where,
				"this brace is not closed at the end of the destination: "
				"{inviting=5,provisional=20} would be right");
	where = fragment_part(word, close + 1, word->text.len - close - 1);
	if(where.text.len > 0)
		return diagnostics_error(diagnostics, &where,
				"[%.*s] stands behind the options, which come last: "
				"sip:100@192.0.2.1/TCP{inviting=5} would be right",
				SHOWN(&where));
	parts->uri = fragment_part(word, 0, open);
	parts->options = fragment_part(word, open + 1, close - open - 1);
	parts->has_options = true;
	return 0;
}

/* Find the beginning of the host: behind the @, or else behind the scheme. */
static int host_offset(const fragment_t *uri)
{
	int at_sign = fragment_find(uri, 0, '@');
	int colon = fragment_find(uri, 0, ':');

	return at_sign >= 0 ? at_sign + 1 : colon + 1;
}

/* Is this offset in the value of a URI parameter? A slash is legal there. */
static bool is_in_param_value(const fragment_t *uri, int host, int offset)
{
	int i;

	for(i = offset; i >= host && uri->text.s[i] != ';'; i--) {
		if(uri->text.s[i] == '=')
			return true;
	}
	return false;
}

/* Cut off the suffix, a last /WORD behind host, port or parameters. */
static void split_suffix(parts_t *parts)
{
	fragment_t *uri = &parts->uri;
	int host = host_offset(uri);
	int slash = -1;
	int i;
	fragment_t suffix;

	for(i = fragment_find(uri, host, '/'); i >= 0;
			i = fragment_find(uri, i + 1, '/'))
		slash = i;
	if(slash < 0)
		return;
	suffix = fragment_part(uri, slash + 1, uri->text.len - slash - 1);
	if(is_in_param_value(uri, host, slash) && transport_find(&suffix) < 0
			&& !is_websocket(&suffix))
		return;
	parts->suffix = suffix;
	parts->has_suffix = true;
	parts->uri = fragment_part(uri, 0, slash);
}

/* Find the colon before the port; the length of the URI if there is none. */
static int port_offset(const fragment_t *uri)
{
	int host = host_offset(uri);
	int bracket = host < uri->text.len && uri->text.s[host] == '['
						  ? fragment_find(uri, host, ']')
						  : host;
	int colon = bracket < 0 ? -1 : fragment_find(uri, bracket, ':');
	int params = fragment_find(uri, host, ';');

	if(colon < 0 || (params >= 0 && params < colon))
		return uri->text.len;
	return colon;
}

/* The character of the shadow at an offset. In the shadow, a hole is painted over with
 * characters that are legal in its place (letters, or digits in a port), and an escape
 * with the character that it stands for. So all offsets stay the same. */
static char shadow_char(const fragment_t *uri, int offset, int port)
{
	const mark_t *mark = fragment_mark(uri, offset);
	const char *at = uri->text.s + offset;

	if(mark == NULL
			|| (mark->hole == MARK_ESCAPE && at == mark->at + mark->len - 1))
		return *at;
	/* each hole has its own letter, so that ;$a;$b is not taken for a repetition */
	return offset < port ? 'g' + (unsigned)mark->hole % 20 : '1';
}

static int parse_shadow(parts_t *parts, diagnostics_t *diagnostics)
{
	const fragment_t *uri = &parts->uri;
	str shadow = {parts->shadow, uri->text.len};
	fragment_t where;
	int port = port_offset(uri);
	const char *fault;
	int at, i;

	if(uri->text.len > SIP_URI_BYTES_MAX)
		return diagnostics_error(diagnostics, uri,
				"a URI is at most %d bytes long", SIP_URI_BYTES_MAX);
	for(i = 0; i < uri->text.len; i++)
		shadow.s[i] = shadow_char(uri, i, port);
	if(uri->text.len > 0 && uri->text.s[0] == '<')
		return diagnostics_error(diagnostics, uri,
				"[%.*s]: a destination stands without angle brackets",
				SHOWN(uri));
	if(uri->text.len > 0 && uri->text.s[uri->text.len - 1] == '@')
		return diagnostics_error(diagnostics, uri,
				"[%.*s] has no host; for a registered user call "
				"lookup(\"location\") before failover() and write no To, or, "
				"for one rule alone, write a domain of this server behind the "
				"@: the call comes back, and the script looks him up",
				SHOWN(uri));
	fault = sip_uri_parse(&shadow, &parts->parsed, &at);
	if(fault == NULL)
		return 0;
	where = fragment_part(uri, at, 0);
	if(fragment_find(uri, at, ',') == at)
		fault = "a blank separates destinations, not a comma";
	return diagnostics_error(
			diagnostics, &where, "[%.*s]: %s", SHOWN(uri), fault);
}

/* Find the part of the author's text for a part of the shadow. */
static fragment_t unshadow(const parts_t *parts, const str *part)
{
	return fragment_part(
			&parts->uri, (int)(part->s - parts->shadow), part->len);
}

static int check_port(const parts_t *parts, diagnostics_t *diagnostics)
{
	fragment_t port;

	if(parts->parsed.port.len == 0)
		return 0;
	port = unshadow(parts, &parts->parsed.port);
	/* a port with a hole is checked in the call */
	if(fragment_has_holes(&port) || sip_uri_port(&parts->parsed) > 0)
		return 0;
	return diagnostics_error(diagnostics, &port,
			"[%.*s] is no port: a number from 1 to 65535 would be right",
			SHOWN(&port));
}

static int check_headers(const parts_t *parts, diagnostics_t *diagnostics)
{
	fragment_t headers;

	if(parts->parsed.headers.s == NULL)
		return 0;
	headers = unshadow(parts, &parts->parsed.headers);
	return diagnostics_error(diagnostics, &headers,
			"[?%.*s]: a destination takes no headers, remove them",
			SHOWN(&headers));
}

/* The name of a parameter must have no holes. A caller who could write a name could
 * write maddr or transport, and so change the host or the transport.
 * @return 0, or -1 with every error reported */
static int check_param_names(const parts_t *parts, diagnostics_t *diagnostics)
{
	fragment_t rest;
	int result = 0;

	if(parts->parsed.params.len == 0)
		return 0;
	rest = unshadow(parts, &parts->parsed.params);
	while(rest.text.len > 0) {
		int next = fragment_find(&rest, 0, ';');
		int end = next < 0 ? rest.text.len : next;
		fragment_t param = fragment_part(&rest, 0, end);
		int equals = fragment_find(&param, 0, '=');
		fragment_t name = fragment_part(&param, 0, equals < 0 ? end : equals);

		if(fragment_has_holes(&name))
			result = diagnostics_error(diagnostics, &name,
					"[%.*s]: the name of a parameter must be written out, as "
					"in "
					";user=phone",
					SHOWN(&name));
		end += next >= 0;
		rest = fragment_part(&rest, end, rest.text.len - end);
	}
	return result;
}

/* Find the transport that the URI itself names.
 * @return 1: it names one, 0: it does not, -1 with an error reported */
static int uri_transport(const parts_t *parts, transport_t *transport,
		diagnostics_t *diagnostics)
{
	fragment_t name;
	str value;

	if(!sip_uri_param(&parts->parsed, "transport", &value))
		return 0;
	name = unshadow(parts, &value);
	if(fragment_has_holes(&name))
		return diagnostics_error(diagnostics, &name,
				"[%.*s]: a transport must be written out, ;transport=tcp or "
				"/TCP",
				SHOWN(&name));
	return transport_parse(&name, transport, diagnostics) < 0 ? -1 : 1;
}

static int check_sips(const fragment_t *where, transport_t transport,
		bool is_suffix, diagnostics_t *diagnostics)
{
	/* ;transport=tcp means TLS over TCP there (RFC 3261 section 26.2.2) */
	if(transport == TRANSPORT_TLS || (transport == TRANSPORT_TCP && !is_suffix))
		return 0;
	return diagnostics_error(diagnostics, where,
			"[%s] contradicts sips:, which is always sent over TLS; sip: or "
			"/TLS would be right",
			transport_name(transport));
}

static int choose_transport(destination_t *destination, const parts_t *parts,
		diagnostics_t *diagnostics)
{
	transport_t by_uri, by_suffix;
	int found = uri_transport(parts, &by_uri, diagnostics);

	if(found < 0)
		return -1;
	if(parts->has_suffix
			&& transport_parse(&parts->suffix, &by_suffix, diagnostics) < 0)
		return -1;
	if(parts->parsed.is_sips) {
		if(found && check_sips(&parts->uri, by_uri, false, diagnostics) < 0)
			return -1;
		if(parts->has_suffix
				&& check_sips(&parts->suffix, by_suffix, true, diagnostics) < 0)
			return -1;
		destination->transport = TRANSPORT_TLS;
		destination->has_transport = true;
		return 0;
	}
	if(found && parts->has_suffix && by_uri != by_suffix)
		return diagnostics_error(diagnostics, &parts->suffix,
				"/%s contradicts ;transport=%s of the same destination: one of "
				"them would be right",
				transport_name(by_suffix), transport_name(by_uri));
	destination->has_transport = found || parts->has_suffix;
	destination->transport = parts->has_suffix ? by_suffix
							 : found		   ? by_uri
											   : TRANSPORT_UDP;
	return 0;
}

/* Find the end of the first option: a comma outside of braces, brackets and quotes, or
 * the end of the block. */
static int option_end(const fragment_t *block)
{
	bool quoted = false;
	int depth = 0;
	int i;

	for(i = 0; i < block->text.len; i++) {
		char c = block->text.s[i];

		if(fragment_mark(block, i) != NULL)
			continue;
		if(c == '\'')
			quoted = !quoted;
		if(quoted)
			continue;
		if(c == '{' || c == '[' || c == '(')
			depth++;
		if((c == '}' || c == ']' || c == ')') && depth > 0)
			depth--;
		if(c == ',' && depth == 0)
			break;
	}
	return i;
}

bool option_next(fragment_t *rest, fragment_t *option)
{
	int end = option_end(rest);
	bool is_last = end == rest->text.len;

	*option = fragment_part(rest, 0, end);
	*option = fragment_trim(option);
	if(!is_last)
		end++;
	*rest = fragment_part(rest, end, rest->text.len - end);
	return !is_last;
}

bool option_split(const fragment_t *option, fragment_t *name, fragment_t *value)
{
	int equals = fragment_find(option, 0, '=');
	int last;

	*name = fragment_part(option, 0, equals < 0 ? option->text.len : equals);
	*name = fragment_trim(name);
	if(equals < 0)
		return false;
	*value = fragment_part(option, equals + 1, option->text.len - equals - 1);
	*value = fragment_trim(value);
	last = value->text.len - 1;
	if(last >= 1 && value->text.s[0] == '\'' && value->text.s[last] == '\'')
		*value = fragment_part(value, 1, last - 1);
	return true;
}

static int parse_option(destination_t *destination, const fragment_t *text,
		arena_t *arena, diagnostics_t *diagnostics)
{
	fragment_t name, value;
	bool is_split = option_split(text, &name, &value);
	const setting_t *setting = setting_find_option(&name);

	if(text->text.len == 0)
		return diagnostics_error(diagnostics, text,
				"there is no option here: {inviting=5,provisional=20} would be "
				"right");
	if(setting == NULL || !is_split)
		return diagnostics_error(diagnostics, &name,
				"[%.*s] is no option of a destination: inviting=SECONDS, "
				"provisional=SECONDS, ringing=SECONDS, pattern=REGEX, "
				"ruri=keep, socket=NAME or hold=off would be right",
				SHOWN(&name));
	if(value.text.len == 0)
		return diagnostics_error(diagnostics, &value,
				"the option %s has no value", setting->option);
	if(fragment_has_holes(&value))
		return diagnostics_error(diagnostics, &value,
				"[%.*s]: the options of a destination must be written out",
				SHOWN(&value));
	if(template_plain(&value, arena) < 0)
		return diagnostics_error(
				diagnostics, &value, "no memory for an option");
	settings_name(&destination->options, setting, &name, diagnostics);
	return settings_read(
			&destination->options, setting, &value, arena, diagnostics);
}

static int parse_options(destination_t *destination, const fragment_t *block,
		arena_t *arena, diagnostics_t *diagnostics)
{
	fragment_t rest = *block;
	fragment_t option;
	int result = 0;
	bool has_next;

	do {
		has_next = option_next(&rest, &option);
		if(parse_option(destination, &option, arena, diagnostics) < 0)
			result = -1;
	} while(has_next);
	return result;
}

bool destination_keeps_ruri(const destination_t *destination, bool is_default)
{
	if(destination->is_current || destination->is_value)
		return false;
	return settings_has(&destination->options, SETTING_RURI)
				   ? destination->options.ruri == RURI_KEEP
				   : is_default;
}

/* Is the whole host a pseudo-variable, without a port behind it? */
static bool may_bring_port(const parts_t *parts, int offset)
{
	const mark_t *mark = fragment_mark(&parts->uri, offset);

	return mark != NULL && mark->is_variable && parts->parsed.port.len == 0
		   && mark->len == parts->parsed.host.len;
}

/* Find the kind of a hole at an offset of a URI; context is its parts_t. */
static hole_kind_t hole_kind_in_uri(const void *context, int offset)
{
	const parts_t *parts = context;
	const char *at = parts->shadow + offset;
	str maddr;

	/* it takes the place of the host */
	if(sip_uri_param(&parts->parsed, "maddr", &maddr) && at >= maddr.s
			&& at < maddr.s + maddr.len)
		return HOLE_HOST;
	if(parts->parsed.params.len > 0 && at >= parts->parsed.params.s)
		return HOLE_PARAM;
	if(parts->parsed.port.len > 0 && at >= parts->parsed.port.s)
		return HOLE_PORT;
	if(at < parts->parsed.host.s)
		return HOLE_USER;
	return may_bring_port(parts, offset) ? HOLE_PLACE : HOLE_HOST;
}

/* Find the parts of a URI.
 * @return NULL, or what is wrong with it */
static const char *read_uri(const str *text, known_uri_t *known)
{
	int at;
	const char *fault = sip_uri_parse(text, &known->parts, &at);

	if(fault == NULL && sip_uri_port(&known->parts) < 0)
		fault = "a port is a number from 1 to 65535";
	if(fault != NULL)
		return fault;
	known->text = *text;
	/* it takes the place of the host (RFC 3263 section 4) */
	known->host = known->parts.host;
	sip_uri_param(&known->parts, "maddr", &known->host);
	known->is_address = sip_host_is_address(&known->host);
	return NULL;
}

/* Find the parts of a URI without holes now, as they are the same in every call.
 * @return 0, or -1 without memory */
static int know_uri(
		destination_t *destination, const fragment_t *uri, arena_t *arena)
{
	fragment_t text = *uri;
	known_uri_t *known;

	if(fragment_has_holes(uri))
		return 0;
	known = arena_alloc(arena, sizeof(*known));
	if(known == NULL || template_plain(&text, arena) < 0)
		return -1;
	if(read_uri(&text.text, known) == NULL)
		destination->known = known;
	return 0;
}

/* A whole number, as a part of a word.
 * @return -1 if it is none, or above the most */
static int read_number(const fragment_t *text, int most)
{
	long number = 0;
	int i;

	for(i = 0; i < text->text.len; i++) {
		char c = text->text.s[i];

		if(c < '0' || c > '9')
			return -1;
		number = 10 * number + (c - '0');
		if(number > most)
			return -1;
	}
	return text->text.len == 0 ? -1 : (int)number;
}

#define SET_PREFIX "ds:"

static bool is_set(const fragment_t *word)
{
	int len = (int)strlen(SET_PREFIX);

	return word->text.len >= len && memcmp(word->text.s, SET_PREFIX, len) == 0;
}

/* ds:SET[/ALGORITHM] */
static int parse_set(destination_t *destination, const fragment_t *word,
		diagnostics_t *diagnostics)
{
	int begin = (int)strlen(SET_PREFIX);
	int end = word->text.len;
	int slash = fragment_find(word, begin, '/');
	fragment_t set =
			fragment_part(word, begin, (slash < 0 ? end : slash) - begin);
	fragment_t algorithm;

	if(fragment_has_holes(word))
		return diagnostics_error(diagnostics, word,
				"[%.*s]: a set of dispatcher must be written out, as in ds:1",
				SHOWN(word));
	destination->is_set = true;
	destination->set = read_number(&set, INT_MAX);
	if(slash >= 0) {
		algorithm = fragment_part(word, slash + 1, end - slash - 1);
		destination->algorithm = read_number(&algorithm, ALGORITHM_MAX);
	}
	if(destination->set < 0 || destination->algorithm < 0)
		return diagnostics_error(diagnostics, word,
				"[%.*s] is no set of dispatcher: ds:SET or ds:SET/ALGORITHM, "
				"both of them numbers, would be right",
				SHOWN(word));
	if(destination->algorithm == ALGORITHM_PARALLEL)
		return diagnostics_error(diagnostics, word,
				"[%.*s]: algorithm 12 of dispatcher sends to all gateways at "
				"once; another one would be right",
				SHOWN(word));
	return 0;
}

static int parse_uri(destination_t *destination, parts_t *parts, arena_t *arena,
		diagnostics_t *diagnostics)
{
	int errors_before = diagnostics->errors;

	if(is_set(&parts->uri))
		return parse_set(destination, &parts->uri, diagnostics);

	if(fragment_is(&parts->uri, "current")) {
		destination->is_current = true;
		return 0;
	}
	split_suffix(parts);
	if(fragment_is(&parts->uri, "current"))
		return diagnostics_error(diagnostics, &parts->suffix,
				"[%.*s]: current is sent to as the request itself says, and "
				"takes "
				"no transport: current alone would be right",
				SHOWN(&parts->suffix));
	if(parse_shadow(parts, diagnostics) < 0)
		return -1;
	check_port(parts, diagnostics);
	check_param_names(parts, diagnostics);
	choose_transport(destination, parts, diagnostics);
	check_headers(parts, diagnostics);
	destination->has_user = parts->parsed.user.len > 0;
	if(diagnostics->errors > errors_before)
		return -1;
	if(know_uri(destination, &parts->uri, arena) < 0
			|| template_make(&destination->uri, &parts->uri, hole_kind_in_uri,
					   parts, arena)
					   < 0)
		return diagnostics_error(
				diagnostics, &parts->uri, "no memory for a destination");
	return 0;
}

/* With ruri = keep the user part of a destination is of no use. */
static void check_kept(
		const destination_t *destination, diagnostics_t *diagnostics)
{
	if(destination_keeps_ruri(destination, false) && destination->has_user)
		diagnostics_error(diagnostics, &destination->where, KEPT_USER,
				SHOWN(&destination->where));
}

destination_t *destination_parse(
		const fragment_t *word, arena_t *arena, diagnostics_t *diagnostics)
{
	destination_t *destination = arena_alloc(arena, sizeof(*destination));
	int errors_before = diagnostics->errors;
	parts_t parts = {0};

	if(destination == NULL) {
		diagnostics_error(diagnostics, word, "no memory for a destination");
		return NULL;
	}
	destination->where = *word;
	if(fragment_is_variable(word)) {
		destination->is_value = true;
		destination->hole = fragment_mark(word, 0)->hole;
		return destination;
	}
	if(split_options(word, &parts, diagnostics) < 0)
		return NULL;
	parse_uri(destination, &parts, arena, diagnostics);
	if(parts.has_options)
		parse_options(destination, &parts.options, arena, diagnostics);
	check_kept(destination, diagnostics);
	return diagnostics->errors > errors_before ? NULL : destination;
}

int destination_set_transport(destination_t *destination,
		const fragment_t *transport, diagnostics_t *diagnostics)
{
	transport_t named;

	if(transport_parse(transport, &named, diagnostics) < 0)
		return -1;
	if(destination->is_set)
		return diagnostics_error(diagnostics, transport,
				"$transport = %s: the gateways of dispatcher have transports "
				"of their own; no such line would be right",
				transport_name(named));
	if(destination->has_transport && destination->transport != named)
		return diagnostics_error(diagnostics, transport,
				"$transport = %s contradicts To, which says %s: one of them "
				"would be right",
				transport_name(named), transport_name(destination->transport));
	destination->transport = named;
	destination->has_transport = true;
	return 0;
}

/* Append to a string. The caller has made room. */
static void append(str *text, const char *s, int len)
{
	memcpy(text->s + text->len, s, len);
	text->len += len;
}

static void append_text(str *text, const char *s)
{
	append(text, s, (int)strlen(s));
}

/* What the next hop says of a transport. */
static const char *const transport_params[TRANSPORT_COUNT] = {
		[TRANSPORT_UDP] = ";transport=udp",
		[TRANSPORT_TCP] = ";transport=tcp",
		[TRANSPORT_TLS] = ";transport=tls",
		[TRANSPORT_SCTP] = ";transport=sctp",
};

/* Make the next hop: the host, the port and the transport, and nothing else. */
static void write_next_hop(target_t *target, const known_uri_t *known)
{
	const str *port = &known->parts.port;
	str *hop = &target->next_hop;

	target->has_port = port->len > 0;
	append_text(hop, "sip:");
	append(hop, known->host.s, known->host.len);
	if(port->len > 0) {
		append_text(hop, ":");
		append(hop, port->s, port->len);
	}
	target->place_len = (unsigned short)(hop->len - (int)strlen("sip:"));
	append_text(hop, transport_params[target->transport]);
}

static int next_hop_room(const known_uri_t *known)
{
	return (int)sizeof("sips::;transport=sctp") + known->host.len
		   + known->parts.port.len;
}

void target_take_apart(target_t *target)
{
	int at;

	if(sip_uri_parse(&target->uri, &target->parts, &at) != NULL)
		memset(&target->parts, 0, sizeof(target->parts));
}

/* Move a part to a copy of its text.
 * @param offset the distance from the original to the copy */
static str moved(const str *part, ptrdiff_t offset)
{
	str copy = {part->s == NULL ? NULL : part->s + offset, part->len};

	return copy;
}

/* Find the parts of a copy of a URI. A text was inserted before the host of the copy. */
static uri_parts_t parts_of_copy(
		const known_uri_t *known, const str *copy, int inserted)
{
	const uri_parts_t *parts = &known->parts;
	ptrdiff_t offset = copy->s - known->text.s;
	uri_parts_t made = {.is_sips = parts->is_sips,
			.user = moved(&parts->user, offset),
			.host = moved(&parts->host, offset + inserted),
			.port = moved(&parts->port, offset + inserted),
			.params = moved(&parts->params, offset + inserted),
			.headers = moved(&parts->headers, offset + inserted)};

	return made;
}

/* Make a target of a URI and its parts. If there is a user part, it is inserted. */
static target_t *target_create(const known_uri_t *known, const str *user,
		transport_t transport, arena_t *arena)
{
	const str *text = &known->text;
	int scheme_len = known->parts.is_sips ? 5 : 4;
	int inserted = user->len > 0 ? user->len + 1 : 0;
	int uri_room = text->len + inserted + 1;
	/* in one piece with its texts */
	target_t *target = arena_alloc(
			arena, sizeof(*target) + uri_room + next_hop_room(known));

	if(target == NULL)
		return NULL;
	target->transport = transport;
	target->is_address = known->is_address;
	target->uri.s = (char *)(target + 1);
	target->next_hop.s = target->uri.s + uri_room;
	write_next_hop(target, known);
	append(&target->uri, text->s, scheme_len);
	if(inserted > 0) {
		append(&target->uri, user->s, user->len);
		append_text(&target->uri, "@");
	}
	append(&target->uri, text->s + scheme_len, text->len - scheme_len);
	target->name = target->uri;
	target->parts = parts_of_copy(known, &target->uri, inserted);
	if(inserted > 0)
		target->parts.user = (str){target->uri.s + scheme_len, user->len};
	return target;
}

int target_keep_ruri(target_t *target, const str *uri, arena_t *arena)
{
	target->keeps_ruri = true;
	memset(&target->parts, 0, sizeof(target->parts));
	return arena_copy(arena, uri, &target->uri);
}

#define BAD_VALUE                                                         \
	"a value that is put in has characters that may not stand there, or " \
	"is too long; a host is a name, an IPv4 address or [an IPv6 address]"

/* Write the user part for a URI that has none. It comes from the caller, so it is
 * escaped as in a hole; a password stays a password.
 * @return its length; -1 if it is not valid */
static int fill_user(const str *user, char *out, int capacity)
{
	const char *colon = user->len > 0 ? memchr(user->s, ':', user->len) : NULL;
	str values[2] = {*user, {NULL, 0}};
	piece_t password = {.literal = str_init(":"), .hole = 1, .kind = HOLE_USER};
	piece_t name = {.hole = 0, .kind = HOLE_USER};
	template_t both = {&name};
	int bad_hole;

	if(colon != NULL) {
		name.next = &password;
		values[0].len = (int)(colon - user->s);
		values[1].s = user->s + values[0].len + 1;
		values[1].len = user->len - values[0].len - 1;
	}
	return template_fill(&both, values, out, capacity, &bad_hole);
}

/* Make a target of a URI and its parts. If the URI has no user part, it gets that of the
 * call. */
static target_t *target_of_known(const known_uri_t *known, const str *user,
		transport_t transport, arena_t *arena, const char **why)
{
	char buffer[SIP_URI_BYTES_MAX];
	str added = {buffer, 0};
	target_t *target;

	if(known->parts.user.len == 0)
		added.len = fill_user(user, buffer, sizeof(buffer));
	*why = NULL;
	if(added.len < 0)
		*why = BAD_VALUE;
	else if(added.len > 0
			&& known->text.len + added.len + 1 > SIP_URI_BYTES_MAX)
		*why = "a URI is at most 1023 bytes long";
	if(*why != NULL)
		return NULL;
	target = target_create(known, &added, transport, arena);
	if(target == NULL)
		*why = "no memory";
	return target;
}

target_t *target_of_uri(const str *text, const str *user, transport_t transport,
		arena_t *arena, const char **why)
{
	known_uri_t known;

	*why = read_uri(text, &known);
	return *why != NULL ? NULL
						: target_of_known(&known, user, transport, arena, why);
}

int target_set_options(
		target_t *target, const settings_t *options, arena_t *arena)
{
	settings_t *copy;

	if(options->written == 0)
		return 0;
	copy = arena_alloc(arena, sizeof(*copy));
	if(copy == NULL)
		return -1;
	*copy = *options;
	target->options = copy;
	return settings_keep(copy, arena);
}

/* Make the target of a URI with holes. */
static target_t *resolve_open(const destination_t *destination,
		const str *values, const str *user, arena_t *arena, const char **why)
{
	char buffer[SIP_URI_BYTES_MAX];
	str text = {buffer, 0};
	int bad_hole;

	text.len = template_fill(
			&destination->uri, values, buffer, sizeof(buffer), &bad_hole);
	if(text.len >= 0)
		return target_of_uri(&text, user, destination->transport, arena, why);
	*why = BAD_VALUE;
	return NULL;
}

target_t *destination_resolve(const destination_t *destination,
		const str *values, const str *user, arena_t *arena, const char **why)
{
	target_t *target =
			destination->known != NULL
					? target_of_known(destination->known, user,
							destination->transport, arena, why)
					: resolve_open(destination, values, user, arena, why);

	if(target == NULL
			|| target_set_options(target, &destination->options, arena) == 0)
		return target;
	*why = "no memory";
	return NULL;
}

target_t *target_of_gateway(const destination_t *destination,
		const gateway_t *gateway, const str *user, arena_t *arena,
		const char **why)
{
	settings_t options = destination->options;
	target_t *target = target_of_uri(
			&gateway->uri, user, transport_of_uri(&gateway->uri), arena, why);

	if(target == NULL)
		return NULL;
	target->gateway = gateway;
	if(!settings_has(&options, SETTING_SOCKET) && gateway->socket.len > 0) {
		options.socket = gateway->socket;
		options.written |= 1u << SETTING_SOCKET;
	}
	if(target_set_options(target, &options, arena) == 0)
		return target;
	*why = "no memory";
	return NULL;
}

/* A comparison of two URIs takes time with the square of the number of parameters, and a
 * peer writes them. */
static bool has_too_many_params(const str *uri)
{
	int count = 0;
	int i;

	for(i = 0; i < uri->len; i++)
		count += uri->s[i] == ';';
	return count > CONTACT_PARAMS_MAX;
}

/* Find the transport to a Contact.
 * @return false: it is none that a server can open */
static bool contact_transport(const uri_parts_t *parts, transport_t *transport)
{
	fragment_t name = {0};
	int found;

	*transport = parts->is_sips ? TRANSPORT_TLS : TRANSPORT_UDP;
	if(!sip_uri_param(parts, "transport", &name.text))
		return true;
	found = transport_find(&name);
	if(found < 0 || (parts->is_sips && found == TRANSPORT_UDP))
		return false;
	if(!parts->is_sips)
		*transport = found;
	return true;
}

target_t *target_of_contact(
		const str *uri, int q, arena_t *arena, const char **why)
{
	static const str no_user = {NULL, 0};
	transport_t transport = TRANSPORT_UDP;
	known_uri_t known;
	target_t *target;

	*why = has_too_many_params(uri) ? "it has too many parameters"
									: read_uri(uri, &known);
	if(*why == NULL && !contact_transport(&known.parts, &transport))
		*why = "its transport is none that a server can open";
	if(*why != NULL)
		return NULL;
	if(known.parts.headers.s != NULL)
		known.text.len = (int)(known.parts.headers.s - 1 - known.text.s);
	known.parts.headers = no_user;
	target = target_create(&known, &no_user, transport, arena);
	if(target == NULL) {
		*why = "no memory";
		return NULL;
	}
	target->is_contact = true;
	target->q = q;
	return target;
}

bool target_equal_uri(const target_t *a, const target_t *b)
{
	return a->parts.host.len > 0 && b->parts.host.len > 0
		   && sip_uri_equal(&a->parts, &b->parts);
}

/* -- where a destination is --------------------------------------------- */

bool destination_find_place(
		const destination_t *destination, const str *values, place_t *place)
{
	str text = {place->text, 0};
	int at, bad_hole;

	text.len = template_fill(&destination->uri, values, place->text,
			sizeof(place->text), &bad_hole);
	if(text.len < 0 || sip_uri_parse(&text, &place->uri, &at) != NULL)
		return false;
	place->host = place->uri.host;
	sip_uri_param(&place->uri, "maddr", &place->host);
	place->port = sip_uri_port(&place->uri);
	if(place->port == 0)
		place->port = destination->transport == TRANSPORT_TLS ? 5061 : 5060;
	return true;
}

/* No destination has more holes: not more than a rule has groups, or a string
 * pseudo-variables. */
#define HOLES_MAX 128

bool destination_find_known_place(
		const destination_t *destination, place_t *place)
{
	/* a blank fits as a value in a user part and in a parameter, but not in a host */
	static const str blank = {" ", 1};
	str values[HOLES_MAX];
	int i;

	for(i = 0; i < HOLES_MAX; i++)
		values[i] = blank;
	return !destination->is_current && !destination->is_set
		   && !destination->is_value
		   && destination_find_place(destination, values, place);
}
