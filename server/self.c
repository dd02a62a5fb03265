/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../../core/sr_module.h"
#include "../../core/forward.h"
#include "../../core/globals.h"
#include "../../core/ip_addr.h"
#include "../../core/parser/parse_rr.h"
#include "../../core/parser/parse_uri.h"
#include "../../core/socket_info.h"

#include "server/self.h"

#include "server/gateways.h"

#include <string.h>

/* Kamailio's numbers of the transports. */
static const char protos[TRANSPORT_COUNT] = {
		[TRANSPORT_UDP] = PROTO_UDP,
		[TRANSPORT_TCP] = PROTO_TCP,
		[TRANSPORT_TLS] = PROTO_TLS,
		[TRANSPORT_SCTP] = PROTO_SCTP,
};

/* The module that implements a transport; NULL: the core does. */
static const char *const transport_modules[TRANSPORT_COUNT] = {
		[TRANSPORT_TLS] = "tls",
		[TRANSPORT_SCTP] = "sctp",
};

struct socket_info *server_socket(const str *name)
{
	struct socket_info *socket = ksr_get_socket_by_name((str *)name);
	char text[256];
	char *host;
	int host_len, port, proto;
	str host_text;

	if(socket != NULL)
		return socket;
	if(name->len >= (int)sizeof(text))
		return NULL;
	memcpy(text, name->s, name->len);
	text[name->len] = '\0';
	if(parse_phostport(text, &host, &host_len, &port, &proto) < 0)
		return NULL;
	host_text.s = host;
	host_text.len = host_len;
	return grep_sock_info(
			&host_text, (unsigned short)port, (unsigned short)proto);
}

bool server_socket_fits(const struct socket_info *socket, transport_t transport)
{
	return socket->proto == protos[transport];
}

static int check_socket(
		const destination_t *destination, diagnostics_t *diagnostics)
{
	const str *name = &destination->options.socket;
	const struct socket_info *socket;

	if(name->len == 0)
		return 0;
	socket = server_socket(name);
	if(socket == NULL)
		return diagnostics_error(diagnostics, &destination->where,
				"[%.*s] is no socket of this server: the name of a listen "
				"line, or proto:address:port, would be right",
				STR_FMT(name));
	if(!destination->is_current && !destination->is_set
			&& !server_socket_fits(socket, destination->transport))
		return diagnostics_error(diagnostics, &destination->where,
				"the socket [%.*s] cannot send over %s", STR_FMT(name),
				transport_name(destination->transport));
	return 0;
}

static int check_transport(transport_t transport, const fragment_t *where,
		diagnostics_t *diagnostics)
{
	const char *module = transport_modules[transport];
	struct socket_info **sockets = get_sock_info_list(protos[transport]);

	if(module != NULL && find_module_by_name((char *)module) == NULL)
		return diagnostics_error(diagnostics, where,
				"[%.*s]: this server speaks no %s: loadmodule \"%s.so\" would "
				"be right",
				SHOWN(where), transport_name(transport), module);
	if(sockets == NULL || *sockets == NULL)
		diagnostics_warning(diagnostics, where,
				"[%.*s]: this server has no socket for %s; a listen line for "
				"it would be right",
				SHOWN(where), transport_name(transport));
	return 0;
}

/* Is a destination this server? No, if its host is only known in a call. */
static bool is_self(const destination_t *destination)
{
	place_t place;

	return destination_find_known_place(destination, &place)
		   && grep_sock_info(&place.host, (unsigned short)place.port,
					  protos[destination->transport])
					  != NULL;
}

/* A call that comes back to this server is sent to this server again. With one such
 * destination it runs in a loop; with two it doubles each time (RFC 5393).
 * @param count how many such destinations stand before it in the same list */
static int check_self_destination(
		const destination_t *destination, int count, diagnostics_t *diagnostics)
{
	if(count > 0)
		return diagnostics_error(diagnostics, &destination->where,
				"[%.*s] is this server itself, like a destination before it: "
				"a call that comes back doubles each time; one of them at the "
				"most would be right",
				SHOWN(&destination->where));
	diagnostics_warning(diagnostics, &destination->where,
			"[%.*s] is this server itself: a call that comes back by the "
			"same rule goes round until its Max-Forwards are used up",
			SHOWN(&destination->where));
	return 0;
}

