/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../../core/sr_module.h"
#include "../../core/dprint.h"

#include "call/calls_rpc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "call/observe.h"
#include "server/rpc_value.h"
#include "server/statistics.h"
#include "text/text.h"
#include "text/utf8.h"

/* The module ctl has room for some ninety structures and 32 KiB in a reply. */
#define SHOWN_DEFAULT 20
#define SHOWN_MAX 50

/* a longer Call-ID, rule or destination is cut */
#define TEXT_BYTES_MAX 200

/* at most so many calls are read; further ones are only counted */
#define CALLS_MAX 20000

/* at most so many destinations are counted, because another process may change the
 * list meanwhile */
#define WAITING_MAX 64

/* One call at the moment in which it was read. */
typedef struct shown
{
	char call_id[TEXT_BYTES_MAX + 1];
	char rule[TEXT_BYTES_MAX + 1];
	char destination[TEXT_BYTES_MAX + 8];
	const char *state;
	unsigned attempt, attempts; /* attempt n of m */
	int64_t began_ms, attempt_began_ms;
} shown_t;

typedef struct snapshot
{
	shown_t *calls;
	int n, room, total;
	const str *call_id; /* only the call with this Call-ID; NULL: all */
} snapshot_t;

/* -- reading the calls -------------------------------------------------- */

/* A text as UTF-8 without control characters, NUL-terminated. */
static void copy_text(const str *text, char *copy)
{
	int left = utf8_cut(text->s, text->len, TEXT_BYTES_MAX);
	const char *at = text->s;
	int bytes;

	for(; left > 0; at += bytes, left -= bytes) {
		long code = utf8_decode(at, left, &bytes);

		if(code < 0x20 || code == 0x7f) {
			*copy++ = '?';
		} else {
			memcpy(copy, at, bytes);
			copy += bytes;
		}
	}
	*copy = '\0';
}

static unsigned count_waiting(const call_t *call)
{
	const target_t *target;
	unsigned count = 0;

	for(target = call->chain.waiting; target != NULL && count < WAITING_MAX;
			target = target->next)
		count++;
	return count;
}

static void note_step(shown_t *shown, const call_t *call)
{
	const step_t *step = trace_current(&call->trace);
	unsigned most = call->chain.settings.attempts;

	if(step == NULL)
		return;
	copy_text(step_name(step), shown->destination);
	strcat(shown->destination, "/");
	strcat(shown->destination, transport_name(step->target->transport));
	shown->attempt = step->number;
	shown->attempts = step->number + count_waiting(call);
	if(shown->attempts > most && most >= step->number)
		shown->attempts = most;
	shown->attempt_began_ms = call->trace.began_ms + step->began_ms;
}

static bool note_call(void *context, const call_t *call)
{
	snapshot_t *snapshot = context;
	shown_t *shown = &snapshot->calls[snapshot->n];

	snapshot->total++;
	if(snapshot->n == snapshot->room
			|| (snapshot->call_id != NULL
					&& !str_equal(snapshot->call_id, &call->trace.call_id)))
		return true;
	*shown = (shown_t){
			.state = state_name(call->state), .began_ms = call->trace.began_ms};
	copy_text(&call->trace.call_id, shown->call_id);
	copy_text(&call->trace.rule, shown->rule);
	note_step(shown, call);
	snapshot->n++;
	return snapshot->call_id == NULL;
}

/* The oldest one first. */
static int compare(const void *one, const void *other)
{
	const shown_t *a = one, *b = other;

	if(a->began_ms != b->began_ms)
		return a->began_ms < b->began_ms ? -1 : 1;
	return strcmp(a->call_id, b->call_id);
}

/* -- failover.calls ----------------------------------------------------- */

static const char *const calls_doc[] = {
		"Lists the calls that are under way, the oldest first: failover.calls "
		"[FIRST [COUNT]], 20 from the first one on where nothing else is said, "
		"at most 50; or the one with a Call-ID: failover.calls CALL-ID.",
		NULL};

