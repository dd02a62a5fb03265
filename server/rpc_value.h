/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rpc_value: values that several commands read and write in the same way. */
#ifndef FAILOVER_SERVER_RPC_VALUE_H
#define FAILOVER_SERVER_RPC_VALUE_H

#include <stdbool.h>
#include <time.h>

#include "../../core/rpc.h"

/** Read an optional number of a command. It is read as text, because scan() cannot
 * tell a wrong word from a missing number.
 * @param number not changed if it is missing; -1 if it is not a number >= 0 */
void rpc_scan_number(rpc_t *rpc, void *context, int *number);

/** Has a command more words than it takes? */
bool rpc_has_more(rpc_t *rpc, void *context);

/** Add a number that only grows. One that is too big for an integer of binrpc is
 * floating point there. */
void rpc_add_count(rpc_t *rpc, void *section, const char *name, long value);

/** Write a time as local time: 2026-01-31 23:59:59. */
void rpc_show_time(time_t when, char *text, size_t size);

#endif
