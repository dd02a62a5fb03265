/* SPDX-License-Identifier: GPL-2.0-or-later */
/* dialplan_parse: the language of the Brekeke SIP Server's dial plan, text -> a
 * plan, or errors with line and column. Here are the text as such and its
 * sections; what stands in a rule is rule_parse's. */
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
 * @param scratch holds what is needed while it is read
 * @return the plan, which may be without a rule; NULL with every error
 *         reported */
dialplan_t *dialplan_parse(const str *text, arena_t *arena, arena_t *scratch,
		diagnostics_t *diagnostics);

/** The same for whoever looks for more mistakes in what could be read.
 * @param plan set to the plan; when -1 is returned, to its rules as far as they
 *             could be read, and its subjects, for nothing but to be looked at;
 *             NULL if there is none
 * @return 0, or -1 with every error reported */
int dialplan_read(const str *text, dialplan_t **plan, arena_t *arena,
		arena_t *scratch, diagnostics_t *diagnostics);

#endif
