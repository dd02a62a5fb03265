/* SPDX-License-Identifier: GPL-2.0-or-later */
/* failover_plan: the dial plan that is loaded. It lies in shared memory, is
 * made before the processes are forked, and does not change afterwards. */
#ifndef FAILOVER_PLAN_H
#define FAILOVER_PLAN_H

#include "rule.h"

/** Load the plan from a file. Every error is logged as FILE:LINE:COLUMN. To be
 * called while the configuration is read, so that `kamailio -c` sees it too.
 * @param path NUL-terminated
 * @return 0, or -1 if it cannot be read, has an error, or a plan is loaded */
int plan_load_file(const char *path);

/** Load the plan from a text. As above, errors as dialplan_text:LINE:COLUMN. */
int plan_load_text(const str *text);

/** Look at what the plan, if there is one, asks of this server; once all modules
 * are loaded.
 * @return 0, or -1 with every error logged */
int plan_check(void);

/** Is a plan loaded, be it one without a rule? */
bool plan_is_loaded(void);

/** The rule for a request.
 * @return NULL if no rule applies; valid as long as the plan is loaded */
const rule_t *plan_match(void);

/** Release the plan. */
void plan_destroy(void);

#endif
