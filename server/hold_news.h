/* SPDX-License-Identifier: GPL-2.0-or-later */
/* hold_news: tells that a next hop was held or released: by a NOTICE, by the script's
 * event_route, and to the other servers. The news lie in a queue in shared memory
 * until a process of this module takes them. That process may wait for DNS and for
 * the script; no call and no timer of tm waits for it. It also sends the OPTIONS that
 * ask whether a held next hop works again. */
#ifndef FAILOVER_SERVER_HOLD_NEWS_H
#define FAILOVER_SERVER_HOLD_NEWS_H

#include "server/next_hops.h"

/* The news about one next hop. */
typedef struct hold_item
{
	struct hold_item *next;
	bool is_changed; /* held now and not before, or the reverse: an operator hears */
	bool is_from_us; /* not from another server: the others must hear of it */
	hold_news_t news;
	next_hop_name_t name;
} hold_item_t;

/** To be called before the processes are forked.
 * @return 0, or -1 with the reason logged */
int hold_news_init(void);
void hold_news_destroy(void);

/** Start the process. To be called in the main process.
 * @return 0, or -1 with the reason logged */
int hold_news_start(void);

/** Tell the state of a next hop. Its bucket is locked. */
void hold_news_tell(const next_hop_t *hop, bool is_changed, bool is_from_us,
		long long now_ms);

#endif
