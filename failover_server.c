/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../../core/sr_module.h"
#include "../../core/globals.h"
#include "../../core/socket_info.h"

#include "failover_server.h"

#include <string.h>

/* The server's numbers of the transports. */
static const char protos[TRANSPORT_COUNT] = {
		[TRANSPORT_UDP] = PROTO_UDP,
		[TRANSPORT_TCP] = PROTO_TCP,
		[TRANSPORT_TLS] = PROTO_TLS,
		[TRANSPORT_SCTP] = PROTO_SCTP,
};

/* The module that speaks a transport; NULL: the core does. */
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
				"line, "
				"or proto:address:port, would be right",
				STR_FMT(name));
	if(!destination->is_current
			&& !server_socket_fits(socket, destination->transport))
		return diagnostics_error(diagnostics, &destination->where,
				"the socket [%.*s] cannot send over %s", STR_FMT(name),
				transport_name(destination->transport));
	return 0;
}

static int check_transport(
		const destination_t *destination, diagnostics_t *diagnostics)
{
	const char *module = transport_modules[destination->transport];
	struct socket_info **sockets =
			get_sock_info_list(protos[destination->transport]);

	if(module == NULL || find_module_by_name((char *)module) != NULL) {
		if(!destination->is_current && (sockets == NULL || *sockets == NULL))
			diagnostics_warning(diagnostics, &destination->where,
					"[%.*s] cannot be reached: this server has no socket for "
					"%s; a listen line for it would be right",
					STR_FMT(&destination->where.text),
					transport_name(destination->transport));
		return 0;
	}
	return diagnostics_error(diagnostics, &destination->where,
			"[%.*s]: this server speaks no %s: loadmodule \"%s.so\" would be "
			"right",
			STR_FMT(&destination->where.text),
			transport_name(destination->transport), module);
}

int server_check_rule(const rule_t *rule, diagnostics_t *diagnostics)
{
	const destination_t *destination;
	int result = 0;
	unsigned count = 0;

	for(destination = rule_next_destination(rule, NULL); destination != NULL;
			destination = rule_next_destination(rule, destination)) {
		if(check_transport(destination, diagnostics) < 0
				|| check_socket(destination, diagnostics) < 0)
			result = -1;
		if(++count == sr_dst_max_branches + 1)
			diagnostics_warning(diagnostics, &destination->where,
					"[%.*s] and what follows is never tried: a call has %u "
					"branches here; max_branches=30 is the most",
					STR_FMT(&destination->where.text), sr_dst_max_branches);
	}
	return result;
}
