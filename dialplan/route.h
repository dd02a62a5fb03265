/* SPDX-License-Identifier: GPL-2.0-or-later */
/* route: what becomes of one call, when the rules that apply and the request
 * come together: the targets in order, the settings, what is changed on the
 * way. The module sends a call by it, and failoverctl prints it. */
#ifndef FAILOVER_DIALPLAN_ROUTE_H
#define FAILOVER_DIALPLAN_ROUTE_H

#include "dialplan/dialplan.h"

/* What a request was to be sent with. */
typedef struct request_view
{
	str uri;	  /* the R-URI */
	str next_hop; /* the dst URI; len 0: none */
	bool is_ours; /* it would come back to us: no dst URI, and the R-URI is ours */
} request_view_t;

/* How many destinations of a list a call takes along. Each attempt takes a branch
 * of tm's, of which it has ATTEMPTS_MAX; the others stand in for those that turn
 * out to be no attempts. */
#define ROUTE_TARGETS_MAX 64

typedef struct route
{
	settings_t settings;
	bool is_reply;	   /* the call is answered with this, and sent nowhere: */
	int reply_code;	   /* 400..699 */
	str reply_reason;  /* NUL-terminated */
	target_t *targets; /* in order; at least one, unless is_reply */
	named_text_t *headers;	 /* each name once */
	named_text_t *variables; /* each name once */
} route_t;

/** Make the route of a call.
 * @param applied the rules that apply; what a later one says beats what an
 *                earlier one does
 * @param defaults the level of settings below, every setting written
 * @param arena holds all of the route; nothing in it points into the rules, the
 *              groups or the request
 * @return 0; -1 with an error reported: a value may not stand in its place, a
 *         setting is none, there is no destination, or without memory */
int route_make(route_t *route, const applied_rule_t *applied, int n_applied,
		const settings_t *defaults, const request_view_t *view, arena_t *arena,
		diagnostics_t *diagnostics);

#endif
