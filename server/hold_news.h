/* SPDX-License-Identifier: GPL-2.0-or-later */
/* hold_news: tells of next hops that are held or released: a NOTICE, the script's
 * event_route, the other servers. What is told lies in a queue in shared memory
 * until a process of its own takes it, as a name may have to be looked up, and a
 * script may take its time: neither a call nor a timer of tm waits for that. The
 * process also asks by OPTIONS whether a next hop that is held lives again. */
#ifndef FAILOVER_SERVER_HOLD_NEWS_H
#define FAILOVER_SERVER_HOLD_NEWS_H

#include "server/next_hops.h"

/* What is told of one next hop. */
typedef struct hold_item
{
	struct hold_item *next;
	bool is_changed; /* held now and not before, or the reverse: operators hear */
	bool is_from_us; /* and not from another server: those hear of it */
	hold_news_t news;
	next_hop_name_t name;
} hold_item_t;

/** Before processes are made. @return 0, or -1 with the reason logged */
int hold_news_init(void);
void hold_news_destroy(void);

/** In the main process: start the one that tells.
 * @return 0, or -1 with the reason logged */
int hold_news_start(void);

/** Tell what a next hop is now. With its bucket locked. */
void hold_news_tell(const next_hop_t *hop, bool is_changed, bool is_from_us,
		long long now_ms);

#endif
