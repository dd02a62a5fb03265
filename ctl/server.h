/* SPDX-License-Identifier: GPL-2.0-or-later */
/* server: asks a running Kamailio, through the datagram socket of its module
 * jsonrpcs. */
#ifndef FAILOVER_CTL_SERVER_H
#define FAILOVER_CTL_SERVER_H

#include <jansson.h>

/* the default of dgram_socket, a parameter of jsonrpcs */
#define SERVER_SOCKET_DEFAULT "/run/kamailio/kamailio_rpc.sock"

typedef enum asked
{
	ASKED_ANSWERED, /* there is a result */
	ASKED_REFUSED,	/* the command has failed; the fault is printed */
	ASKED_NOBODY,	/* no server, or no answer in time; this is printed */
} asked_t;

/** Call an RPC command.
 * @param socket_path the socket of the server
 * @param params an array, released here; NULL: none
 * @param result set if there is a result; the caller releases it */
asked_t server_ask(const char *socket_path, const char *method, json_t *params,
		json_t **result);

#endif
