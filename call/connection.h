/* SPDX-License-Identifier: GPL-2.0-or-later */
/* connection: does the connection that a request was sent over still exist? tm does
 * not learn that a connection failed after the request was handed over: that it was
 * refused or reset by the peer, closed before a reply, or that its TLS handshake
 * failed. The core has no event for it either, so the connection is checked again and
 * again.
 *
 * The tables of the core are read under its lock (core/tcp_main.c, _tcpconn_find). No
 * reference is taken: one that was taken in the instant in which the connection is
 * closed could not be given back from here. */
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
