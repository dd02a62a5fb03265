/* SPDX-License-Identifier: GPL-2.0-or-later */
/* explain: finds out what happens to a call, with the code of the module. explain_text
 * and explain_json show the result. */
#ifndef FAILOVER_CTL_EXPLAIN_H
#define FAILOVER_CTL_EXPLAIN_H

#include "ctl/options.h"
#include "ctl/plan_text.h"
#include "ctl/listing.h"

/* A rule that does not apply. */
typedef struct asked_rule
{
	struct asked_rule *next;
	const rule_t *rule;
	outcome_t outcome;
	const condition_t *condition; /* the first condition that does not hold */
	const str *values; /* the values that the condition was compared with,
								 * n_values of them */
	int n_values;
} asked_rule_t;

/* A destination of the call. */
typedef struct attempt
{
	struct attempt *next;
	const target_t *target;
	settings_t settings; /* with the options of the destination */
	transport_t transport;
	str next_hop; /* the next hop; len 0: the one that its URI gives */
} attempt_t;

typedef struct explanation
{
	const options_t *options;
	const plan_text_t *text;
	const dialplan_t *plan;
	asked_rule_t *refused; /* in order, without those that are left out */
	int n_left_out;		   /* how many are left out at the beginning */
	const applied_rule_t *applied;
	int n_applied;
	bool knows_own; /* it is known whether the R-URI is the server's own */
	bool is_ours; /* it is the server's own, and the request has no next hop */
	const listing_t
			*listing; /* the reason why there is no route; NULL: there is one */
	route_t route;
	attempt_t *attempts; /* all destinations; how many of them are tried: */
	int n_tried;
} explanation_t;

/** Print an explanation. In text, errors go to stderr; in JSON, they are part of it. */
void explain_print_text(const explanation_t *explanation);

/** @return 0, or -1 without memory */
int explain_print_json(const explanation_t *explanation);

#endif
