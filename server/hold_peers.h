/* SPDX-License-Identifier: GPL-2.0-or-later */
/* hold_peers: shares what is known of next hops with other servers, over Kamailio's
 * module dmq. A message has a line for each next hop:
 *     REVISION STATE LEFT-MS HOLD-S NAME
 * A line `?` asks for all that are held. A server repeats what it holds every few
 * seconds. A server that knows better answers with what it knows. So servers that
 * were cut off from each other agree again. */
#ifndef FAILOVER_SERVER_HOLD_PEERS_H
#define FAILOVER_SERVER_HOLD_PEERS_H

#include "server/hold_news.h"

/** Join the other servers. @return 0, or -1 with the reason logged */
int hold_peers_init(void);

/** Tell the others in one message what has changed here. The caller holds no lock. */
void hold_peers_tell(const hold_item_t *items);

/** Repeat from time to time what is held. The caller holds no lock. */
void hold_peers_repeat(void);

#endif
