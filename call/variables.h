/* SPDX-License-Identifier: GPL-2.0-or-later */
/* variables: passes the variables of a dial plan to the script, as
 * $xavp(failover=>name). */
#ifndef FAILOVER_CALL_VARIABLES_H
#define FAILOVER_CALL_VARIABLES_H

#include "dialplan/route.h"

/** Set variables of the call. They become children of the topmost xavp `failover`. A
 * child of the same name is replaced. If there is no such xavp, one is made
 * (core/xavp.c, xavp_set_child_sval).
 *
 * They are put into the xavp list that is current in this process. So call this in
 * request_route: before the transaction is made, which takes the list over (tm,
 * h_table.c, build_cell), or after it, when the list belongs to the transaction. In
 * both cases all later routes of the call see them. It is best to call it late, when
 * nothing can refuse the call any more. It takes no lock: no other process writes
 * there before the first attempt is made.
 *
 * @param variables names of at least one character; copied to shared memory
 * @return 0, or -1 without memory, which is logged; none of them is set then */
int variables_set(const named_text_t *variables);

#endif
