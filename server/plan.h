/* SPDX-License-Identifier: GPL-2.0-or-later */
/* plan: the dial plan that is loaded. All processes share it, in shared memory,
 * and only read it. A reload makes a new plan beside the old one and takes its
 * place. The old plan is released when the last process has finished reading it.
 * Calls hold copies of what they need. */
#ifndef FAILOVER_SERVER_PLAN_H
#define FAILOVER_SERVER_PLAN_H

#include <time.h>

#include "dialplan/dialplan.h"
#include "server/report.h"

typedef struct plan plan_t;

typedef enum reload_result
{
	RELOAD_DONE,
	RELOAD_NO_FILE,	  /* the plan was not loaded from a file */
	RELOAD_BUSY,	  /* another process is reloading */
	RELOAD_BAD,		  /* the file cannot be read or has errors */
	RELOAD_NO_MEMORY, /* there is not enough memory for it */
} reload_result_t;

/** Load the plan from a file. Every error is logged as FILE:LINE:COLUMN. Call it
 * while the configuration is read, so that `kamailio -c` finds the errors too.
 * @param name NUL-terminated; without a leading slash it is below the folder that
 *             the server was started in
 * @return 0, or -1 if it cannot be read, has an error, or a plan is loaded */
int plan_load_file(const char *name);

/** Load the plan from a text. As above, errors as dialplan_text:LINE:COLUMN. */
int plan_load_text(const str *text);

/** Check, once all modules are loaded, whether this server has what the plan needs,
 * if there is one.
 * @return 0, or -1 with every error logged */
int plan_check(void);

/** Is a plan loaded? It may be one without a rule. */
bool plan_is_loaded(void);

/** Read the file of the plan again, in any process. If anything fails, the old plan
 * stays. A file without a rule is an error.
 * @param failure filled, unless RELOAD_DONE */
reload_result_t plan_reload(failure_t *failure);

/** The current plan. It stays until plan_release(), whatever is reloaded.
 * @return NULL if none is loaded */
plan_t *plan_acquire(void);

void plan_release(plan_t *plan);

/** Its rules; where it was loaded from (a path, or dialplan_text); when. */
const dialplan_t *plan_dialplan(const plan_t *plan);
const char *plan_source(const plan_t *plan);
time_t plan_loaded_at(const plan_t *plan);

/** The last reload that failed. */
void plan_last_failure(failure_t *failure);

/** Release the plan, at the server's end. */
void plan_destroy(void);

#endif
