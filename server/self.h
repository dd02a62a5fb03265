/* SPDX-License-Identifier: GPL-2.0-or-later */
/* self: what this server has, and whether it has what a rule asks
 * for. It is asked once all modules are loaded: at start, so that a missing
 * transport is found there and not by the first call that needs it; at a reload;
 * and in a call whose destinations come with it. */
#ifndef FAILOVER_SERVER_SELF_H
#define FAILOVER_SERVER_SELF_H

#include "../../core/parser/msg_parser.h"

#include "dialplan/rule.h"

/** Find a socket of this server.
 * @param name its name, or proto:address:port
 * @return NULL if there is none */
struct socket_info *server_socket(const str *name);

/** Can a socket send over a transport? */
bool server_socket_fits(
		const struct socket_info *socket, transport_t transport);

/** Look at what a rule asks of this server. An error for a transport it does not
 * speak, or a socket it does not have; a warning for a transport that it has no
 * socket for, for a destination that is the server itself, and for more
 * destinations than it takes for one call.
 * @param rule with or without destinations
 * @return 0, or -1 with every error reported */
int server_check_rule(const rule_t *rule, diagnostics_t *diagnostics);

/** Is the R-URI of a request this server's, wherever the next hop is? As
 * `uri == myself`. */
bool server_is_called(struct sip_msg *msg);

#endif
