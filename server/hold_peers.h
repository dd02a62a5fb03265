/* SPDX-License-Identifier: GPL-2.0-or-later */
/* hold_peers: several servers that know the same next hops, by Kamailio's module
 * dmq. A message has a line for each next hop:
 *     REVISION STATE LEFT-MS HOLD-S NAME
 * and a line `?` asks for all that are held. Who holds something says so again
 * every few seconds; who hears what it knows better answers with that, so that
 * servers which could not hear each other agree again. */
#ifndef FAILOVER_SERVER_HOLD_PEERS_H
#define FAILOVER_SERVER_HOLD_PEERS_H

#include "server/hold_news.h"

/** Join the others. @return 0, or -1 with the reason logged */
int hold_peers_init(void);

/** Tell the others what has changed here, all in one message. No lock. */
void hold_peers_tell(const hold_item_t *items);

/** Say again what is held, now and then. No lock. */
void hold_peers_repeat(void);

#endif
