/* SPDX-License-Identifier: GPL-2.0-or-later */
/* outgoing: addresses the request of a call to a destination, and sends it. */
#ifndef FAILOVER_CALL_OUTGOING_H
#define FAILOVER_CALL_OUTGOING_H

#include "call/course.h"

/** The socket to send from: the one in the options of the destination, or else the one
 * that the script has set ($fs), if the destination can be reached from it; NULL:
 * any. */
struct socket_info *outgoing_socket(const call_t *call, const target_t *target);

/** Write a destination into the request, or into tm's copy of it. So the script sees
 * that destination in branch_route, onsend_route and a branch-failure route.
 * @return 0, or -1 without memory */
int outgoing_address(call_t *call, struct sip_msg *msg, const target_t *target);

/** Show the script which gateway of dispatcher a destination is. The caller holds the
 * lock: an onreply_route may use the same $xavp. */
void outgoing_show(const target_t *target);

/** Write a destination into the request, let the script change the request, and send
 * it. The caller does not hold the lock if this may take long.
 * @param is_seen whether the script may read or change the request meanwhile
 * @return > 0 if it has left; otherwise it has not, and ser_error is E_CFG if the
 *         script has dropped it */
int outgoing_send(call_t *call, struct sip_msg *msg, const target_t *target,
		bool is_seen);

#endif
