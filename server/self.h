/* SPDX-License-Identifier: GPL-2.0-or-later */
/* self: what this server has (transports, sockets), and whether that is enough for a
 * rule. It is used after all modules are loaded: at start, so that a missing
 * transport is found before the first call needs it; at a reload; and in a call that
 * brings its own destinations. */
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

/** Check whether this server has what a rule needs. An error: a transport that it
 * does not speak, a socket that it does not have. A warning: a transport without a
 * socket, a destination that is the server itself, more destinations than it takes
 * for one call.
 * @param rule with or without destinations
 * @return 0, or -1 with every error reported */
int server_check_rule(const rule_t *rule, diagnostics_t *diagnostics);

/** Does the R-URI of a request name this server, whatever the next hop is? As
 * `uri == myself`. */
bool server_is_called(struct sip_msg *msg);

/** Did a request come from this server itself? As `src_ip == myself`. */
bool server_is_source(struct sip_msg *msg);

/** Is a host this server's?
 * @param port 0: any */
bool server_is_host(const str *host, int port);

/** Does a request lead to another server: by its R-URI, its top Route, or $du? */
bool server_leads_out(struct sip_msg *msg);

#endif
