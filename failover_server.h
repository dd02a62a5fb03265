/* SPDX-License-Identifier: GPL-2.0-or-later */
/* failover_server: what this server has, and whether it has what a rule asks
 * for. It is asked at start, when all modules are loaded, so that a missing
 * transport is found there and not by the first call that needs it. */
#ifndef FAILOVER_SERVER_H
#define FAILOVER_SERVER_H

#include "rule.h"

/** Look at what a rule asks of this server. An error for a transport it does
 * not speak; a warning for more destinations than it takes for one call.
 * @param rule with or without destinations
 * @return 0, or -1 with every error reported */
int server_check_rule(const rule_t *rule, diagnostics_t *diagnostics);

#endif
