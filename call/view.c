/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../../core/sr_module.h"
#include "../../core/dprint.h"

#include "call/view.h"

#include <stdio.h>

#include "call/engine.h"
#include "server/dialogs.h"
#include "text/text.h"

/* room for a trace of more than thirty attempts */
#define TEXT_BYTES_MAX 4096

/* The present value of a name: a text, a number, or nothing. */
typedef struct seen
{
	bool is_there, is_number;
	str text;
	long number;
} seen_t;

static seen_t see_text(const str *text)
{
	return (seen_t){.is_there = text->len > 0, .text = *text};
}

static seen_t see_word(const char *word)
{
	return (seen_t){.is_there = *word != '\0', .text = str_of(word)};
}

static seen_t see_number(long number)
{
	return (seen_t){.is_there = true, .is_number = true, .number = number};
}

static const seen_t nothing = {.is_there = false};

static seen_t see_rule(const trace_t *trace)
{
	return see_text(&trace->rule);
}

static seen_t see_attempt(const trace_t *trace)
{
	const step_t *step = trace_current(trace);

	return step == NULL ? nothing : see_number(step->number);
}

static seen_t see_destination(const trace_t *trace)
{
	static char buffer[TEXT_BYTES_MAX];
	const step_t *step = trace_current(trace);
	str text = {buffer, 0};

	if(step == NULL)
		return nothing;
	text.len = snprintf(buffer, sizeof(buffer), "%.*s/%s",
			STR_FMT(step_name(step)), transport_name(step->target->transport));
	if(text.len >= (int)sizeof(buffer))
		text.len = (int)sizeof(buffer) - 1;
	return see_text(&text);
}

static seen_t see_reason(const trace_t *trace)
{
	const step_t *step = trace_current(trace);

	return step == NULL ? nothing : see_word(reason_name(step->reason));
}

static seen_t see_code(const trace_t *trace)
{
	const step_t *step = trace_last_ended(trace);

	return step == NULL ? nothing : see_number(step->code);
}

static seen_t see_outcome(const trace_t *trace)
{
	return see_word(outcome_name(trace->outcome));
}

static seen_t see_trace(const trace_t *trace)
{
	static char buffer[TEXT_BYTES_MAX];
	str text = trace_text(trace, buffer, sizeof(buffer));

	return see_text(&text);
}

static struct
{
	const char *name;
	seen_t (*see)(const trace_t *trace);
	const char *note; /* the name of the dialog variable */
	bool is_read;	  /* the configuration uses it somewhere */
} names[] = {
		{"rule", see_rule, "failover_rule", false},
		{"attempt", see_attempt, "failover_attempt", false},
		{"destination", see_destination, "failover_destination", false},
		{"reason", see_reason, "failover_reason", false},
		{"code", see_code, "failover_code", false},
		{"outcome", see_outcome, "failover_outcome", false},
		{"trace", see_trace, "failover_trace", false},
};

#define NAMES (int)(sizeof(names) / sizeof(names[0]))

/* -- the pseudo-variable ------------------------------------------------ */

static int parse_name(pv_spec_p spec, str *in)
{
	int i;

	for(i = 0; i < NAMES; i++) {
		str name = str_of(names[i].name);

		if(!str_equal(in, &name))
			continue;
		names[i].is_read = true;
		spec->pvp.pvn.type = PV_NAME_INTSTR;
		spec->pvp.pvn.u.isname.type = 0;
		spec->pvp.pvn.u.isname.name.n = i;
		return 0;
	}
	LM_ERR("$failover(%.*s): there is no such name; $failover(rule), attempt, "
		   "destination, reason, code, outcome or trace would be right\n",
			STR_FMT(in));
	return -1;
}

/* A number that was kept with the dialog comes back as a text; acc and scripts accept
 * both. */
static int get(struct sip_msg *msg, pv_param_t *param, pv_value_t *value)
{
	int i = param->pvn.u.isname.name.n;
	const call_t *call = engine_current_call(msg);
	seen_t seen;
	str note;

	if(call == NULL)
		return dialogs_read(msg, names[i].note, &note)
					   ? pv_get_strval(msg, param, value, &note)
					   : pv_get_null(msg, param, value);
	seen = names[i].see(&call->trace);
	if(!seen.is_there)
		return pv_get_null(msg, param, value);
	if(seen.is_number)
		return pv_get_sintval(msg, param, value, seen.number);
	return pv_get_strval(msg, param, value, &seen.text);
}

pv_export_t failover_variables[] = {
		{{"failover", sizeof("failover") - 1}, PVT_OTHER, get, 0, parse_name, 0,
				0, 0},
		{{0, 0}, 0, 0, 0, 0, 0, 0, 0},
};

/* -- notes with the dialog ---------------------------------------------- */

void view_keep(const call_t *call, struct sip_msg *request)
{
	char digits[24];
	int i;

	for(i = 0; i < NAMES; i++) {
		seen_t seen;

		if(!names[i].is_read)
			continue;
		seen = names[i].see(&call->trace);
		if(seen.is_there && seen.is_number) {
			snprintf(digits, sizeof(digits), "%ld", seen.number);
			seen.text = str_of(digits);
		}
		if(seen.is_there)
			dialogs_note(request, names[i].note, &seen.text);
	}
}
