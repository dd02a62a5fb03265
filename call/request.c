/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../../core/sr_module.h"
#include "../../core/dset.h"
#include "../../core/globals.h"
#include "../../core/parser/parse_to.h"
#include "../../core/parser/parse_uri.h"

#include "call/request.h"

#include "server/gateways.h"
#include "server/log.h"
#include "server/self.h"

bool request_is_initial_invite(struct sip_msg *msg)
{
	if(msg->REQ_METHOD != METHOD_INVITE) {
		parse_headers(msg, HDR_CALLID_F, 0); /* for the log; it may be absent */
		LM_ERR("failover() takes an INVITE, not a %.*s, Call-ID [%s]\n",
				STR_FMT(&msg->first_line.u.request.method), log_call_id(msg));
		return false;
	}
	if(parse_headers(msg, HDR_TO_F | HDR_CALLID_F | HDR_CSEQ_F, 0) < 0
			|| msg->to == NULL || msg->callid == NULL) {
		LM_ERR("failover() got an INVITE without To or Call-ID\n");
		return false;
	}
	if(get_to(msg)->tag_value.len > 0) {
		LM_ERR("failover() takes an INVITE that begins a dialog; send this one "
			   "by loose_route() and t_relay(), Call-ID [%s]\n",
				log_call_id(msg));
		return false;
	}
	return true;
}

/* Does the request itself say the first destination, because no rule does? This is
 * rare, and finding out whether it is our own address costs as much as a destination. */
static bool has_no_first(const call_request_t *request)
{
	int i;

	for(i = 0; i < request->n_applied; i++) {
		if(request->applied[i].rule->has_first)
			return false;
	}
	return true;
}

/* What the rules need to know about the request itself. */
static request_view_t view_of_request(
		struct sip_msg *msg, const call_request_t *request)
{
	return (request_view_t){.uri = *GET_RURI(msg),
			.next_hop = msg->dst_uri,
			.is_ours = msg->dst_uri.len == 0 && has_no_first(request)
					   && server_is_called(msg),
			.find_gateways = gateways_find,
			.asker = msg};
}

static int keep_origin(struct sip_msg *msg, arena_t *arena, origin_t *origin)
{
	getbflagsval(0, &origin->branch_flags);
	origin->socket = msg->force_send_socket;
	origin->default_socket = bind_address;
	if(arena_copy(arena, GET_RURI(msg), &origin->uri) < 0
			|| arena_copy(arena, &msg->path_vec, &origin->path) < 0
			|| arena_copy(arena, &msg->instance, &origin->instance) < 0
			|| arena_copy(arena, &msg->ruid, &origin->ruid) < 0
			|| arena_copy(arena, &msg->location_ua, &origin->location_ua) < 0)
		return -1;
	return 0;
}

int request_read(struct sip_msg *msg, const call_request_t *request,
		arena_t *arena, route_t *route, origin_t *origin)
{
	call_log_t log = {request->source, msg};
	diagnostics_t diagnostics = log_call_diagnostics(&log);
	request_view_t view = view_of_request(msg, request);

	if(route_make(route, request->applied, request->n_applied,
			   request->defaults, &view, arena, &diagnostics)
			< 0)
		return -1;
	return keep_origin(msg, arena, origin);
}

int request_restore(struct sip_msg *msg, const origin_t *origin)
{
	origin_t copy = *origin; /* the core takes no const */

	setbflagsval(0, copy.branch_flags);
	if((copy.path.len > 0 && set_path_vector(msg, &copy.path) < 0)
			|| (copy.instance.len > 0 && set_instance(msg, &copy.instance) < 0)
			|| (copy.ruid.len > 0 && set_ruid(msg, &copy.ruid) < 0)
			|| (copy.location_ua.len > 0 && set_ua(msg, &copy.location_ua) < 0))
		return -1;
	return 0;
}
