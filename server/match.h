/* SPDX-License-Identifier: GPL-2.0-or-later */
/* match: finds the rules of the plan that apply to a request. All processes share
 * the plan; each has its own memory to match with. */
#ifndef FAILOVER_SERVER_MATCH_H
#define FAILOVER_SERVER_MATCH_H

#include "../../core/parser/msg_parser.h"

#include "server/plan.h"

/** Find the rules for a request.
 * @param plan acquired. A pattern that reaches a limit is logged once for each rule
 * @param msg its Call-ID is parsed (request_is_initial_invite())
 * @param applied set to the rules; valid until this process calls again or releases
 *                the plan
 * @return how many rules, 0: none; -1 with the reason logged */
int match_request(const plan_t *plan, struct sip_msg *msg,
		const applied_rule_t **applied);

#endif
