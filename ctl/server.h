/* SPDX-License-Identifier: GPL-2.0-or-later */
/* server: asks a running Kamailio, through the datagram socket of its module
 * jsonrpcs. */
#ifndef FAILOVER_CTL_SERVER_H
#define FAILOVER_CTL_SERVER_H

#include <jansson.h>

/* the parameter dgram_socket of jsonrpcs where nothing else is said */
#define SERVER_SOCKET_DEFAULT "/run/kamailio/kamailio_rpc.sock"

typedef enum asked
{
	ASKED_ANSWERED, /* the result */
	ASKED_REFUSED,	/* a fault of the command, which is printed */
	ASKED_NOBODY,	/* no server, or no answer in time, which is printed */
} asked_t;

/** Call a command.
 * @param socket_path of the server
 * @param params an array; released here; NULL: none
 * @param result set if it was answered; to be released */
asked_t server_ask(const char *socket_path, const char *method, json_t *params,
		json_t **result);

#endif
