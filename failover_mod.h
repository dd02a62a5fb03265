/* SPDX-License-Identifier: GPL-2.0-or-later */
/* failover_mod: what Kamailio sees of the module: parameters, script functions, KEMI.
 * It takes no decision about a call. */
#ifndef FAILOVER_MOD_H
#define FAILOVER_MOD_H

#include "../../core/parser/msg_parser.h"

/** failover(): take a call by the dial plan.
 * @return 1 taken, 0 a retransmission (ends the script), -1 no rule matched,
 *         -2 refused, with the reason logged and the request untouched */
int ki_failover(struct sip_msg *msg);

/** failover(destinations): take a call by a list.
 * @param destinations the whole list, including the first destination
 * @return as ki_failover(), never -1 */
int ki_failover_to(struct sip_msg *msg, str *destinations);

/** failover(destinations, settings).
 * @param settings name=value, separated by `;` or line ends
 * @return as ki_failover_to() */
int ki_failover_with(struct sip_msg *msg, str *destinations, str *settings);

/** The core calls this when it has opened the module (core/sr_module.c; no header
 * declares it). Registers the functions for KEMI. */
int mod_register(char *path, int *dlflags, void *p1, void *p2);

/** failover_retry(): in failure_route, try the destination that failed last once more.
 * @return 1 sent, -1 there is nothing to retry */
int ki_failover_retry(struct sip_msg *msg);

#endif
