/* SPDX-License-Identifier: GPL-2.0-or-later */
/* hold_rpc: the commands by which an operator looks at next hops that are
 * remembered, takes one out of service and releases it. */
#ifndef FAILOVER_SERVER_HOLD_RPC_H
#define FAILOVER_SERVER_HOLD_RPC_H

#include "../../core/rpc.h"

extern rpc_export_t hold_rpc[];

#endif
