/* SPDX-License-Identifier: GPL-2.0-or-later */
/* dialplan_lint: finds what is allowed in a dial plan but most likely a mistake.
 * The checks are one table (dialplan_lint.c); a new check is a new row. */
#ifndef FAILOVER_LINT_DIALPLAN_LINT_H
#define FAILOVER_LINT_DIALPLAN_LINT_H

#include "dialplan/dialplan.h"

/* What the server is like that the plan is for. */
typedef struct lint_options
{
	const settings_t *defaults; /* the level below; every setting written */
	unsigned max_branches;		/* Kamailio's, 12 by default */
} lint_options_t;

/** Warn of what looks wrong in a plan that was read without an error.
 * @param arena for what has to be remembered while looking
 * @param diagnostics gets the warnings, in the order of the checks; whoever shows
 *        them sorts them by line
 * @return 0, or -1 without memory */
int dialplan_lint(const dialplan_t *plan, const lint_options_t *options,
		arena_t *arena, diagnostics_t *diagnostics);

#endif
