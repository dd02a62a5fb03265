/* SPDX-License-Identifier: GPL-2.0-or-later */
/* plan_make: a dial plan in shared memory is made of a text or a file.
 * Who uses it is not known here. */
#ifndef FAILOVER_SERVER_PLAN_MAKE_H
#define FAILOVER_SERVER_PLAN_MAKE_H

#include <time.h>

#include "dialplan/dialplan.h"
#include "server/report.h"

typedef struct plan
{
	arena_t *arena; /* the plan itself is in it; arena_destroy() is its end */
	dialplan_t *dialplan;
	str source; /* a path, or dialplan_text; NUL-terminated */
	bool is_file;
	time_t loaded_at;
	int references; /* for those who share it; 1 at first */
} plan_t;

/** Make a plan of a text, while the configuration is read.
 * @param failure filled when it fails
 * @return NULL with every error logged */
plan_t *plan_make_of_text(const str *text, failure_t *failure);

/** Make a plan of a file.
 * @param path from the root on
 * @param is_reload the server is up: so the plan is held against what it has, and
 *                  one without a rule is taken for a file that is just written.
 *                  In any process, which may wait for it: nobody else does
 * @param failure filled when it fails
 * @return NULL with every error logged */
plan_t *plan_make_of_file(const char *path, bool is_reload, failure_t *failure);

/** Hold a plan that was made before all modules were loaded against what this
 * server has.
 * @return 0, or -1 with every error logged */
int plan_check_server(const plan_t *plan);

#endif
