/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dialplan/route.h"

#include <stdio.h>
#include <string.h>

#include "sip/response.h"

/* For each part of a route, the last rule that sets it; NULL: no rule does. */
typedef struct parts
{
	const applied_rule_t *first, *transport, *further, *reply;
	const applied_rule_t *address; /* that it leaves from */
} parts_t;

static int no_memory(const rule_t *rule, diagnostics_t *diagnostics)
{
	fragment_t where = {.line = rule->line, .column = 1};

	return diagnostics_error(diagnostics, &where, "no memory for the call");
}

/* Find these rules. A later rule overrides an earlier one; a reply overrides
 * destinations, and destinations override a reply. */
static parts_t choose_parts(const applied_rule_t *applied, int n_applied)
{
	parts_t parts = {0};
	int i;

	for(i = 0; i < n_applied; i++) {
		const rule_t *rule = applied[i].rule;

		if(rule->has_first)
			parts.first = &applied[i];
		if(rule->transport.text.s != NULL)
			parts.transport = &applied[i];
		if(rule->from_address.len > 0)
			parts.address = &applied[i];
		if(rule->has_further)
			parts.further = &applied[i];
		if(rule->has_first || rule->has_further)
			parts.reply = NULL;
		if(rule->has_reply)
			parts.reply = &applied[i];
	}
	return parts;
}

/* -- the reply ---------------------------------------------------------- */

static int make_reply(route_t *route, const applied_rule_t *applied,
		arena_t *arena, diagnostics_t *diagnostics)
{
	const rule_t *rule = applied->rule;
	char buffer[RESPONSE_PHRASE_BYTES_MAX];
	str phrase = {buffer, 0};
	int bad_hole;

	phrase.len = template_fill(&rule->reply_reason, applied->groups, buffer,
			sizeof(buffer), &bad_hole);
	if(phrase.len == 0) {
		phrase.s = (char *)response_phrase(rule->reply_code);
		phrase.len = (int)strlen(phrase.s);
	}
	if(phrase.len < 0 || !response_is_phrase(&phrase))
		return diagnostics_refusal(diagnostics, &rule->reply_where,
				"[%.*s]: what is put into the reason has a control character "
				"in it, or is too long",
				SHOWN(&rule->reply_where));
	route->is_reply = true;
	route->reply_code = rule->reply_code;
	return arena_copy(arena, &phrase, &route->reply_reason) < 0
				   ? no_memory(rule, diagnostics)
				   : 0;
}

/* -- the targets -------------------------------------------------------- */

typedef struct target_maker
{
	const request_view_t *view;
	const str *address; /* that they leave from; NULL: any */
	str user;			/* for destinations that have none, once is_asked */
	bool is_asked;
	route_t *route;
	target_t **last;
	int count;		  /* of them */
	fragment_t empty; /* a set without gateways; len 0: none */
	arena_t *arena;
	diagnostics_t *diagnostics;
} target_maker_t;

/* A sips: URI goes only over TLS (RFC 3261 section 26.2.2), even if another URI is the
 * next hop. */
#define SIPS_ONLY_TLS "its URI is sips:, which goes over TLS only"

/* Make a target of the request's own R-URI and next hop. The transport is only changed
 * if a line names one. */
static target_t *target_of_view(target_maker_t *maker,
		const destination_t *destination, const char **why)
{
	static const str no_user = {0};
	const request_view_t *view = maker->view;
	str next_hop = view->next_hop;
	const str *way = next_hop.len > 0 ? &next_hop : &view->uri;
	transport_t transport = destination->has_transport ? destination->transport
													   : transport_of_uri(way);
	target_t *target;

	if(destination->has_transport) {
		if(transport != TRANSPORT_TLS
				&& (sip_uri_is_sips(&view->uri) || sip_uri_is_sips(way))) {
			*why = SIPS_ONLY_TLS;
			return NULL;
		}
		target = target_of_uri(way, &no_user, transport, maker->arena, why);
		if(target == NULL)
			return NULL;
		next_hop = target->next_hop;
	}
	target = arena_alloc(maker->arena, sizeof(*target));
	if(target == NULL || arena_copy(maker->arena, &view->uri, &target->uri) < 0
			|| arena_copy(maker->arena, &next_hop, &target->next_hop) < 0
			|| target_set_options(target, &destination->options, maker->arena)
					   < 0)
		return NULL;
	target->name = target->uri;
	target->is_current = true;
	target->transport = transport;
	target_take_apart(target);
	return target;
}

