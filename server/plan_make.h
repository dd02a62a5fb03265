/* SPDX-License-Identifier: GPL-2.0-or-later */
/* plan_make: makes a dial plan in shared memory from a text or a file. It does not
 * know who uses the plan. */
#ifndef FAILOVER_SERVER_PLAN_MAKE_H
#define FAILOVER_SERVER_PLAN_MAKE_H

#include <time.h>

#include "dialplan/dialplan.h"
#include "server/report.h"

typedef struct plan
{
	arena_t *arena; /* the plan itself is in it; arena_destroy() releases it */
	dialplan_t *dialplan;
	str source; /* a path, or dialplan_text; NUL-terminated */
	bool is_file;
	time_t loaded_at;
	int references; /* how many use it; 1 at first */
} plan_t;

/** Make a plan of a text, while the configuration is read.
 * @param failure filled when it fails
 * @return NULL with every error logged */
plan_t *plan_make_of_text(const str *text, failure_t *failure);

/** Make a plan of a file.
 * @param path from the root on
 * @param is_reload the server is running. Then the plan is checked against what the
 *                  server has, and a plan without a rule is an error: somebody may
 *                  be writing the file. Any process may call this; it alone waits
 * @param failure filled when it fails
 * @return NULL with every error logged */
plan_t *plan_make_of_file(const char *path, bool is_reload, failure_t *failure);

/** Check a plan that was made before all modules were loaded against what this
 * server has.
 * @return 0, or -1 with every error logged */
int plan_check_server(const plan_t *plan);

#endif
