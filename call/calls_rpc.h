/* SPDX-License-Identifier: GPL-2.0-or-later */
/* calls_rpc: the RPC commands that show the calls and the statistics. */
#ifndef FAILOVER_CALL_CALLS_RPC_H
#define FAILOVER_CALL_CALLS_RPC_H

#include "../../core/rpc.h"

/** The table of commands, for rpc_register_array(). */
extern rpc_export_t calls_rpc[];

#endif
