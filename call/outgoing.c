/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../../core/sr_module.h"
#include "../../core/dset.h"

#include "call/outgoing.h"

#include <string.h>

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

/* Where a request goes; next_hop len 0: where its URI leads. */
typedef struct where
{
	str uri, next_hop;
} where_t;

static where_t address_of(const call_t *call, const target_t *target)
{
	if(!keeps_ruri(call, target))
		return (where_t){target->uri, target->next_hop};
	return (where_t){call->origin.uri,
			target->next_hop.len > 0 ? target->next_hop : target->uri};
}

/* All that goes with a destination, but its URIs. */
static int prepare(call_t *call, struct sip_msg *msg, const target_t *target)
{
	if(msg->path_vec.s != NULL)
		reset_path_vector(msg);
	if(msg->instance.s != NULL)
		reset_instance(msg);
	if(msg->ruid.s != NULL)
		reset_ruid(msg);
	if(msg->location_ua.s != NULL)
		reset_ua(msg);
	setbflagsval(0, 0);
	if(target->is_current && request_restore(msg, &call->origin) < 0)
		return -1;
	set_force_socket(msg, outgoing_socket(call, target));
	return 0;
}

void outgoing_show(const target_t *target)
{
	if(target->gateway != NULL)
		gateways_show(target->gateway);
}

int outgoing_address(call_t *call, struct sip_msg *msg, const target_t *target)
{
	where_t address = address_of(call, target);

	if(prepare(call, msg, target) < 0)
		return -1;
	reset_dst_uri(msg);
	if(rewrite_uri(msg, &address.uri) < 0)
		return -1;
	return address.next_hop.len > 0 ? set_dst_uri(msg, &address.next_hop) : 0;
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

/* UDP is what tm takes for an address, so its parser is spared the parameter that says
 * so (core/dns_cache.c, dns_sip_resolve). */
static void shorten(str *next_hop, const target_t *target)
{
	static const str udp = str_init(";transport=udp");
	int len = next_hop->len - udp.len;

	if(target->transport == TRANSPORT_UDP && target->is_address && len > 0
			&& memcmp(next_hop->s + len, udp.s, udp.len) == 0)
		next_hop->len = len;
}

/* Nobody but tm sees the request: it is lent the URIs of the destination, which are
 * nobody's to release, and has its own again afterwards. */
static int send_lent(call_t *call, struct sip_msg *msg, const target_t *target)
{
	where_t own = {msg->new_uri, msg->dst_uri};
	where_t lent = address_of(call, target);
	int sent;

	if(prepare(call, msg, target) < 0)
		return -1;
	shorten(&lent.next_hop, target);
	msg->new_uri = lent.uri;
	msg->dst_uri = lent.next_hop;
	msg->parsed_uri_ok = 0;
	sent = send_on(call, msg);
	msg->new_uri = own.uri;
	msg->dst_uri = own.next_hop;
	msg->parsed_uri_ok = 0;
	return sent;
}

int outgoing_send(
		call_t *call, struct sip_msg *msg, const target_t *target, bool is_seen)
{
	own_changes_t own;
	int sent = E_CFG;

	/* branches that the script has appended are sent with the first attempt */
	if(!is_route_type(REQUEST_ROUTE) && call->attempt->before != NULL)
		clear_branches();
	if(!is_seen)
		return send_lent(call, msg, target);
	if(outgoing_address(call, msg, target) < 0)
		return -1;
	if(events_before_attempt(msg, &own))
		sent = send_on(call, msg);
	else
		ser_error = E_CFG; /* as for `drop` in branch_route */
	events_forget_changes(msg, &own);
	return sent;
}
