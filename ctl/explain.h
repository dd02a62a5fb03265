/* SPDX-License-Identifier: GPL-2.0-or-later */
/* explain: finds out what happens to a call, with the code of the module. The
 * result is shown by explain_text and explain_json. */
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
	const condition_t *condition; /* the first that does not hold */
	const str *values;			  /* that it was asked of, n_values of them */
	int n_values;
} asked_rule_t;

/* A destination of the call. */
typedef struct attempt
{
	struct attempt *next;
	const target_t *target;
	settings_t settings; /* with the options of the destination */
	transport_t transport;
	str next_hop; /* where it is sent; len 0: where its URI points */
} attempt_t;

typedef struct explanation
{
	const options_t *options;
	const plan_text_t *text;
	const dialplan_t *plan;
	asked_rule_t *refused; /* in order, but for those that are left out */
	int n_left_out;		   /* of them, at the beginning */
	const applied_rule_t *applied;
	int n_applied;
	bool knows_own;			  /* whether the R-URI is the server's own */
	bool is_ours;			  /* it is, and the request has no next hop */
	const listing_t *listing; /* why there is no route; NULL: there is one */
	route_t route;
	attempt_t *attempts; /* all; of them are tried: */
	int n_tried;
} explanation_t;

/** Print it. What is wrong goes to stderr, but into JSON. */
void explain_print_text(const explanation_t *explanation);

/** @return 0, or -1 without memory */
int explain_print_json(const explanation_t *explanation);

#endif
