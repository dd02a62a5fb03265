/* SPDX-License-Identifier: GPL-2.0-or-later */
/* variables: what a dial plan has for the script, in the one
 * $xavp(failover=>name) of the call. */
#ifndef FAILOVER_CALL_VARIABLES_H
#define FAILOVER_CALL_VARIABLES_H

#include "dialplan/route.h"

/** Set variables of the call. They are children of the topmost xavp `failover`,
 * beside those that are there; one of the same name is replaced, and without
 * that xavp one is made (core/xavp.c, xavp_set_child_sval).
 *
 * They come into the list of xavps that is current in this process, so this is
 * for the process that has the request in hand, in request_route: before the
 * transaction is made, which takes them over (tm, h_table.c, build_cell), or
 * behind that, when the list is the transaction's own. In both cases all later
 * routes of the call see them. Best is behind it, once nothing can refuse the
 * call any more. It takes no lock: nobody else writes there before the first
 * attempt is made.
 *
 * @param variables names of at least one character; copied to shared memory
 * @return 0, or -1 without memory, which is logged; none of them is set then */
int variables_set(const named_text_t *variables);

#endif