/* Make a target the next hop for the R-URI of the call. */
static target_t *keep_ruri(
		target_maker_t *maker, target_t *target, const char **why)
{
	const str *uri = &maker->view->uri;

	if(target->transport != TRANSPORT_TLS && sip_uri_is_sips(uri)) {
		*why = SIPS_ONLY_TLS;
		return NULL;
	}
	return target_keep_ruri(target, uri, maker->arena) < 0 ? NULL : target;
}

/* Make a target that is only a next hop and keeps the R-URI of the call. */
static target_t *target_of_hop(target_maker_t *maker,
		const destination_t *destination, const str *values, const char **why)
{
	static const str no_user = {0};
	target_t *target = destination_resolve(
			destination, values, &no_user, maker->arena, why);

	if(target == NULL)
		return NULL;
	if(target->parts.user.len > 0) {
		*why = "with ruri = keep a user part goes nowhere: a URI without one "
			   "would be right";
		return NULL;
	}
	return keep_ruri(maker, target, why);
}

/* The user part for a destination: that of the first one, which a list of gateways
 * is asked for (2.2); else that of the call. */
static const str *user_for(
		target_maker_t *maker, const destination_t *destination)
{
	static const str no_user = {0};

	if(destination->has_user)
		return &no_user;
	if(!maker->is_asked)
		maker->user = sip_uri_user(&maker->view->uri);
	maker->is_asked = true;
	return &maker->user;
}

static target_t *make_target(target_maker_t *maker,
		const destination_t *destination, const str *values, const char **why)
{
	bool is_default = maker->route->settings.ruri == RURI_KEEP;

	if(destination->is_current)
		return target_of_view(maker, destination, why);
	if(destination_keeps_ruri(destination, is_default))
		return target_of_hop(maker, destination, values, why);
	return destination_resolve(destination, values,
			user_for(maker, destination), maker->arena, why);
}

/* Set the address that a target leaves from. This also holds for a destination of
 * another rule, and for the request's own. */
static int leave_from(target_maker_t *maker, target_t *target)
{
	settings_t options = {0};

	if(target->options != NULL)
		options = *target->options;
	if(settings_has(&options, SETTING_SOCKET))
		return 0;
	return settings_leave_from(
				   &options, maker->address, target->transport, maker->arena)
						   < 0
				   ? -1
				   : target_set_options(target, &options, maker->arena);
}

/* @param target NULL: it could not be made, and why */
static int append_target(target_maker_t *maker,
		const destination_t *destination, target_t *target, const char *why)
{
	if(target != NULL && maker->address != NULL
			&& leave_from(maker, target) < 0)
		target = NULL;
	if(arena_has_failed(maker->arena))
		return diagnostics_error(maker->diagnostics, &destination->where,
				"no memory for a destination");
	if(target == NULL)
		return diagnostics_refusal(maker->diagnostics, &destination->where,
				"destination [%.*s]: %s", SHOWN(&destination->where), why);
	if(maker->route->targets == NULL && target->parts.user.len > 0) {
		maker->user = target->parts.user;
		maker->is_asked = true;
	}
	*maker->last = target;
	maker->last = &target->next;
	maker->count++;
	return 0;
}

/* Where gateways are not known the set stands for itself. */
static target_t *target_of_set(
		target_maker_t *maker, const destination_t *destination)
{
	target_t *target = arena_alloc(maker->arena, sizeof(*target));
	gateway_t *gateway = arena_alloc(maker->arena, sizeof(*gateway));
	char buffer[32];
	str name = {buffer, snprintf(buffer, sizeof(buffer), "ds:%d/%d",
								destination->set, destination->algorithm)};

	if(target == NULL || gateway == NULL
			|| arena_copy(maker->arena, &name, &target->name) < 0
			|| target_set_options(target, &destination->options, maker->arena)
					   < 0)
		return NULL;
	gateway->set = destination->set;
	target->gateway = gateway;
	target->uri = target->name;
	return target;
}

static target_t *make_gateway(target_maker_t *maker,
		const destination_t *destination, const gateway_t *gateway,
		const char **why)
{
	static const str no_user = {0};
	bool is_default = maker->route->settings.ruri == RURI_KEEP;
	bool keeps_ruri = destination_keeps_ruri(destination, is_default);
	target_t *target = target_of_gateway(destination, gateway,
			keeps_ruri ? &no_user : user_for(maker, destination), maker->arena,
			why);

	if(target == NULL || !keeps_ruri)
		return target;
	return keep_ruri(maker, target, why);
}

