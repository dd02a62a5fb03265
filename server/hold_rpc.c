/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../../core/sr_module.h"

#include "server/hold_rpc.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "server/gateways.h"
#include "server/holding.h"
#include "server/rpc_value.h"

/* The module ctl has room for some ninety structures and 32 KiB in a reply. */
#define SHOWN_DEFAULT 20
#define SHOWN_MAX 50

/* -- failover.destinations ---------------------------------------------- */

static const char *const destinations_doc[] = {
		"Lists the next hops that are remembered, those that are held first: "
		"failover.destinations [FIRST [COUNT]], 20 from the first one on where "
		"nothing else is said, at most 50.",
		NULL};

/* What is shown of one next hop. */
typedef struct shown
{
	bool is_held;
	hold_t hold;
	next_hop_figures_t figures;
	next_hop_name_t name;
} shown_t;

typedef struct snapshot
{
	shown_t *hops;
	int n, room;
	long long now_ms;
} snapshot_t;

static void note_one(next_hop_t *hop, void *param)
{
	snapshot_t *snapshot = param;
	shown_t *shown = &snapshot->hops[snapshot->n];

	if(snapshot->n == snapshot->room)
		return;
	snapshot->n++;
	shown->is_held = hold_is_held(&hop->hold, snapshot->now_ms);
	shown->hold = hop->hold;
	shown->figures = hop->figures;
	next_hop_copy_name(&shown->name, hop);
}

static int compare(const void *one, const void *other)
{
	const shown_t *a = one, *b = other;
	int shorter = a->name.len < b->name.len ? a->name.len : b->name.len;
	int order = memcmp(a->name.text, b->name.text, shorter);

	if(a->is_held != b->is_held)
		return a->is_held ? -1 : 1;
	return order != 0 ? order : a->name.len - b->name.len;
}

/* Show a past or future moment in local time. */
static void show_time(
		char *text, size_t size, long long at_ms, long long now_ms)
{
	rpc_show_time(time(NULL) + (time_t)((at_ms - now_ms) / 1000), text, size);
}

static void add_figures(
		rpc_t *rpc, void *entry, const next_hop_figures_t *figures)
{
	unsigned mean = figures->first_replies == 0
							? 0
							: (unsigned)(figures->first_reply_ms
										 / figures->first_replies);

	rpc->struct_add(entry, "uuuuuuuuu", "attempts", figures->attempts,
			"answered", figures->answered, "replies_3xx", figures->replies[3],
			"replies_4xx", figures->replies[4], "replies_5xx",
			figures->replies[5], "replies_6xx", figures->replies[6], "timeouts",
			figures->timeouts, "send_failures", figures->send_failures,
			"mean_first_reply_ms", mean);
}

static void add_one(
		rpc_t *rpc, void *list, const shown_t *shown, long long now_ms)
{
	const hold_t *hold = &shown->hold;
	str name = {(char *)shown->name.text, shown->name.len};
	char since[32] = "", until[32] = "";
	void *entry;

	if(rpc->array_add(list, "{", &entry) < 0)
		return;
	if(hold->since_ms > 0)
		show_time(since, sizeof(since), hold->since_ms, now_ms);
	if(hold->until_ms == HOLD_FOR_EVER)
		snprintf(until, sizeof(until), "released");
	else if(hold->until_ms > 0)
		show_time(until, sizeof(until), hold->until_ms, now_ms);
	rpc->struct_add(entry, "Ssssu", "next_hop", &name, "state",
			hold_state_name(hold->state), "since", since, "until", until,
			"failures_in_a_row", hold->failures);
	add_figures(rpc, entry, &shown->figures);
}

static void add_page(rpc_t *rpc, void *context, const snapshot_t *snapshot,
		int first, int count)
{
	void *reply, *list;
	int held = 0, i;

	for(i = 0; i < snapshot->n; i++)
		held += snapshot->hops[i].is_held;
	if(rpc->add(context, "{", &reply) < 0
			|| rpc->struct_add(reply, "dd[", "next_hops", snapshot->n, "held",
					   held, "list", &list)
					   < 0)
		return;
	for(i = first - 1; i < snapshot->n && i < first - 1 + count; i++)
		add_one(rpc, list, &snapshot->hops[i], snapshot->now_ms);
}

