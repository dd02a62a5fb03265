/* SPDX-License-Identifier: GPL-2.0-or-later */
/* request: prepares a call. From a request and the rules it makes the settings, the
 * targets in order, and a note of how the request would have been sent. */
#ifndef FAILOVER_CALL_REQUEST_H
#define FAILOVER_CALL_REQUEST_H

#include "../../core/parser/msg_parser.h"

#include "dialplan/route.h"

/* What the script wants for a call. */
typedef struct call_request
{
	const applied_rule_t *applied; /* destinations and settings */
	int n_applied;				   /* 1 or more */
	const char *source;			   /* where these rules stand, for messages */
	const rule_t *rule; /* the rule of the plan; NULL: a list of the script */
	const settings_t *defaults; /* the defaults; every setting is written */
} call_request_t;

/* How the request would have been sent when failover() was called. */
typedef struct origin
{
	str uri; /* the R-URI */
	str path, instance, ruid, location_ua;
	flag_t branch_flags;
	struct socket_info *socket;			/* forced by the script; or NULL */
	struct socket_info *default_socket; /* of the process; may be NULL */
} origin_t;

/** Is it an INVITE that begins a dialog? If not, the reason is logged. */
bool request_is_initial_invite(struct sip_msg *msg);

/** Prepare a call from a request. The request is not changed.
 * @param arena holds all results: nothing points into the message or the rules
 * @param route filled
 * @param origin filled
 * @return 0, or -1 with the reason logged */
int request_read(struct sip_msg *msg, const call_request_t *request,
		arena_t *arena, route_t *route, origin_t *origin);

/** Restore in a request what only its own next hop needs: path, branch flags and the
 * data of a registration.
 * @return 0, or -1 without memory */
int request_restore(struct sip_msg *msg, const origin_t *origin);

#endif
