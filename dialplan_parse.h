/* SPDX-License-Identifier: GPL-2.0-or-later */
/* dialplan_parse: the deploy-pattern language of the Brekeke SIP Server's dial
 * plan, text -> a rule, or errors with line and column.
 *
 * So far a plan is one rule made of deploy patterns only; a line that belongs
 * to the language but not to that part of it is refused by name. */
#ifndef FAILOVER_DIALPLAN_PARSE_H
#define FAILOVER_DIALPLAN_PARSE_H

#include "rule.h"

#define DIALPLAN_BYTES_MAX (16 * 1024 * 1024)
#define DIALPLAN_LINE_BYTES_MAX (64 * 1024)

/** Read a dial plan.
 * @param text the whole text; the rule keeps pointers into it
 * @param arena holds the rule
 * @param rule set on success: the rule, or NULL for a plan without one
 * @return 0, or -1 with every error reported */
int dialplan_parse(const str *text, arena_t *arena, rule_t **rule,
		diagnostics_t *diagnostics);

#endif
