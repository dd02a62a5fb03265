/* SPDX-License-Identifier: GPL-2.0-or-later */
/* dialplan_parse: reads a dial plan in the language of the Brekeke SIP Server: text
 * in, a plan or errors with line and column out. Lines and sections are read here,
 * the contents of a rule in rule_parse. */
#ifndef FAILOVER_DIALPLAN_PARSE_H
#define FAILOVER_DIALPLAN_PARSE_H

#include "dialplan/dialplan.h"

#define DIALPLAN_MIB_MAX 16
#define DIALPLAN_BYTES_MAX (DIALPLAN_MIB_MAX * 1024 * 1024)
#define DIALPLAN_LINE_BYTES_MAX (64 * 1024)
#define DIALPLAN_RULES_MAX 100000

/** Read a dial plan.
 * @param text the whole text; the plan keeps pointers into it
 * @param arena holds the plan
 * @param scratch memory that is needed only while the text is read
 * @return the plan, which may have no rule; NULL with every error reported */
dialplan_t *dialplan_parse(const str *text, arena_t *arena, arena_t *scratch,
		diagnostics_t *diagnostics);

/** The same for a checker, which wants to look for more mistakes after an error.
 * @param plan set to the plan. With -1 it has the rules and subjects that could be
 *             read, and may be looked at but not used; NULL if there are none
 * @return 0, or -1 with every error reported */
int dialplan_read(const str *text, dialplan_t **plan, arena_t *arena,
		arena_t *scratch, diagnostics_t *diagnostics);

/** A plan without a rule takes no call, and is most likely a file that is just being
 * written: an error for whoever loads one, or checks one.
 * @return 0, or -1 with it reported */
int dialplan_require_rule(const dialplan_t *plan, diagnostics_t *diagnostics);

#endif
