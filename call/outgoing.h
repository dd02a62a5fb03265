/* SPDX-License-Identifier: GPL-2.0-or-later */
/* outgoing: the request of a call, made that of a destination, and sent. */
#ifndef FAILOVER_CALL_OUTGOING_H
#define FAILOVER_CALL_OUTGOING_H

#include "call/course.h"

/** The socket from which a destination is sent to: that of its own options, else that
 * of the script ($fs), for every attempt that can use it; NULL: any. */
struct socket_info *outgoing_socket(const call_t *call, const target_t *target);

/** Make the request, or tm's copy of it, that of a destination. So whatever the
 * script asks in branch_route, onsend_route or a branch-failure route is that
 * destination's.
 * @return 0, or -1 without memory */
int outgoing_address(call_t *call, struct sip_msg *msg, const target_t *target);

/** Make it that of a destination, let the script change it, and send it. Without the
 * lock, where that may take long.
 * @return > 0 if it has left; else it has not, and ser_error is E_CFG where the
 *         script did not want it */
int outgoing_send(call_t *call, struct sip_msg *msg, const target_t *target);

#endif