static void rpc_destinations(rpc_t *rpc, void *context)
{
	snapshot_t snapshot = {.room = NEXT_HOPS_MAX, .now_ms = next_hops_now_ms()};
	int first = 1, count = SHOWN_DEFAULT;

	rpc_scan_number(rpc, context, &first);
	rpc_scan_number(rpc, context, &count);
	if(first < 1 || count < 1 || count > SHOWN_MAX) {
		rpc->fault(context, 400,
				"failover.destinations [FIRST [COUNT]]: the first is number 1, "
				"and a reply has at most %d of them",
				SHOWN_MAX);
		return;
	}
	snapshot.hops = malloc(snapshot.room * sizeof(*snapshot.hops));
	if(snapshot.hops == NULL) {
		rpc->fault(context, 500, "no memory");
		return;
	}
	next_hops_walk(note_one, &snapshot);
	qsort(snapshot.hops, snapshot.n, sizeof(*snapshot.hops), compare);
	add_page(rpc, context, &snapshot, first, count);
	free(snapshot.hops);
}

/* -- failover.hold, failover.release ------------------------------------ */

#define NAME_HELP                                               \
	"a next hop is written as failover.destinations lists it: " \
	"proto:host:port "                                          \
	"with proto udp, tcp, tls or sctp, and /SOCKET where one is chosen"

static const char *const hold_doc[] = {
		"Takes a next hop out of service: failover.hold NEXT-HOP [SECONDS], "
		"until it is released, or for that long. " NAME_HELP,
		NULL};
static const char *const release_doc[] = {
		"Puts a next hop into service again: failover.release NEXT-HOP", NULL};

static bool scan_name(rpc_t *rpc, void *context, next_hop_name_t *name)
{
	str text;

	return rpc->scan(context, "S", &text) == 1
		   && next_hop_read_name(name, &text);
}

/* Attempts at the gateways of ds:SET are not remembered, so calls would go on. Where
 * one is also a destination of its own, it is remembered for that. */
static bool is_of_dispatcher(const next_hop_name_t *name)
{
	char buffer[NEXT_HOP_URI_BYTES_MAX];
	str uri = next_hop_uri(name, buffer);

	return !holding_knows(name) && gateways_have(&uri);
}

static void rpc_hold(rpc_t *rpc, void *context)
{
	next_hop_name_t name;
	int seconds = 0;

	if(!holding_is_on()) {
		rpc->fault(context, 400,
				"nothing is held where the parameter hold_after is 0");
		return;
	}
	if(!scan_name(rpc, context, &name)) {
		rpc->fault(context, 400, NAME_HELP);
		return;
	}
	rpc_scan_number(rpc, context, &seconds);
	if(seconds < 0 || seconds > HOLD_SECONDS_MAX)
		rpc->fault(context, 400,
				"failover.hold NEXT-HOP [SECONDS]: at most %d seconds; without "
				"a number it lasts until it is released",
				HOLD_SECONDS_MAX);
	else if(is_of_dispatcher(&name))
		rpc->fault(context, 400,
				"this is a gateway of dispatcher, which would still be used: "
				"kamcmd dispatcher.set_state d SET URI takes it out");
	else if(!holding_put_out(&name, (unsigned)seconds))
		rpc->fault(context, 500,
				"no memory, or no room beside those that are held");
}

static void rpc_release(rpc_t *rpc, void *context)
{
	next_hop_name_t name;

	if(!scan_name(rpc, context, &name))
		rpc->fault(context, 400, NAME_HELP);
	else if(!holding_release(&name))
		rpc->fault(context, 404, "no such next hop is remembered");
}

rpc_export_t hold_rpc[] = {
		{"failover.destinations", rpc_destinations,
				(const char **)destinations_doc, 0},
		{"failover.hold", rpc_hold, (const char **)hold_doc, 0},
		{"failover.release", rpc_release, (const char **)release_doc, 0},
		{0, 0, 0, 0},
};
