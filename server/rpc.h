/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rpc: the commands of the module, as kamcmd and jsonrpcs offer them. */
#ifndef FAILOVER_SERVER_RPC_H
#define FAILOVER_SERVER_RPC_H

#include "../../core/rpc.h"

/** The table of commands, for rpc_register_array(). */
extern rpc_export_t failover_rpc[];

#endif
