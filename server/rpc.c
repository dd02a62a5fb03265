/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../../core/sr_module.h"
#include "../../core/dprint.h"

#include "server/rpc.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "server/plan.h"
#include "server/rpc_value.h"
#include "text/utf8.h"

/* Limits of one reply of failover.list. The module ctl has room for some ninety
 * structures and 32 KiB in a reply. */
#define LIST_RULES_DEFAULT 20
#define LIST_RULES_MAX 50
#define LIST_BYTES_MAX 20000
#define LIST_SOURCE_BYTES_MAX 1000
#define LIST_NAME_BYTES_MAX 64

/* The module ctl has room for a fault of 255 bytes, and reads beyond its buffer if a
 * fault is longer. jsonrpcs cuts a fault at 127 bytes, even inside a character. */
#define FAULT_BYTES_MAX 250

/* -- texts -------------------------------------------------------------- */

/* Make valid UTF-8 of a text; a file or its name can contain other bytes.
 * @param buffer room for size bytes; a longer text is cut
 * @param is_ascii the result is ASCII only */
static str clean_text(const str *text, char *buffer, int size, bool is_ascii)
{
	int left = utf8_cut(text->s, text->len, size);
	const char *at = text->s;
	str clean = {buffer, 0};
	int bytes;

	for(; left > 0; at += bytes, left -= bytes) {
		long code = utf8_decode(at, left, &bytes);

		if(code < 0 || (is_ascii && code >= 0x80)) {
			buffer[clean.len++] = '?';
		} else {
			memcpy(buffer + clean.len, at, bytes);
			clean.len += bytes;
		}
	}
	return clean;
}

/* The place that the plan was read from.
 * @param buffer room for PATH_MAX bytes */
static str source_text(const plan_t *plan, char *buffer)
{
	str source = str_of(plan_source(plan));

	return clean_text(&source, buffer, PATH_MAX, false);
}

/* -- failover.reload ---------------------------------------------------- */

static const char *const reload_doc[] = {
		"Reads the file of the dial plan again. One with an error is refused, "
		"and the dial plan stays as it was.",
		NULL};

/* Write the first error and the number of errors. */
static void fault_of_plan(
		rpc_t *rpc, void *context, int code, const failure_t *failure)
{
	str line = {(char *)failure->text, (int)strcspn(failure->text, "\n")};
	char buffer[FAULT_BYTES_MAX];
	char more[64] = "";

	if(failure->errors > 1)
		snprintf(more, sizeof(more), " (%d errors; the log has all of them)",
				failure->errors);
	line = clean_text(&line, buffer, FAULT_BYTES_MAX - (int)strlen(more), true);
	rpc->fault(context, code, "%.*s%s", STR_FMT(&line), more);
}

/* Describe the plan that is loaded now. */
static void reply_with_plan(rpc_t *rpc, void *context)
{
	plan_t *plan = plan_acquire();
	char buffer[PATH_MAX];
	str source = source_text(plan, buffer);
	void *reply;

	if(rpc->add(context, "{", &reply) >= 0)
		rpc->struct_add(reply, "Sd", "file", &source, "rules",
				plan_dialplan(plan)->n_rules);
	plan_release(plan);
}

static void rpc_reload(rpc_t *rpc, void *context)
{
	failure_t failure;

	if(rpc_has_more(rpc, context)) {
		rpc->fault(context, 400, "failover.reload takes no argument");
		return;
	}
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
			reply_with_plan(rpc, context);
			return;
	}
}

/* -- failover.list ------------------------------------------------------ */

static const char *const list_doc[] = {
		"Lists the rules of the dial plan: failover.list [FIRST [COUNT]], 20 "
		"rules from the first one on where nothing else is said, at most 50.",
		NULL};

static void add_failure(rpc_t *rpc, void *reply)
{
	char buffer[LIST_SOURCE_BYTES_MAX];
	failure_t failure;
	char at[32];
	void *section;
	str text;

	plan_last_failure(&failure);
	if(failure.at == 0
			|| rpc->struct_add(reply, "{", "last_failed_reload", &section) < 0)
		return;
	rpc_show_time(failure.at, at, sizeof(at));
	text = str_of(failure.text);
	text = clean_text(&text, buffer, sizeof(buffer), false);
	rpc->struct_add(
			section, "sdS", "at", at, "errors", failure.errors, "text", &text);
}

/* @return the approximate number of bytes that it takes in the reply */
static int add_rule(rpc_t *rpc, void *list, const rule_t *rule)
{
	char name_buffer[LIST_NAME_BYTES_MAX];
	char source_buffer[LIST_SOURCE_BYTES_MAX];
	str no_name = {"", 0};
	str name = clean_text(rule->name.len > 0 ? &rule->name : &no_name,
			name_buffer, sizeof(name_buffer), false);
	str source = clean_text(
			&rule->source, source_buffer, sizeof(source_buffer), false);
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
	char source_buffer[PATH_MAX];
	str source = source_text(plan, source_buffer);
	char at[32];
	void *reply, *list;
	int bytes = 0;
	int i;

	if(rpc->add(context, "{", &reply) < 0)
		return;
	rpc_show_time(plan_loaded_at(plan), at, sizeof(at));
	rpc->struct_add(reply, "Ssd", "file", &source, "loaded", at, "rules",
			dialplan->n_rules);
	add_failure(rpc, reply);
	if(rpc->struct_add(reply, "[", "list", &list) < 0)
		return;
	for(i = first - 1; i < dialplan->n_rules && i - (first - 1) < count
					   && bytes < LIST_BYTES_MAX;
			i++)
		bytes += add_rule(rpc, list, dialplan->rules[i]);
}

static void rpc_list(rpc_t *rpc, void *context)
{
	int first = 1;
	int count = LIST_RULES_DEFAULT;
	plan_t *plan;

	rpc_scan_number(rpc, context, &first);
	rpc_scan_number(rpc, context, &count);
	if(first < 1 || count < 1 || count > LIST_RULES_MAX
			|| rpc_has_more(rpc, context)) {
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
