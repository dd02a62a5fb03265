/* SPDX-License-Identifier: GPL-2.0-or-later */
/* hold_rpc: the RPC commands by which an operator lists the remembered next hops,
 * takes one out of service and releases it. */
#ifndef FAILOVER_SERVER_HOLD_RPC_H
#define FAILOVER_SERVER_HOLD_RPC_H

#include "../../core/rpc.h"

extern rpc_export_t hold_rpc[];

#endif
