/* SPDX-License-Identifier: GPL-2.0-or-later */
/* commands: the commands of the tool. */
#ifndef FAILOVER_CTL_COMMANDS_H
#define FAILOVER_CTL_COMMANDS_H

#include "ctl/options.h"

/** Find what is wrong with a plan.
 * @return the exit status */
int check_run(options_t *options);

/** Say what becomes of a call.
 * @return the exit status */
int explain_run(options_t *options);

#endif
