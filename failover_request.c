/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../../core/sr_module.h"
#include "../../core/dset.h"
#include "../../core/forward.h"
#include "../../core/globals.h"
#include "../../core/parser/parse_to.h"
#include "../../core/parser/parse_uri.h"

#include "failover_request.h"

#include "failover_log.h"

bool request_is_initial_invite(struct sip_msg *msg)
{
	if(msg->REQ_METHOD != METHOD_INVITE) {
		LM_ERR("failover() takes an INVITE, not a %.*s\n",
				STR_FMT(&msg->first_line.u.request.method));
		return false;
	}
	if(parse_headers(msg, HDR_TO_F | HDR_CALLID_F | HDR_CSEQ_F, 0) < 0
			|| msg->to == NULL || msg->callid == NULL) {
		LM_ERR("failover() got an INVITE without To or Call-ID\n");
		return false;
	}
	if(get_to(msg)->tag_value.len > 0) {
		LM_ERR("failover() takes an INVITE that begins a dialog; send this one "
			   "by loose_route() and t_relay()\n");
		return false;
	}
	return true;
}

/* The request's own next hop, or the one that a $transport line gives it. */
static target_t *target_of_request(const destination_t *destination,
		struct sip_msg *msg, arena_t *arena, const char **why)
{
	static const str no_user = {0};
	str next_hop = msg->dst_uri;
	target_t *target;

	if(destination->has_transport) {
		target = target_of_uri(next_hop.len > 0 ? &next_hop : GET_RURI(msg),
				&no_user, destination->transport, arena, why);
		if(target == NULL)
			return NULL;
		next_hop = target->next_hop;
	}
	target = arena_alloc(arena, sizeof(*target));
	if(target == NULL || arena_copy(arena, GET_RURI(msg), &target->uri) < 0
			|| arena_copy(arena, &next_hop, &target->next_hop) < 0
			|| target_set_options(target, &destination->options, arena) < 0)
		return NULL;
	target->is_current = true;
	target->transport = destination->transport;
	target_take_apart(target);
	return target;
}

static bool is_ourselves(struct sip_msg *msg)
{
	return msg->dst_uri.len == 0 && parse_sip_msg_uri(msg) >= 0
		   && check_self(
					  &msg->parsed_uri.host, GET_URI_PORT(&msg->parsed_uri), 0)
					  > 0;
}

/* The user part for destinations without one: that of the first destination,
 * else of the request (specification, 2.2). */
static void choose_user(const target_t *first, struct sip_msg *msg, str *user)
{
	user->len = 0;
	if(first != NULL)
		*user = first->parts.user;
	if(user->len == 0 && parse_sip_msg_uri(msg) >= 0)
		*user = msg->parsed_uri.user;
}

/* Fill the chain with what the rule and the request make of each destination.
 * @return 0, or -1 with the reason logged */
static int add_targets(struct sip_msg *msg, const call_request_t *request,
		arena_t *arena, chain_t *chain)
{
	const rule_t *rule = request->rule;
	const destination_t *destination = rule->destinations;
	str user = {0};

	if(rule->is_first_implied && is_ourselves(msg))
		destination = destination->next;
	choose_user(NULL, msg, &user);
	for(; destination != NULL; destination = destination->next) {
		const char *why = "no memory";
		target_t *target =
				destination->is_current
						? target_of_request(destination, msg, arena, &why)
						: destination_resolve(destination, request->values,
								&user, arena, &why);

		if(target == NULL) {
			LM_ERR("destination [%.*s]: %s\n",
					STR_FMT(&destination->where.text), why);
			return -1;
		}
		if(chain->waiting == NULL)
			choose_user(target, msg, &user);
		chain_add(chain, target);
	}
	if(chain->waiting != NULL)
		return 0;
	LM_ERR("there is no destination: the request is for ourselves, and the "
		   "rule in line %d has no list\n",
			rule->line);
	return -1;
}

static int keep_origin(
		const struct sip_msg *msg, arena_t *arena, origin_t *origin)
{
	getbflagsval(0, &origin->branch_flags);
	origin->socket = msg->force_send_socket;
	origin->default_socket = bind_address;
	if(arena_copy(arena, &msg->path_vec, &origin->path) < 0
			|| arena_copy(arena, &msg->instance, &origin->instance) < 0
			|| arena_copy(arena, &msg->ruid, &origin->ruid) < 0
			|| arena_copy(arena, &msg->location_ua, &origin->location_ua) < 0)
		return -1;
	return 0;
}

/* What holds for the call. The texts among it come from a plan or an argument
 * that may be gone before the call is.
 * @return 0, or -1 with the reason logged */
static int evaluate_settings(
		const call_request_t *request, arena_t *arena, settings_t *settings)
{
	diagnostics_t diagnostics = log_diagnostics("failover() settings");

	*settings = *request->defaults;
	if(request->settings_rule != NULL
			&& rule_settings(request->settings_rule, request->setting_values,
					   settings, arena, &diagnostics)
					   < 0)
		return -1;
	return settings_keep(settings, arena);
}


int request_read(struct sip_msg *msg, const call_request_t *request,
		arena_t *arena, chain_t *chain, origin_t *origin)
{
	settings_t settings;

	if(evaluate_settings(request, arena, &settings) < 0)
		return -1;
	chain_init(chain, &settings);
	if(add_targets(msg, request, arena, chain) < 0)
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
