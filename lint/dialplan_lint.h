/* SPDX-License-Identifier: GPL-2.0-or-later */
/* dialplan_lint: finds lines of a dial plan that are allowed, but are most likely
 * a mistake. The checks are one table (dialplan_lint.c); a new check is a new row. */
#ifndef FAILOVER_LINT_DIALPLAN_LINT_H
#define FAILOVER_LINT_DIALPLAN_LINT_H

#include "dialplan/dialplan.h"

/* The server that will run the plan. */
typedef struct lint_options
{
	const settings_t *defaults; /* those of the server; each is set */
	unsigned max_branches;		/* Kamailio's, 12 by default */
	/* the text of the settings, where the plan is one rule that stands for a script
	 * call; NULL: it is a plan */
	const fragment_t *call_settings;
} lint_options_t;

/** Run all checks on a plan that was read without an error.
 * @param arena holds what the checks have to remember
 * @param diagnostics gets the warnings, in the order of the checks; the caller
 *        sorts them by line
 * @return 0, or -1 without memory */
int dialplan_lint(const dialplan_t *plan, const lint_options_t *options,
		arena_t *arena, diagnostics_t *diagnostics);

#endif
