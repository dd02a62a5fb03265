/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../../core/sr_module.h"
#include "../../core/dset.h"

#include "call/outgoing.h"

#include "call/events.h"
#include "server/gateways.h"
#include "server/self.h"

struct socket_info *outgoing_socket(const call_t *call, const target_t *target)
{
	struct socket_info *socket = call->origin.socket;

	if(target->options != NULL && target->options->socket.len > 0)
		return server_socket(&target->options->socket);
	if(socket != NULL && !target->is_current
			&& !server_socket_fits(socket, target->transport))
		return NULL;
	return socket;
}

/* Is a destination only the next hop, so that the Request-URI stays as the script
 * left it? A Contact is not: it is a Request-URI. */
static bool keeps_ruri(const call_t *call, const target_t *target)
{
	const settings_t *options = target->options;
	ruri_t ruri = options != NULL && settings_has(options, SETTING_RURI)
						  ? options->ruri
						  : call->chain.settings.ruri;

	return ruri == RURI_KEEP && !target->is_contact && !target->is_current;
}

int outgoing_address(call_t *call, struct sip_msg *msg, const target_t *target)
{
	str uri = target->uri; /* the core takes no const */
	str next_hop = target->next_hop;

	if(keeps_ruri(call, target)) {
		uri = call->origin.uri;
		next_hop = target->next_hop.len > 0 ? target->next_hop : target->uri;
	}
	reset_path_vector(msg);
	reset_instance(msg);
	reset_ruid(msg);
	reset_ua(msg);
	setbflagsval(0, 0);
	if(target->is_current && request_restore(msg, &call->origin) < 0)
		return -1;
	reset_dst_uri(msg);
	if(rewrite_uri(msg, &uri) < 0
			|| (next_hop.len > 0 && set_dst_uri(msg, &next_hop) < 0))
		return -1;
	set_force_socket(msg, outgoing_socket(call, target));
	return 0;
}

void outgoing_show(const target_t *target)
{
	if(target->gateway != NULL)
		gateways_show(target->gateway);
}

/* Send the request. In request_route this is t_relay(), for its checks. Elsewhere the
 * socket of the original request is restored first: tm sets the socket of the first
 * attempt as the default, and all further attempts would use it (t_reply.c,
 * faked_env). */
static int send_on(const call_t *call, struct sip_msg *msg)
{
	struct socket_info *default_socket = bind_address;
	int sent;

	ruri_mark_new();
	if(is_route_type(REQUEST_ROUTE))
		return tm_api.t_relay(msg, NULL, NULL);
	bind_address = call->origin.default_socket;
	sent = tm_api.t_forward_nonack(msg, NULL);
	bind_address = default_socket;
	ruri_mark_consumed();
	return sent;
}

int outgoing_send(call_t *call, struct sip_msg *msg, const target_t *target)
{
	own_changes_t own;
	int sent = E_CFG;

	/* branches that the script has appended are sent with the first attempt */
	if(!is_route_type(REQUEST_ROUTE) && call->attempt->before != NULL)
		clear_branches();
	if(outgoing_address(call, msg, target) < 0)
		return -1;
	if(events_before_attempt(msg, &own))
		sent = send_on(call, msg);
	else
		ser_error = E_CFG; /* as for `drop` in branch_route */
	events_forget_changes(msg, &own);
	return sent;
}
