/* SPDX-License-Identifier: GPL-2.0-or-later */
/* connection: is the connection that a request was sent over still
 * there? tm is not told when a connection fails after the request was handed to
 * it: refused or reset from a distance, a TLS handshake that fails, closed
 * before a reply. The server has no event for it either, so it is looked at.
 *
 * The tables of the server are read under its own lock (core/tcp_main.c,
 * _tcpconn_find), and no reference is taken: one that is taken in the instant in
 * which the connection is closed could not be given back from here. */
#ifndef FAILOVER_CALL_CONNECTION_H
#define FAILOVER_CALL_CONNECTION_H

#include <stdbool.h>

#include "../../core/ip_addr.h"

#define CONNECTION_NONE 0
#define CONNECTION_LOST (-1)

/** The connection that a request has just been sent over.
 * @param dst where it was sent to, with its transport, and from which socket
 * @return its id; CONNECTION_NONE for a transport without connections;
 *         CONNECTION_LOST if it has gone already */
int connection_of(const struct dest_info *dst);

/** Is this connection still open, or being opened? */
bool connection_is_alive(int id);

#endif
