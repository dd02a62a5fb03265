/* SPDX-License-Identifier: GPL-2.0-or-later */
/* explain_json: what `failoverctl explain --json` prints. */
#include "ctl/explain.h"

#include "ctl/describe.h"
#include "ctl/json.h"

static json_t *texts_json(const str *texts, int count)
{
	json_t *list = json_array();
	int i;

	for(i = 0; i < count; i++)
		json_array_append_new(list, json_of_text(&texts[i]));
	return list;
}

static void put_rule(json_t *entry, const rule_t *rule)
{
	json_object_set_new(entry, "line", json_integer(rule->line));
	json_object_set_new(entry, "name", json_of_text_or_null(&rule->name));
}

static json_t *applied_json(const explanation_t *explanation)
{
	json_t *list = json_array();
	int i;

	for(i = 0; i < explanation->n_applied; i++) {
		const applied_rule_t *applied = &explanation->applied[i];
		json_t *entry = json_object();

		put_rule(entry, applied->rule);
		json_object_set_new(
				entry, "continues", json_boolean(applied->rule->continues));
		json_object_set_new(entry, "groups",
				texts_json(applied->groups, applied->rule->n_groups));
		json_array_append_new(list, entry);
	}
	return list;
}

static const char *outcome_name(outcome_t outcome)
{
	switch(outcome) {
		case OUTCOME_UNKNOWN:
			return "unknown";
		case OUTCOME_LIMIT:
			return "limit";
		case OUTCOME_MISFIT:
			return "misfit";
		default:
			return "fails";
	}
}

static json_t *refused_json(const explanation_t *explanation)
{
	const asked_rule_t *asked;
	json_t *list = json_array();

	for(asked = explanation->refused; asked != NULL; asked = asked->next) {
		json_t *entry = json_object();

		put_rule(entry, asked->rule);
		json_object_set_new(entry, "condition",
				json_of_text(&asked->condition->where.text));
		json_object_set_new(entry, "line_of_condition",
				json_integer(asked->condition->where.line));
		json_object_set_new(
				entry, "outcome", json_string(outcome_name(asked->outcome)));
		json_object_set_new(
				entry, "values", texts_json(asked->values, asked->n_values));
		json_array_append_new(list, entry);
	}
	return list;
}

static json_t *attempt_json(const attempt_t *attempt)
{
	const settings_t *settings = &attempt->settings;
	json_t *entry = json_object();

	json_object_set_new(entry, "uri", json_of_text(&attempt->target->uri));
	json_object_set_new(entry, "transport",
			attempt->target->gateway != NULL
					? json_null()
					: json_string(transport_name(attempt->transport)));
	json_object_set_new(
			entry, "next_hop", json_of_text_or_null(&attempt->next_hop));
	json_object_set_new(
			entry, "inviting_ms", json_integer(settings->timer_inviting_ms));
	json_object_set_new(entry, "provisional_ms",
			json_integer(settings->timer_provisional_ms));
	json_object_set_new(entry, "ringing_ms",
			settings->timer_ringing_ms > 0
					? json_integer(settings->timer_ringing_ms)
					: json_null());
	json_object_set_new(entry, "pattern",
			json_string(describe_ranges(&settings->pattern_response).text));
	json_object_set_new(
			entry, "socket", json_of_text_or_null(&settings->socket));
	json_object_set_new(
			entry, "current", json_boolean(attempt->target->is_current));
	return entry;
}

static void put_attempts(json_t *object, const explanation_t *explanation)
{
	const attempt_t *attempt;
	json_t *tried = json_array();
	json_t *untried = json_array();
	int number = 0;

	for(attempt = explanation->attempts; attempt != NULL;
			attempt = attempt->next)
		json_array_append_new(number++ < explanation->n_tried ? tried : untried,
				attempt_json(attempt));
	json_object_set_new(object, "attempts", tried);
	json_object_set_new(object, "never_tried", untried);
}

static json_t *reply_json(const route_t *route)
{
	json_t *object;

	if(!route->is_reply)
		return json_null();
	object = json_object();
	json_object_set_new(object, "code", json_integer(route->reply_code));
	json_object_set_new(object, "reason", json_of_text(&route->reply_reason));
	return object;
}

static json_t *headers_json(const route_t *route)
{
	const named_text_t *header;
	json_t *list = json_array();

	for(header = route->headers; header != NULL; header = header->next) {
		json_t *entry = json_object();

		json_object_set_new(entry, "name", json_of_text(&header->name));
		json_object_set_new(
				entry, "value", json_of_text_or_null(&header->text));
		json_array_append_new(list, entry);
	}
	return list;
}

/* The names do not end with a NUL byte, so each is first copied into a JSON string. */
static json_t *variables_json(const route_t *route)
{
	const named_text_t *variable;
	json_t *object = json_object();

	for(variable = route->variables; variable != NULL;
			variable = variable->next) {
		json_t *name = json_of_text(&variable->name);

		json_object_set_new(
				object, json_string_value(name), json_of_text(&variable->text));
		json_decref(name);
	}
	return object;
}

/* The values that were given and that no rule uses. */
static json_t *unasked_json(const explanation_t *explanation)
{
	const dialplan_t *plan = explanation->plan;
	const asked_for_t *set;
	json_t *list = json_array();

	for(set = explanation->options->request.sets; set != NULL;
			set = set->next) {
		if(!request_is_asked(&set->subject, plan->subjects, plan->n_subjects))
			json_array_append_new(list, json_of_text(&set->subject.where.text));
	}
	return list;
}

int explain_print_json(const explanation_t *explanation)
{
	const route_t *route = &explanation->route;
	json_t *object = json_object();

	json_object_set_new(
			object, "file", json_of_string(explanation->text->name));
	json_object_set_new(object, "applied", applied_json(explanation));
	json_object_set_new(object, "not_applied", refused_json(explanation));
	json_object_set_new(object, "not_applied_left_out",
			json_integer(explanation->n_left_out));
	json_object_set_new(object, "not_asked_for", unasked_json(explanation));
	if(explanation->listing != NULL) {
		listing_json(explanation->listing, object);
	} else if(explanation->n_applied > 0) {
		json_object_set_new(object, "reply", reply_json(route));
		put_attempts(object, explanation);
		json_object_set_new(object, "headers", headers_json(route));
		json_object_set_new(object, "variables", variables_json(route));
		json_object_set_new(
				object, "settings", settings_json(&route->settings));
	}
	return json_print(object);
}
