/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../../core/sr_module.h"
#include "../../core/action.h"
#include "../../core/kemi.h"
#include "../../core/route.h"

#include "server/script_events.h"

str script_event_callback;

static struct
{
	str name;
	int route; /* the index of each route; -1: the script has none */
} events[SCRIPT_EVENTS] = {
		[SCRIPT_ATTEMPT] = {str_init("failover:attempt"), -1},
		[SCRIPT_ENDED] = {str_init("failover:ended"), -1},
		[SCRIPT_HELD] = {str_init("failover:held"), -1},
		[SCRIPT_RELEASED] = {str_init("failover:released"), -1},
};

void script_events_init(void)
{
	int i;

	for(i = 0; i < SCRIPT_EVENTS; i++)
		events[i].route = route_lookup(&event_rt, events[i].name.s);
}

static bool has_route(script_event_t event)
{
	return events[event].route >= 0
		   && event_rt.rlist[events[event].route] != NULL;
}

bool script_wants(script_event_t event)
{
	return script_event_callback.len > 0 || has_route(event);
}

/* @return false if there is no KEMI engine, or the function failed */
static bool run_callback(
		script_event_t event, struct sip_msg *msg, struct run_act_ctx *context)
{
	sr_kemi_eng_t *engine = sr_kemi_eng_get();
	struct run_act_ctx *before = sr_kemi_act_ctx_get();
	int result;

	if(engine == NULL)
		return false;
	sr_kemi_act_ctx_set(context);
	result = sr_kemi_route(engine, msg, EVENT_ROUTE, &script_event_callback,
			&events[event].name);
	sr_kemi_act_ctx_set(before);
	return result >= 0;
}

bool script_run(script_event_t event, struct sip_msg *msg, int route_type)
{
	int route_type_before = get_route_type();
	struct run_act_ctx context;

	init_run_actions_ctx(&context);
	set_route_type(route_type);
	if(has_route(event))
		run_top_route(event_rt.rlist[events[event].route], msg, &context);
	else if(!run_callback(event, msg, &context))
		LM_ERR("event_callback [%.*s] cannot be run for %.*s\n",
				STR_FMT(&script_event_callback), STR_FMT(&events[event].name));
	set_route_type(route_type_before);
	return !(context.run_flags & DROP_R_F);
}
