/* SPDX-License-Identifier: GPL-2.0-or-later */
/* gateways: those of Kamailio's module dispatcher. It is asked, once a call, which
 * gateways of a set it would use and in which order, and told which of them have
 * failed; its lists, states and probes stay its own. Only what it exports is used:
 * its functions ds_select and ds_mark_dst and the fields of the $xavp that they work
 * with (modules/dispatcher/api.h, dispatch.c). */
#ifndef FAILOVER_SERVER_GATEWAYS_H
#define FAILOVER_SERVER_GATEWAYS_H

#include "dialplan/destination.h"

/** Bind to dispatcher, if it is loaded, before processes are made.
 * @return 0, or -1 with the reason logged */
int gateways_init(void);
void gateways_destroy(void);

/** Why its gateways cannot be used at all, and what would be right; NULL: they can.
 * Static memory. */
const char *gateways_fault(void);

/** The gateways of a set for a request (see find_gateways_f).
 * @param msg the sip_msg_t; it and its $xavp are as before afterwards */
gateway_t *gateways_find(void *msg, int set, int algorithm, arena_t *arena);

/** Show the script which gateway is tried: its URI, set and attributes are the $xavp
 * of dispatcher. */
void gateways_show(const gateway_t *gateway);

/** One has failed. Dispatcher hears of it from the process that calls
 * gateways_tell(), as its event routes may take their time. */
void gateways_note_failure(const gateway_t *gateway);

/** Tell dispatcher what was noted. No lock. */
void gateways_tell(void);

#endif
