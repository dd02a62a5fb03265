/* SPDX-License-Identifier: GPL-2.0-or-later */
/* request: what a call is made of. A request and what the script asks
 * for it become the settings that hold, the targets in order, and what the
 * request itself was to be sent with. */
#ifndef FAILOVER_CALL_REQUEST_H
#define FAILOVER_CALL_REQUEST_H

#include "../../core/parser/msg_parser.h"

#include "dialplan/route.h"

/* What a script asks for. */
typedef struct call_request
{
	const applied_rule_t *applied; /* where the call is to go, and how */
	int n_applied;				   /* 1 or more */
	const char *source;			   /* where these rules stand, for messages */
	const rule_t
			*rule; /* of the plan, that decides; NULL: a list of the script */
	const settings_t *defaults; /* the level below; every setting written */
} call_request_t;

/* What the request was to be sent with when failover() was called. */
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

/** Make of a request what a call needs. The request is left as it is.
 * @param arena holds it all: nothing points into the message or the rules
 * @param route made
 * @param origin filled
 * @return 0, or -1 with the reason logged */
int request_read(struct sip_msg *msg, const call_request_t *request,
		arena_t *arena, route_t *route, origin_t *origin);

/** Put back into a request what belongs to its own next hop only: path, branch
 * flags and what a registration says.
 * @return 0, or -1 without memory */
int request_restore(struct sip_msg *msg, const origin_t *origin);

#endif
