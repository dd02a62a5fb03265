/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ctl/explain.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/commands.h"
#include "dialplan_parse.h"
#include "ctl/json.h"

/* Show at most this many of the rules that do not apply, the last ones; with --all,
 * show each. */
#define REFUSED_SHOWN 20

static int no_memory(void)
{
	fputs("failoverctl: no memory\n", stderr);
	return STATUS_USAGE;
}

/* -- the rules that do not apply ------------------------------------------- */

typedef struct listener
{
	arena_t *arena;
	asked_rule_t *refused, **last;
	int count;
	bool has_failed;
} listener_t;

static void hear_rule(void *context, const rule_t *rule, outcome_t outcome,
		const condition_t *condition, const str *values, int n_values)
{
	listener_t *listener = context;
	asked_rule_t *asked;

	if(outcome == OUTCOME_HOLDS)
		return;
	asked = arena_alloc(listener->arena, sizeof(*asked));
	if(asked == NULL) {
		listener->has_failed = true;
		return;
	}
	asked->rule = rule;
	asked->outcome = outcome;
	asked->condition = condition;
	asked->values = values;
	asked->n_values = n_values;
	*listener->last = asked;
	listener->last = &asked->next;
	listener->count++;
}

static void leave_out(explanation_t *explanation, const listener_t *listener)
{
	explanation->refused = listener->refused;
	if(explanation->options->shows_all)
		return;
	while(listener->count - explanation->n_left_out > REFUSED_SHOWN) {
		explanation->refused = explanation->refused->next;
		explanation->n_left_out++;
	}
}

static int find_rules(explanation_t *explanation, const dialplan_t *plan,
		matcher_t *matcher, request_t *request, arena_t *arena)
{
	listener_t listener = {.arena = arena};
	match_listener_t match_listener = {
			.on_rule = hear_rule, .context = &listener};
	request_source_t source = request_source(request);

	listener.last = &listener.refused;
	explanation->n_applied = dialplan_match(
			plan, matcher, &source, &match_listener, &explanation->applied);
	if(explanation->n_applied < 0 || listener.has_failed)
		return -1;
	leave_out(explanation, &listener);
	return 0;
}

/* -- the chain ------------------------------------------------------------- */

static int add_attempt(attempt_t ***last, const target_t *target,
		const settings_t *settings, arena_t *arena)
{
	attempt_t *attempt = arena_alloc(arena, sizeof(*attempt));

	if(attempt == NULL)
		return -1;
	attempt->target = target;
	attempt->settings = *settings;
	if(target->options != NULL)
		settings_apply(&attempt->settings, target->options);
	attempt->next_hop = target->next_hop;
	attempt->transport = target->transport;
	**last = attempt;
	*last = &attempt->next;
	return 0;
}

static unsigned least(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

static int make_attempts(explanation_t *explanation, arena_t *arena)
{
	const route_t *route = &explanation->route;
	attempt_t **last = &explanation->attempts;
	const target_t *target;
	unsigned count = 0;

	for(target = route->targets; target != NULL; target = target->next) {
		if(add_attempt(&last, target, &route->settings, arena) < 0)
			return -1;
		count++;
	}
	explanation->n_tried =
			(int)least(count, least(route->settings.attempts,
									  explanation->options->max_branches));
	return 0;
}

/* -- the explanation ------------------------------------------------------- */

/* Show the errors of a plan. Nothing else is known of such a plan. */
static int show_errors(const options_t *options, listing_t *listing)
{
	json_t *object;

	if(listing_sort(listing) < 0)
		return no_memory();
	if(!options->is_json) {
		listing_show(listing, stderr, is_coloured(options->colour, stderr));
		listing_summary(listing, stderr);
		return STATUS_PLAN;
	}
	object = json_object();
	json_object_set_new(object, "file", json_of_string(listing->name));
	listing_json(listing, object);
	json_print(object);
	return STATUS_PLAN;
}

static int show(const explanation_t *explanation)
{
	if(!explanation->options->is_json)
		explain_print_text(explanation);
	else if(explain_print_json(explanation) < 0)
		return no_memory();
	if(explanation->listing != NULL)
		return STATUS_PLAN;
	return explanation->n_applied > 0 ? STATUS_OK : STATUS_NO_RULE;
}

/* Make the route from the rules that apply.
 * @return 0, or -1 without memory */
static int find_route(explanation_t *explanation, listing_t *listing)
{
	const options_t *options = explanation->options;
	request_view_t view = request_view(&options->request);

	explanation->knows_own = request_knows_own(&options->request);
	explanation->is_ours = view.is_ours;
	if(route_make(&explanation->route, explanation->applied,
			   explanation->n_applied, &options->defaults, &view,
			   options->arena, &listing->diagnostics)
			== 0)
		return make_attempts(explanation, options->arena);
	explanation->listing = listing;
	return listing_sort(listing);
}

static int explain(options_t *options, const plan_text_t *text,
		matcher_t *matcher, listing_t *listing)
{
	explanation_t explanation = {.options = options, .text = text};
	arena_t *arena = options->arena;
	const dialplan_t *plan =
			dialplan_parse(&text->text, arena, arena, &listing->diagnostics);

	if(plan == NULL)
		return show_errors(options, listing);
	explanation.plan = plan;
	if(find_rules(&explanation, plan, matcher, &options->request, arena) < 0)
		return no_memory();
	if(explanation.n_applied > 0 && find_route(&explanation, listing) < 0)
		return no_memory();
	return show(&explanation);
}

int explain_run(options_t *options)
{
	static const allocator_t allocator = {malloc, free};
	matcher_t *matcher;
	plan_text_t text;
	listing_t listing;
	int status;

	if(plan_text_read(&text, options->file, options->arena) < 0)
		return STATUS_USAGE;
	matcher = matcher_create(&allocator);
	if(matcher == NULL)
		return no_memory();
	listing_init(&listing, text.name, &text.text, options->arena);
	status = explain(options, &text, matcher, &listing);
	matcher_destroy(matcher);
	return status;
}