static void add_call(
		rpc_t *rpc, void *list, const shown_t *shown, int64_t now_ms)
{
	void *entry;

	if(rpc->array_add(list, "{", &entry) < 0)
		return;
	rpc->struct_add(entry, "sssdds", "call_id", shown->call_id, "rule",
			shown->rule, "state", shown->state, "attempt", (int)shown->attempt,
			"of", (int)shown->attempts, "destination", shown->destination);
	rpc->struct_add(entry, "dd", "attempt_ms",
			shown->attempt == 0 ? 0 : (int)(now_ms - shown->attempt_began_ms),
			"call_ms", (int)(now_ms - shown->began_ms));
}

/* @return false without memory */
static bool add_page(rpc_t *rpc, void *context, const snapshot_t *snapshot,
		int first, int count)
{
	int64_t now_ms = observe_now_ms();
	void *reply, *list;
	int i;

	if(rpc->add(context, "{", &reply) < 0
			|| rpc->struct_add(
					   reply, "d[", "calls", snapshot->total, "list", &list)
					   < 0)
		return false;
	for(i = first - 1; i < snapshot->n && i - (first - 1) < count; i++)
		add_call(rpc, list, &snapshot->calls[i], now_ms);
	return true;
}

/* @return the number; -1 if it is not a number */
static int number_of(const char *text)
{
	char *end;
	long value = strtol(text, &end, 10);

	return end == text || *end != '\0' || value < 0 || value > CALLS_MAX
				   ? -1
				   : (int)value;
}

static bool is_digits(const char *text)
{
	return *text != '\0' && text[strspn(text, "-0123456789")] == '\0';
}

/* @return NULL if there is none */
static char *scan_word(rpc_t *rpc, void *context)
{
	char *word;

	return rpc->scan(context, "*.s", &word) == 1 ? word : NULL;
}

static void rpc_calls(rpc_t *rpc, void *context)
{
	snapshot_t snapshot = {.room = CALLS_MAX};
	char *first_text = scan_word(rpc, context);
	char *count_text = first_text != NULL ? scan_word(rpc, context) : NULL;
	int first, count = SHOWN_DEFAULT;
	str call_id;

	if(first_text == NULL)
		first_text = "1";
	first = number_of(first_text);
	if(count_text != NULL)
		count = number_of(count_text);
	call_id = str_of(first_text);
	if(!is_digits(first_text) && count_text == NULL)
		snapshot.call_id = &call_id;
	if((snapshot.call_id == NULL
			   && (first < 1 || count < 1 || count > SHOWN_MAX))
			|| rpc_has_more(rpc, context)) {
		rpc->fault(context, 400,
				"failover.calls [FIRST [COUNT]] or failover.calls CALL-ID: the "
				"first is number 1, and a reply has at most %d of them",
				SHOWN_MAX);
		return;
	}
	snapshot.calls = malloc(snapshot.room * sizeof(*snapshot.calls));
	if(snapshot.calls == NULL) {
		rpc->fault(context, 500, "no memory to list the calls");
		return;
	}
	calls_walk(note_call, &snapshot);
	if(snapshot.call_id != NULL && snapshot.n == 0) {
		rpc->fault(context, 404, "no call with this Call-ID is under way");
	} else {
		qsort(snapshot.calls, snapshot.n, sizeof(*snapshot.calls), compare);
		if(!add_page(rpc, context, &snapshot,
				   snapshot.call_id != NULL ? 1 : first, count))
			rpc->fault(context, 500, "no memory for the reply");
	}
	free(snapshot.calls);
}

/* -- failover.stats ----------------------------------------------------- */

static const char *const stats_doc[] = {
		"Shows what was counted since the start, as the statistics of group "
		"failover do.",
		NULL};

static void rpc_stats(rpc_t *rpc, void *context)
{
	const char *name;
	void *reply;
	long value;
	int i;

	if(rpc_has_more(rpc, context)) {
		rpc->fault(context, 400, "failover.stats takes no argument");
		return;
	}
	if(rpc->add(context, "{", &reply) < 0) {
		rpc->fault(context, 500, "no memory for the reply");
		return;
	}
	for(i = 0; statistics_read(i, &name, &value); i++)
		rpc_add_count(rpc, reply, name, value);
}

rpc_export_t calls_rpc[] = {
		{"failover.calls", rpc_calls, (const char **)calls_doc, 0},
		{"failover.stats", rpc_stats, (const char **)stats_doc, 0},
		{0, 0, 0, 0},
};
