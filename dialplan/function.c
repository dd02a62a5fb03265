/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dialplan/function.h"

#include <string.h>

#include "dialplan/network.h"
#include "sip/contact.h"
#include "sip/sip_uri.h"
#include "text/ascii.h"

/* -- arguments ---------------------------------------------------------- */

/* The second word of a request line. */
static str uri_of_line(const str *line)
{
	str uri = {line->s, 0};
	const char *end = line->s + line->len;
	const char *begin = memchr(line->s, ' ', line->len);
	const char *behind;

	if(begin == NULL)
		return uri;
	uri.s = (char *)++begin;
	behind = memchr(begin, ' ', end - begin);
	uri.len = (int)((behind == NULL ? end : behind) - begin);
	return uri;
}

/* Find the URI in a header, without display name and tag. If the text is no header, it
 * is the text itself. */
static str uri_in(const str *text)
{
	contact_address_t address;
	str rest = *text;

	return text->len > 0 && contact_next(&rest, &address) ? address.uri : *text;
}

/* The user part without a password; empty where there is none. */
static str user_in(const str *uri)
{
	str user = sip_uri_user(uri);
	const char *colon = user.len > 0 ? memchr(user.s, ':', user.len) : NULL;

	if(colon != NULL)
		user.len = (int)(colon - user.s);
	return user;
}

/* Find the value of an argument in a request.
 * @return 1 with text set, or as `values` of request_source_t */
static int base_value(const function_world_t *world, const argument_t *argument,
		arena_t *arena, str *text)
{
	static const subject_kind_t kinds[] = {
			[ARGUMENT_HEADER] = SUBJECT_HEADER,
			[ARGUMENT_ADDR] = SUBJECT_ADDR,
			[ARGUMENT_REQUEST] = SUBJECT_REQUEST,
	};
	subject_t subject = {0};
	const str *values = NULL;
	int count;

	*text = argument->text;
	if(argument->kind == ARGUMENT_TEXT)
		return 1;
	subject.kind = kinds[argument->kind];
	if(argument->kind == ARGUMENT_HEADER)
		subject.name = argument->text;
	count = world->source.values(
			world->source.context, &subject, arena, &values);
	if(count < 0)
		return count;
	text->len = 0;
	if(count > 0)
		*text = argument->kind == ARGUMENT_REQUEST ? uri_of_line(values)
												   : *values;
	return 1;
}

/* Find the URI or the text of an argument.
 * @return as above */
static int argument_value(const function_world_t *world,
		const argument_t *argument, arena_t *arena, str *text)
{
	int found = base_value(world, argument, arena, text);

	if(found != 1)
		return found;
	/* in a header, parameters behind a URI without brackets belong to the header (RFC 3261
	 * section 20); elsewhere they belong to the URI */
	if(argument->kind == ARGUMENT_HEADER
			|| (text->len > 0 && memchr(text->s, '<', text->len) != NULL))
		*text = uri_in(text);
	if(argument->function == SUBJECT_GETUSER)
		*text = user_in(text);
	return 1;
}

/* What is no URI and no host; an IPv6 address without brackets is a host. */
static str bare_address(const str *text)
{
	address_t address;

	return address_read(text, &address) ? *text : (str){text->s, 0};
}

/* Find the host in a URI, in host:port, or in an address.
 * @param port set to the port; 0: none is written
 * @return len 0: there is none */
static str host_in(const str *uri, int *port)
{
	char buffer[SIP_URI_BYTES_MAX];
	str as_uri = {buffer, 0};
	uri_parts_t parts;
	int at;

	*port = 0;
	if(sip_uri_parse(uri, &parts, &at) == NULL) {
		*port = sip_uri_port(&parts);
		return parts.host;
	}
	if(uri->len + 4 > (int)sizeof(buffer))
		return bare_address(uri);
	memcpy(buffer, "sip:", 4);
	memcpy(buffer + 4, uri->s, uri->len);
	as_uri.len = uri->len + 4;
	if(sip_uri_parse(&as_uri, &parts, &at) != NULL || parts.user.len > 0)
		return bare_address(uri);
	*port = sip_uri_port(&parts);
	/* the same place in the original text */
	return (str){uri->s + (parts.host.s - buffer - 4), parts.host.len};
}

/* -- truths ------------------------------------------------------------- */

static int in_prefix(const subject_t *subject, const address_t *address)
{
	address_t prefix;
	int bits;

	return prefix_read(&subject->arguments[0].text, &prefix, &bits)
		   && address_has_prefix(address, &prefix, bits);
}

static int in_range(const subject_t *subject, const address_t *address)
{
	address_t first, last;

	return address_read(&subject->arguments[0].text, &first)
		   && address_read(&subject->arguments[1].text, &last)
		   && address->bytes == first.bytes
		   && address_compare(&first, address) <= 0
		   && address_compare(address, &last) <= 0;
}

/* The address that a text is or has. A host name is not resolved. */
static bool address_in(const str *text, address_t *address)
{
	int port;
	str host;

	if(address_read(text, address))
		return true;
	host = host_in(text, &port);
	return address_read(&host, address);
}

/* Only an address can be in a network. */
static int network_truth(const subject_t *subject, const str *text)
{
	address_t address;

	if(!address_in(text, &address))
		return 0;
	switch(subject->kind) {
		case SUBJECT_ADDR_PREFIX:
			return in_prefix(subject, &address);
		case SUBJECT_ADDR_RANGE:
			return in_range(subject, &address);
		default:
			return address_is_global(&address);
	}
}

static int own_truth(const function_world_t *world, const subject_t *subject,
		const str *text)
{
	int port, found;
	str host = host_in(text, &port);

	if(host.len == 0)
		return 0;
	found = world->is_own(world->context, &host, port);
	if(found < 0 || subject->kind == SUBJECT_LOCALHOST_OF)
		return found;
	return !found;
}

static int registered_truth(const function_world_t *world, const str *text)
{
	return text->len == 0 ? 0 : world->is_registered(world->context, text);
}

static int truth_of(const function_world_t *world, const subject_t *subject,
		const str *text)
{
	switch(subject->kind) {
		case SUBJECT_LOCALHOST_OF:
		case SUBJECT_OUTBOUND_OF:
			return own_truth(world, subject, text);
		case SUBJECT_REGISTERED:
		case SUBJECT_REGISTERED_OF:
			return registered_truth(world, text);
		default:
			return network_truth(subject, text);
	}
}

/* -- values ------------------------------------------------------------- */

int function_address(const function_world_t *world, const argument_t *argument,
		arena_t *arena, address_t *address)
{
	str text;
	int found = argument_value(world, argument, arena, &text);

	return found < 0 ? found : address_in(&text, address);
}

int function_values(const function_world_t *world, const subject_t *subject,
		arena_t *arena, const str **values)
{
	str *value = arena_alloc(arena, sizeof(*value));
	str text;
	int found;

	if(value == NULL)
		return SOURCE_FAILED;
	found = argument_value(world, subject_asked_of(subject), arena, &text);
	if(found < 0)
		return found;
	*values = value;
	if(subject->kind == SUBJECT_GETURI || subject->kind == SUBJECT_GETUSER) {
		*value = subject->kind == SUBJECT_GETURI ? text : user_in(&text);
		return 1;
	}
	found = truth_of(world, subject, &text);
	if(found < 0)
		return found;
	*value = found ? (str)str_init("true") : (str)str_init("false");
	return 1;
}
