/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../../core/sr_module.h"
#include "../../core/dprint.h"

#include "server/match.h"

#include <stdio.h>

#include "server/log.h"
#include "server/memory.h"
#include "server/source.h"

/* A plan, and the request for which its rules are searched. */
/* so many rules are named in a line of the log */
#define LIMITS_NAMED 8

typedef struct asked
{
	const plan_t *plan;
	const struct sip_msg *msg;
	/* conditions that ran into a limit for the first time, one a rule */
	const condition_t *limited[LIMITS_NAMED];
	int n_limited; /* how many rules have one; more than LIMITS_NAMED, perhaps */
} asked_t;

/* Log it once for each rule of each load, as a caller can cause it at will. */
static void on_limit(
		void *context, const rule_t *rule, const condition_t *condition)
{
	asked_t *asked = context;

	if(__atomic_exchange_n(rule->is_limit_reported, true, __ATOMIC_RELAXED))
		return;
	if(asked->n_limited < LIMITS_NAMED)
		asked->limited[asked->n_limited] = condition;
	asked->n_limited++;
}

/* Write the line numbers of the conditions behind the first: ", as in lines 6, 10". */
static void name_others(const asked_t *asked, char *text, size_t bytes)
{
	int named =
			asked->n_limited < LIMITS_NAMED ? asked->n_limited : LIMITS_NAMED;
	size_t len = 0;
	int i;

	text[0] = '\0';
	for(i = 1; i < named; i++)
		len += (size_t)snprintf(text + len, bytes - len, "%s %d",
				i == 1 ? ", as in lines" : ",", asked->limited[i]->where.line);
	if(asked->n_limited > named)
		snprintf(text + len, bytes - len, " and %d more",
				asked->n_limited - named);
}

/* One line for a request, however many rules there are. */
static void log_limits(const asked_t *asked)
{
	const condition_t *first = asked->limited[0];
	char others[160];

	if(asked->n_limited == 0)
		return;
	name_others(asked, others, sizeof(others));
	if(first->test->subject->has_holes) {
		LM_WARN("%s:%d:%d: [%.*s]: what a condition above has caught does not "
				"fit into its argument, or it ran into a limit, which counts "
				"as no match: a pattern that catches less would be right%s; "
				"Call-ID [%s]\n",
				plan_source(asked->plan), first->where.line,
				first->where.column, STR_FMT(&first->where.text), others,
				log_call_id(asked->msg));
		return;
	}
	LM_WARN("%s:%d:%d: [%.*s] was asked of more than %d headers of one name, "
			"or of a text of more than %d bytes, or took too many steps, which "
			"counts as no match: a pattern that begins with ^, or a simpler "
			"one, would be right%s; Call-ID [%s]\n",
			plan_source(asked->plan), first->where.line, first->where.column,
			STR_FMT(&first->where.text), DIALPLAN_VALUES_MAX,
			PATTERN_TEXT_BYTES_MAX, others, log_call_id(asked->msg));
}

/* The matcher of this process. It is made when it is first needed. */
static matcher_t *own_matcher(void)
{
	static matcher_t *matcher;

	if(matcher == NULL)
		matcher = matcher_create(&failover_heap);
	return matcher;
}

/* This shows why a call took its way. */
static void log_applied(const plan_t *plan, const struct sip_msg *msg,
		const applied_rule_t *applied, int count)
{
	int i;

	if(!is_printable(L_DBG))
		return;
	for(i = 0; i < count; i++)
		LM_DBG("%s:%d: rule [%.*s] applies, Call-ID [%s]\n", plan_source(plan),
				applied[i].rule->line, STR_FMT(&applied[i].rule->name),
				log_call_id(msg));
	if(count == 0)
		LM_DBG("%s: no rule applies, Call-ID [%s]\n", plan_source(plan),
				log_call_id(msg));
}

int match_request(
		const plan_t *plan, struct sip_msg *msg, const applied_rule_t **applied)
{
	asked_t asked = {.plan = plan, .msg = msg};
	match_listener_t listener = {.on_limit = on_limit, .context = &asked};
	matcher_t *matcher = own_matcher();
	source_t source;
	request_source_t answers = source_of_request(&source, msg);
	int count = -1;

	if(matcher != NULL)
		count = dialplan_match(
				plan_dialplan(plan), matcher, &answers, &listener, applied);
	log_limits(&asked);
	if(count < 0)
		LM_ERR("no memory to look for the rule of a call\n");
	else
		log_applied(plan, msg, *applied, count);
	return count;
}
