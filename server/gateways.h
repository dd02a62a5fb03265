/* SPDX-License-Identifier: GPL-2.0-or-later */
/* gateways: the gateways of Kamailio's module dispatcher. For each call, dispatcher
 * is asked which gateways of a set it would use, and in which order. It is told which
 * of them have failed. Its lists, states and probes are not touched. Only what it
 * exports is used: its functions ds_select, ds_mark_dst and ds_is_from_list, and the fields of the
 * $xavp that they work with (modules/dispatcher/api.h, dispatch.c). */
#ifndef FAILOVER_SERVER_GATEWAYS_H
#define FAILOVER_SERVER_GATEWAYS_H

#include "dialplan/destination.h"

/** Bind to dispatcher if it is loaded. To be called before the processes are forked.
 * @return 0, or -1 with the reason logged */
int gateways_init(void);
void gateways_destroy(void);

/** The reason why no gateway of dispatcher can be used, and what would be right, in
 * static memory; NULL: they can be used. */
const char *gateways_fault(void);

/** The gateways of a set for a request (see find_gateways_f).
 * @param msg the sip_msg_t; the request and its $xavp are afterwards as they were */
gateway_t *gateways_find(void *msg, int set, int algorithm, arena_t *arena);

/** Have calls asked for gateways, and is the host and port of a URI one of them, of any
 * set and in any state? Asks dispatcher whether a request from there would be a
 * gateway's (dispatch.c, ds_is_from_list). A name is none: it is not looked up.
 * To be called where no request is under way, such as in an RPC. */
bool gateways_have(const str *uri);

/** Show the script which gateway is tried: put its URI, set and attributes into the
 * $xavp of dispatcher. */
void gateways_show(const gateway_t *gateway);

/** Note that a gateway has failed. The process that calls gateways_tell() tells
 * dispatcher, because dispatcher may then run an event route, which can take long. */
void gateways_note_failure(const gateway_t *gateway);

/** Tell dispatcher what was noted. The caller holds no lock. */
void gateways_tell(void);

#endif
