/* SPDX-License-Identifier: GPL-2.0-or-later */
/* commands: the commands of the tool. */
#ifndef FAILOVER_CTL_COMMANDS_H
#define FAILOVER_CTL_COMMANDS_H

#include "ctl/options.h"

/** Find what is wrong with a plan.
 * @return the exit status */
int check_run(options_t *options);

/** Say what happens to a call.
 * @return the exit status */
int explain_run(options_t *options);

/** List the calls that are active on a server, or show its counters, or show both
 * repeatedly.
 * @return the exit status */
int calls_run(options_t *options);
int stats_run(options_t *options);
int watch_run(options_t *options);

/** Check the dial plan file of a server, and make the server load it again.
 * @return the exit status */
int reload_run(options_t *options);

#endif