static int check_gateways(
		const destination_t *destination, diagnostics_t *diagnostics)
{
	const char *fault = gateways_fault();

	if(fault == NULL)
		return 0;
	return diagnostics_error(diagnostics, &destination->where, "[%.*s]: %s",
			SHOWN(&destination->where), fault);
}

static int check_destination(
		const destination_t *destination, diagnostics_t *diagnostics)
{
	/* the transport of the request's own URI is not known yet */
	bool is_open = destination->is_set
				   || (destination->is_current && !destination->has_transport);

	if(destination->is_value)
		return 0;
	if(destination->is_set && check_gateways(destination, diagnostics) < 0)
		return -1;
	if(!is_open
			&& check_transport(
					   destination->transport, &destination->where, diagnostics)
					   < 0)
		return -1;
	return check_socket(destination, diagnostics);
}

/* A transport line without To sets the transport of the request's own URI, or of a
 * destination from another rule. */
static int check_transport_line(const rule_t *rule, diagnostics_t *diagnostics)
{
	diagnostics_t none = {0};
	transport_t transport;

	if(rule->first != NULL || rule->transport.text.s == NULL
			|| transport_parse(&rule->transport, &transport, &none) < 0)
		return 0;
	return check_transport(transport, &rule->transport, diagnostics);
}

static void warn_of_untried(const rule_t *rule,
		const destination_t *destination, diagnostics_t *diagnostics)
{
	diagnostics_warning(diagnostics, &destination->where,
			"[%.*s] and what follows is never tried%s: a call has %u branches "
			"here; max_branches=30 is the most",
			SHOWN(&destination->where),
			rule->has_first ? "" : " behind the request's own destination",
			sr_dst_max_branches);
}

int server_check_rule(const rule_t *rule, diagnostics_t *diagnostics)
{
	const destination_t *destination;
	int result = check_transport_line(rule, diagnostics);
	unsigned count = rule->has_first ? 0 : 1;
	int selves = 0;

	for(destination = rule_next_destination(rule, NULL); destination != NULL;
			destination = rule_next_destination(rule, destination)) {
		if(check_destination(destination, diagnostics) < 0)
			result = -1;
		if(is_self(destination)
				&& check_self_destination(destination, selves++, diagnostics)
						   < 0)
			result = -1;
		if(++count == sr_dst_max_branches + 1)
			warn_of_untried(rule, destination, diagnostics);
	}
	return result;
}

bool server_is_called(struct sip_msg *msg)
{
	return parse_sip_msg_uri(msg) >= 0
		   && check_self(
					  &msg->parsed_uri.host, GET_URI_PORT(&msg->parsed_uri), 0)
					  > 0;
}

bool server_is_host(const str *host, int port)
{
	str text = *host; /* the core takes no const */

	return check_self(&text, (unsigned short)port, 0) > 0;
}

bool server_is_source(struct sip_msg *msg)
{
	/* in a buffer of the core's */
	char *address = ip_addr2a(&msg->rcv.src_ip);
	str text = {address, (int)strlen(address)};

	return server_is_host(&text, 0);
}

/* Does a URI lead to another server? A text that is not a URI does not. */
static bool leads_out(const str *uri)
{
	struct sip_uri parsed;

	return parse_uri(uri->s, uri->len, &parsed) == 0
		   && !server_is_host(&parsed.host, parsed.port_no);
}

bool server_leads_out(struct sip_msg *msg)
{
	const rr_t *route;

	if(!server_is_called(msg))
		return true;
	if(msg->dst_uri.len > 0)
		return leads_out(&msg->dst_uri);
	if(parse_headers(msg, HDR_ROUTE_F, 0) < 0 || msg->route == NULL
			|| parse_rr(msg->route) < 0)
		return false;
	route = msg->route->parsed;
	return route != NULL && leads_out(&route->nameaddr.uri);
}