static int add_set(target_maker_t *maker, const destination_t *destination)
{
	const request_view_t *view = maker->view;
	const char *why = "no memory";
	const gateway_t *it;

	if(view->find_gateways == NULL)
		return append_target(
				maker, destination, target_of_set(maker, destination), why);
	it = view->find_gateways(view->asker, destination->set,
			destination->algorithm, maker->arena);
	if(it == NULL)
		maker->empty = destination->where;
	for(; it != NULL && maker->count < ROUTE_TARGETS_MAX; it = it->next) {
		target_t *target = make_gateway(maker, destination, it, &why);

		if(append_target(maker, destination, target, why) < 0)
			return -1;
	}
	return 0;
}

static int add_target(target_maker_t *maker, const destination_t *destination,
		const str *values)
{
	const char *why = "no memory";
	target_t *target;

	if(destination->is_set)
		return add_set(maker, destination);
	target = make_target(maker, destination, values, &why);
	return append_target(maker, destination, target, why);
}

/* Apply a transport line. If it stands in a later rule than To, it overrides the transport
 * of To; in an earlier rule, it holds if To names no transport.
 * @return 0, or -1 with an error reported */
static int apply_transport(
		const parts_t *parts, destination_t *first, diagnostics_t *diagnostics)
{
	const fragment_t *transport;

	if(parts->transport == NULL || parts->transport == parts->first)
		return 0;
	transport = &parts->transport->rule->transport;
	if(parts->first != NULL && parts->transport < parts->first
			&& first->has_transport)
		return 0;
	if(first->is_current || !sip_uri_is_sips(&first->where.text))
		first->has_transport = false;
	return destination_set_transport(first, transport, diagnostics);
}

/* Add the first destination. If no rule names one, it is the request's own, unless that
 * is this server. */
static int add_first(target_maker_t *maker, const parts_t *parts)
{
	destination_t first = {.is_current = true};
	const str *groups = NULL;

	if(parts->first != NULL) {
		first = *parts->first->rule->first;
		groups = parts->first->groups;
	} else if(maker->view->is_ours) {
		return 0;
	} else {
		first.where.text.s = "current";
		first.where.text.len = 7;
		first.where.line = first.where.column = 1;
	}
	if(apply_transport(parts, &first, maker->diagnostics) < 0)
		return -1;
	return add_target(maker, &first, groups);
}

static int add_further(target_maker_t *maker, const parts_t *parts)
{
	const destination_t *it;

	if(parts->further == NULL)
		return 0;
	for(it = parts->further->rule->further;
			it != NULL && maker->count < ROUTE_TARGETS_MAX; it = it->next) {
		if(add_target(maker, it, parts->further->groups) < 0)
			return -1;
	}
	return 0;
}

static int make_targets(route_t *route, const parts_t *parts,
		const request_view_t *view, const rule_t *last, arena_t *arena,
		diagnostics_t *diagnostics)
{
	target_maker_t maker = {.view = view,
			.route = route,
			.last = &route->targets,
			.arena = arena,
			.diagnostics = diagnostics};
	fragment_t where = {.line = last->line, .column = 1};

	if(parts->address != NULL)
		maker.address = &parts->address->rule->from_address;
	if(add_first(&maker, parts) < 0 || add_further(&maker, parts) < 0)
		return -1;
	if(route->targets != NULL)
		return 0;
	if(maker.empty.text.len > 0)
		return diagnostics_refusal(diagnostics, &maker.empty,
				"[%.*s]: dispatcher has no gateway there that can be used now",
				SHOWN(&maker.empty));
	return diagnostics_refusal(diagnostics, &where,
			"there is no destination: the request is for ourselves, and this "
			"rule has neither To nor a list");
}

/* -- the route ---------------------------------------------------------- */

int route_make(route_t *route, const applied_rule_t *applied, int n_applied,
		const settings_t *defaults, const request_view_t *view, arena_t *arena,
		diagnostics_t *diagnostics)
{
	parts_t parts = choose_parts(applied, n_applied);
	const rule_t *last = applied[n_applied - 1].rule;
	int i;

	memset(route, 0, sizeof(*route));
	route->settings = *defaults;
	for(i = 0; i < n_applied; i++) {
		const rule_t *rule = applied[i].rule;
		const str *groups = applied[i].groups;

		if(rule_settings(rule, groups, &route->settings, arena, diagnostics) < 0
				|| rule_headers(
						   rule, groups, &route->headers, arena, diagnostics)
						   < 0
				|| rule_variables(
						   rule, groups, &route->variables, arena, diagnostics)
						   < 0)
			return -1;
	}
	if(settings_keep(&route->settings, arena) < 0)
		return no_memory(last, diagnostics);
	if(parts.reply != NULL)
		return make_reply(route, parts.reply, arena, diagnostics);
	return make_targets(route, &parts, view, last, arena, diagnostics);
}
