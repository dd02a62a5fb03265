/* SPDX-License-Identifier: GPL-2.0-or-later */
/* match: which rules of the plan apply to a request, in this process:
 * the plan is shared, what matching writes to is each one's own. */
#ifndef FAILOVER_SERVER_MATCH_H
#define FAILOVER_SERVER_MATCH_H

#include "../../core/parser/msg_parser.h"

#include "server/plan.h"

/** The rules for a request.
 * @param plan acquired; its conditions' limits are logged once for each rule
 * @param msg whose Call-ID is parsed (request_is_initial_invite())
 * @param applied set to them; valid until this process asks again, and the plan
 *                is released
 * @return how many, 0: none; -1 with the reason logged */
int match_request(const plan_t *plan, struct sip_msg *msg,
		const applied_rule_t **applied);

#endif
