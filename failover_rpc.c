/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../../core/sr_module.h"
#include "../../core/dprint.h"

#include "failover_rpc.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "failover_plan.h"
#include "utf8.h"

/* Of one reply of failover.list. The module ctl has room for some ninety
 * structures and 32 KiB in a reply. */
#define LIST_RULES_DEFAULT 20
#define LIST_RULES_MAX 50
#define LIST_BYTES_MAX 20000
#define LIST_SOURCE_BYTES_MAX 1000
#define LIST_NAME_BYTES_MAX 64

/* -- failover.reload ---------------------------------------------------- */

static const char *const reload_doc[] = {
		"Reads the file of the dial plan again. One with an error is refused, "
		"and the dial plan stays as it was.",
		NULL};

/* The first error, and how many there are. */
static void fault_of_plan(
		rpc_t *rpc, void *context, int code, const failure_t *failure)
{
	int len = (int)strcspn(failure->text, "\n");

	if(failure->errors > 1)
		rpc->fault(context, code, "%.*s (%d errors; the log has all of them)",
				len > 180 ? 180 : len, failure->text, failure->errors);
	else
		rpc->fault(context, code, "%.*s", len, failure->text);
}

static void rpc_reload(rpc_t *rpc, void *context)
{
	failure_t failure;
	plan_t *plan;
	void *reply;

	switch(plan_reload(&failure)) {
		case RELOAD_NO_FILE:
			rpc->fault(context, 404,
					"no dial plan was loaded from a file: the parameter "
					"dialplan would name one");
			return;
		case RELOAD_BUSY:
			rpc->fault(context, 500, "the dial plan is just being reloaded");
			return;
		case RELOAD_BAD:
			fault_of_plan(rpc, context, 400, &failure);
			return;
		case RELOAD_NO_MEMORY:
			fault_of_plan(rpc, context, 500, &failure);
			return;
		case RELOAD_DONE:
			break;
	}
	plan = plan_acquire();
	if(rpc->add(context, "{", &reply) >= 0)
		rpc->struct_add(reply, "sd", "file", plan_source(plan), "rules",
				plan_dialplan(plan)->n_rules);
	plan_release(plan);
}

/* -- failover.list ------------------------------------------------------ */

static const char *const list_doc[] = {
		"Lists the rules of the dial plan: failover.list [FIRST [COUNT]], 20 "
		"rules from the first one on where nothing else is said, at most 50.",
		NULL};

static void time_text(time_t when, char *text, size_t size)
{
	struct tm local;

	localtime_r(&when, &local);
	strftime(text, size, "%Y-%m-%d %H:%M:%S", &local);
}

static void add_failure(rpc_t *rpc, void *reply)
{
	failure_t failure;
	char at[32];
	void *section;

	plan_last_failure(&failure);
	if(failure.at == 0
			|| rpc->struct_add(reply, "{", "last_failed_reload", &section) < 0)
		return;
	time_text(failure.at, at, sizeof(at));
	failure.text[LIST_SOURCE_BYTES_MAX] = '\0';
	rpc->struct_add(section, "sds", "at", at, "errors", failure.errors, "text",
			failure.text);
}

/* A text of the plan, without what would be no UTF-8 in a reply.
 * @param buffer room for as many bytes */
static str clean_text(const str *text, char *buffer, int size)
{
	str clean = {buffer, text->len < size ? text->len : size};
	int bytes;
	int i;

	memcpy(buffer, text->s, clean.len);
	for(i = 0; i < clean.len; i += bytes) {
		if(utf8_decode(buffer + i, clean.len - i, &bytes) < 0)
			buffer[i] = '?';
	}
	return clean;
}

/* @return about how many bytes it takes in the reply */
static int add_rule(rpc_t *rpc, void *list, const rule_t *rule)
{
	char name_buffer[LIST_NAME_BYTES_MAX];
	char source_buffer[LIST_SOURCE_BYTES_MAX];
	str no_name = {"", 0};
	str name = clean_text(rule->name.len > 0 ? &rule->name : &no_name,
			name_buffer, sizeof(name_buffer));
	str source =
			clean_text(&rule->source, source_buffer, sizeof(source_buffer));
	void *section;

	if(rpc->array_add(list, "{", &section) >= 0)
		rpc->struct_add(section, "ddSS", "number", rule->id + 1, "line",
				rule->line, "name", &name, "source", &source);
	return name.len + source.len + 64;
}

static void add_plan(
		rpc_t *rpc, void *context, const plan_t *plan, int first, int count)
{
	const dialplan_t *dialplan = plan_dialplan(plan);
	char at[32];
	void *reply, *list;
	int bytes = 0;
	int i;

	if(rpc->add(context, "{", &reply) < 0)
		return;
	time_text(plan_loaded_at(plan), at, sizeof(at));
	rpc->struct_add(reply, "ssd", "file", plan_source(plan), "loaded", at,
			"rules", dialplan->n_rules);
	add_failure(rpc, reply);
	if(rpc->struct_add(reply, "[", "list", &list) < 0)
		return;
	for(i = first - 1; i < dialplan->n_rules && i - (first - 1) < count
					   && bytes < LIST_BYTES_MAX;
			i++)
		bytes += add_rule(rpc, list, dialplan->rules[i]);
}

/* A number that may be left out. It is read as text: of a word in its place scan()
 * says no more than of none.
 * @param number left as it is if there is none; -1 for what is no number */
static void scan_number(rpc_t *rpc, void *context, int *number)
{
	char *text, *end;
	long value;

	if(rpc->scan(context, "*.s", &text) < 1)
		return;
	value = strtol(text, &end, 10);
	*number = end == text || *end != '\0' || value > INT_MAX || value < 0
					  ? -1
					  : (int)value;
}

static void rpc_list(rpc_t *rpc, void *context)
{
	int first = 1;
	int count = LIST_RULES_DEFAULT;
	plan_t *plan;

	scan_number(rpc, context, &first);
	scan_number(rpc, context, &count);
	if(first < 1 || count < 1 || count > LIST_RULES_MAX) {
		rpc->fault(context, 400,
				"failover.list [FIRST [COUNT]]: the first rule is number 1, "
				"and "
				"a reply has at most %d of them",
				LIST_RULES_MAX);
		return;
	}
	plan = plan_acquire();
	if(plan == NULL) {
		rpc->fault(context, 404,
				"no dial plan is loaded: the parameter dialplan or "
				"dialplan_text would give one");
		return;
	}
	add_plan(rpc, context, plan, first, count);
	plan_release(plan);
}

rpc_export_t failover_rpc[] = {
		{"failover.reload", rpc_reload, (const char **)reload_doc, 0},
		{"failover.list", rpc_list, (const char **)list_doc, 0},
		{0, 0, 0, 0},
};
