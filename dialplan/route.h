/* SPDX-License-Identifier: GPL-2.0-or-later */
/* route: makes the route of a call out of the rules that apply and the request: the
 * targets in their order, the settings, the headers and variables. The module sends the
 * call by it, and failoverctl prints it. */
#ifndef FAILOVER_DIALPLAN_ROUTE_H
#define FAILOVER_DIALPLAN_ROUTE_H

#include "dialplan/dialplan.h"

/** The gateways that dispatcher would use for this call, in its order.
 * @param arena holds them
 * @return NULL: none can be used */
typedef gateway_t *find_gateways_f(
		void *asker, int set, int algorithm, arena_t *arena);

/* Where a request would go without the module. */
typedef struct request_view
{
	str uri;	  /* the R-URI */
	str next_hop; /* the dst URI; len 0: none */
	bool is_ours; /* it would come back to this server: no dst URI, and the R-URI is ours */
	find_gateways_f
			*find_gateways; /* NULL: none are known, and a set stands for
									 * itself, as one target without next hop */
	void *asker;
} request_view_t;

/* A call keeps at most so many destinations of a list. Each attempt takes a branch of
 * tm, which has ATTEMPTS_MAX of them. The further destinations are for those that
 * cannot be sent to. */
#define ROUTE_TARGETS_MAX 64

typedef struct route
{
	settings_t settings;
	bool is_reply;			 /* the call gets this reply and is sent nowhere: */
	int reply_code;			 /* 400..699 */
	str reply_reason;		 /* NUL-terminated */
	target_t *targets;		 /* in order; at least one, unless is_reply */
	named_text_t *headers;	 /* each name once */
	named_text_t *variables; /* each name once */
} route_t;

/** Make the route of a call.
 * @param applied the rules that apply; a later one overrides an earlier one
 * @param defaults the level of settings below, every setting written
 * @param arena holds all of the route; nothing in it points into the rules, the
 *              groups or the request
 * @return 0; -1 with an error reported: a value does not fit in its place, a
 *         setting has a wrong value, there is no destination, or without memory */
int route_make(route_t *route, const applied_rule_t *applied, int n_applied,
		const settings_t *defaults, const request_view_t *view, arena_t *arena,
		diagnostics_t *diagnostics);

#endif
