/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../../core/sr_module.h"
#include "../../core/dset.h"
#include "../../core/fmsg.h"
#include "../../core/locking.h"
#include "../../core/mem/shm_mem.h"
#include "../../core/pt.h"
#include "../../core/receive.h"
#include "../../core/timer_proc.h"

#include "server/hold_news.h"

#include "server/gateways.h"
#include "server/hold_peers.h"
#include "server/hold_probe.h"
#include "server/holding.h"
#include "server/script_events.h"

/* how often the process looks: the other servers must know within a second */
#define PERIOD_US 250000

/* at most so many news between two looks; more is dropped, and the other servers hear
 * of it when it is repeated */
#define ITEMS_MAX 8192

typedef struct queue
{
	gen_lock_t lock;
	hold_item_t *first, **last;
	int n;
} queue_t;

static queue_t *queue;

/* -- event routes ------------------------------------------------------- */

/* In the event route $ru is the next hop, as in those of dispatcher. */
static void run_script(script_event_t event, const next_hop_name_t *name)
{
	char buffer[NEXT_HOP_URI_BYTES_MAX];
	str uri = next_hop_uri(name, buffer);
	struct sip_msg *msg;

	if(!script_wants(event) || faked_msg_init() < 0)
		return;
	msg = faked_msg_next_clear();
	if(rewrite_uri(msg, &uri) < 0)
		return;
	script_run(event, msg, REQUEST_ROUTE);
	reset_new_uri(msg);
	ksr_msg_env_reset();
}

static void tell_operator(const hold_item_t *item)
{
	const next_hop_name_t *name = &item->name;
	const char *from = item->is_from_us ? "" : ", another server says";

	if(item->news.state == HOLD_UP)
		LM_NOTICE(
				"next hop [%.*s] is released%s\n", name->len, name->text, from);
	else if(item->news.left_ms == HOLD_FOR_EVER)
		LM_NOTICE("next hop [%.*s] is taken out of service until it is "
				  "released%s\n",
				name->len, name->text, from);
	else
		LM_NOTICE("next hop [%.*s] is %s for %lld s%s\n", name->len, name->text,
				item->news.state == HOLD_OUT ? "taken out of service" : "held",
				(item->news.left_ms + 999) / 1000, from);
	run_script(
			item->news.state == HOLD_UP ? SCRIPT_RELEASED : SCRIPT_HELD, name);
}

/* -- the queue ---------------------------------------------------------- */

static hold_item_t *take_all(void)
{
	hold_item_t *items;

	lock_get(&queue->lock);
	items = queue->first;
	queue->first = NULL;
	queue->last = &queue->first;
	queue->n = 0;
	lock_release(&queue->lock);
	return items;
}

static void free_all(hold_item_t *items)
{
	hold_item_t *next;

	for(; items != NULL; items = next) {
		next = items->next;
		shm_free(items);
	}
}

static void look(unsigned int now, void *param)
{
	hold_item_t *items;
	const hold_item_t *item;
	int n_held = holding_tick();

	(void)now;
	(void)param;
	items = take_all();
	hold_peers_tell(items);
	gateways_tell();
	for(item = items; item != NULL; item = item->next) {
		if(item->is_changed)
			tell_operator(item);
	}
	free_all(items);
	if(n_held == 0)
		return;
	hold_probe_send();
	hold_peers_repeat();
}

void hold_news_tell(const next_hop_t *hop, bool is_changed, bool is_from_us,
		long long now_ms)
{
	hold_item_t *item = shm_malloc(sizeof(*item));

	if(item == NULL) {
		SHM_MEM_ERROR;
		return;
	}
	item->next = NULL;
	item->is_changed = is_changed;
	item->is_from_us = is_from_us;
	item->news = hold_tell(&hop->hold, now_ms);
	next_hop_copy_name(&item->name, hop);
	lock_get(&queue->lock);
	if(queue->n < ITEMS_MAX) {
		queue->n++;
		*queue->last = item;
		queue->last = &item->next;
		item = NULL;
	}
	lock_release(&queue->lock);
	if(item != NULL)
		shm_free(item);
}

int hold_news_init(void)
{
	queue = shm_malloc(sizeof(*queue));
	if(queue == NULL) {
		SHM_MEM_ERROR;
		return -1;
	}
	memset(queue, 0, sizeof(*queue));
	lock_init(&queue->lock);
	queue->last = &queue->first;
	if(register_basic_timers(1) < 0) {
		LM_ERR("cannot reserve a process\n");
		return -1;
	}
	return 0;
}

int hold_news_start(void)
{
	if(fork_basic_utimer(
			   PROC_TIMER, "failover next hops", 1, look, NULL, PERIOD_US)
			< 0) {
		LM_ERR("cannot start a process of our own\n");
		return -1;
	}
	return 0;
}

void hold_news_destroy(void)
{
	if(queue == NULL)
		return;
	free_all(queue->first);
	shm_free(queue);
	queue = NULL;
}
