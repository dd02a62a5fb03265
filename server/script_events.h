/* SPDX-License-Identifier: GPL-2.0-or-later */
/* script_events: runs the event routes of the script: event_route[failover:NAME] of
 * kamailio.cfg, or the function of a KEMI script that the parameter event_callback
 * names. If the script has neither, they cost nothing. */
#ifndef FAILOVER_SERVER_SCRIPT_EVENTS_H
#define FAILOVER_SERVER_SCRIPT_EVENTS_H

#include <stdbool.h>

#include "../../core/parser/msg_parser.h"

typedef enum script_event
{
	SCRIPT_ATTEMPT,	 /* failover:attempt */
	SCRIPT_ENDED,	 /* failover:ended */
	SCRIPT_HELD,	 /* failover:held */
	SCRIPT_RELEASED, /* failover:released */
	SCRIPT_EVENTS
} script_event_t;

/* The parameter event_callback; len 0: none. */
extern str script_event_callback;

/** Look for the routes. To be called once the script was read. */
void script_events_init(void);

/** Does the script have a route for this event? */
bool script_wants(script_event_t event);

/** Run the event route.
 * @param route_type the type of route that it runs as, which decides what the script
 *                   may do
 * @return false if the script said `drop` */
bool script_run(script_event_t event, struct sip_msg *msg, int route_type);

#endif
