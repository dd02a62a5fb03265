/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../../core/sr_module.h"
#include "../../core/cfg/cfg.h"
#include "../../core/dprint.h"
#include "../../core/kemi.h"
#include "../../core/mod_fix.h"
#include "../../core/rpc_lookup.h"

#include "failover_mod.h"

#include <stdio.h>
#include <string.h>

#include "text/duration.h"
#include "server/args.h"
#include "server/gateways.h"
#include "server/hold_peers.h"
#include "server/hold_probe.h"
#include "server/hold_rpc.h"
#include "server/holding.h"
#include "server/statistics.h"
#include "call/call.h"
#include "call/calls_rpc.h"
#include "call/layout.h"
#include "call/view.h"
#include "server/log.h"
#include "server/match.h"
#include "server/memory.h"
#include "server/plan.h"
#include "server/rpc.h"
#include "server/script_events.h"

/* The server looks up these symbols (core/sr_module.c, ksr_load_module). All others
 * are hidden, so no name of ours can clash with one of the server. */
#define SEEN_BY_SERVER __attribute__((visibility("default")))

extern char *module_version SEEN_BY_SERVER;
extern char *module_flags SEEN_BY_SERVER;
MODULE_VERSION

/* stands for the source of a script call in messages */
#define CALL_SOURCE "failover()"

#define NO_PLAN                                                      \
	"failover() without arguments goes by a dial plan, and none is " \
	"loaded: set the parameter dialplan or dialplan_text\n"

/* -- parameters --------------------------------------------------------- */

/* The values of the parameters as settings, and their memory. */
static settings_t parameters;
static arena_t *parameters_arena;

/* The default settings of a call, made from the parameters at start. Some numbers can
 * be changed at run time (cfg.set_now_int) and are therefore also here: */
static settings_t defaults;

struct cfg_group_failover
{
	unsigned timer_inviting_ms;
	unsigned timer_provisional_ms;
	unsigned redirection;
	unsigned redirection_max;
	unsigned attempts;
	unsigned hold_after;
	unsigned hold_time;
	unsigned hold_max;
	unsigned hold_probe;
	int attempt_log_level;
};

static struct cfg_group_failover cfg_defaults = {
		.hold_time = 30, .hold_max = 600, .attempt_log_level = L_DBG};
static void *cfg_handle = &cfg_defaults;

static cfg_def_t cfg_definitions[] = {
		{"timer_inviting_ms", CFG_VAR_INT, DURATION_MIN_MS, DURATION_MAX_MS, 0,
				0,
				"how long a destination may stay without any reply, in "
				"milliseconds"},
		{"timer_provisional_ms", CFG_VAR_INT, DURATION_MIN_MS, DURATION_MAX_MS,
				0, 0,
				"how long a destination may stay between its first provisional "
				"reply and its final one, in milliseconds"},
		{"redirection", CFG_VAR_INT, 0, 1, 0, 0,
				"whether the Contacts of a matching 3xx are followed"},
		{"redirection_max", CFG_VAR_INT, 0, ATTEMPTS_MAX, 0, 0,
				"how many Contacts are followed in one call"},
		{"attempts", CFG_VAR_INT, 1, ATTEMPTS_MAX, 0, 0,
				"how many attempts a call makes at the most"},
		{"hold_after", CFG_VAR_INT, 0, HOLD_AFTER_MAX, 0, 0,
				"after how many failures in a row a next hop is held; 0: "
				"never"},
		{"hold_time", CFG_VAR_INT, 1, HOLD_SECONDS_MAX, 0, 0,
				"for how many seconds a next hop is held the first time"},
		{"hold_max", CFG_VAR_INT, 1, HOLD_SECONDS_MAX, 0, 0,
				"for how many seconds a next hop is held at the most"},
		{"hold_probe", CFG_VAR_INT, 0, 3600, 0, 0,
				"every how many seconds a next hop that is held gets an "
				"OPTIONS; 0: none"},
		{"attempt_log_level", CFG_VAR_INT, 0, 3, 0, 0,
				"the level at which calls and their attempts are logged"},
		{0, 0, 0, 0, 0, 0, 0},
};

/* The defaults, with the changes of run time. */
static settings_t current_defaults(void)
{
	settings_t settings = defaults;

	settings.timer_inviting_ms =
			cfg_get(failover, cfg_handle, timer_inviting_ms);
	settings.timer_provisional_ms =
			cfg_get(failover, cfg_handle, timer_provisional_ms);
	settings.redirection = cfg_get(failover, cfg_handle, redirection) != 0;
	settings.redirection_max = cfg_get(failover, cfg_handle, redirection_max);
	settings.attempts = cfg_get(failover, cfg_handle, attempts);
	return settings;
}

static hold_config_t current_hold_config(void)
{
	return (hold_config_t){
			.rules = {.after = cfg_get(failover, cfg_handle, hold_after),
					.time_s = cfg_get(failover, cfg_handle, hold_time),
					.max_s = cfg_get(failover, cfg_handle, hold_max)},
			.probe_s = cfg_get(failover, cfg_handle, hold_probe)};
}

static int current_log_level(void)
{
	return cfg_get(failover, cfg_handle, attempt_log_level);
}

static int declare_cfg(void)
{
	settings_builtin(&defaults);
	settings_apply(&defaults, &parameters);
	cfg_defaults.timer_inviting_ms = defaults.timer_inviting_ms;
	cfg_defaults.timer_provisional_ms = defaults.timer_provisional_ms;
	cfg_defaults.redirection = defaults.redirection;
	cfg_defaults.redirection_max = defaults.redirection_max;
	cfg_defaults.attempts = defaults.attempts;
	log_set_level_source(current_log_level);
	return cfg_declare("failover", cfg_definitions, &cfg_defaults,
			cfg_sizeof(failover), &cfg_handle);
}

/* A parameter is a string as in a plan, or a number, which is read like a string. */
static int read_parameter(setting_id_t id, modparam_t type, void *value)
{
	const setting_t *setting = &settings_table()[id];
	char source[64], digits[16];
	diagnostics_t diagnostics = log_diagnostics(source);
	str text = {value, 0};
	fragment_t fragment;
	char *dot;

	if(parameters_arena == NULL)
		parameters_arena = arena_create(&failover_pkg, 256);
	if(parameters_arena == NULL)
		return -1;
	snprintf(source, sizeof(source), "modparam failover %s", setting->name);
	for(dot = strchr(source, '.'); dot != NULL; dot = strchr(dot, '.'))
		*dot = '_'; /* the value as text */
	if(PARAM_TYPE_MASK(type) == PARAM_INT) {
		snprintf(digits, sizeof(digits), "%d", (int)(long)value);
		text.s = digits;
	}
	text.len = (int)strlen(text.s);
	fragment = fragment_of(&text);
	fragment = fragment_trim(&fragment);
	return settings_read(
			&parameters, setting, &fragment, parameters_arena, &diagnostics);
}

/* The server does not tell a parameter's function which parameter it is for. */
#define PARAMETER(name, id)                             \
	static int set_##name(modparam_t type, void *value) \
	{                                                   \
		return read_parameter(id, type, value);         \
	}
PARAMETER(timer_inviting, SETTING_TIMER_INVITING)
PARAMETER(timer_provisional, SETTING_TIMER_PROVISIONAL)
PARAMETER(timer_ringing, SETTING_TIMER_RINGING)
PARAMETER(pattern_response, SETTING_PATTERN_RESPONSE)
PARAMETER(redirection, SETTING_REDIRECTION)
PARAMETER(redirection_max, SETTING_REDIRECTION_MAX)
PARAMETER(redirection_allow, SETTING_REDIRECTION_ALLOW)
PARAMETER(timer_total, SETTING_TIMER_TOTAL)
PARAMETER(attempts, SETTING_ATTEMPTS)
PARAMETER(ringing, SETTING_RINGING)
PARAMETER(ruri, SETTING_RURI)
PARAMETER(reply, SETTING_REPLY)
PARAMETER(preset, SETTING_PRESET)

/* Read a number for holding, in the range that the run-time framework allows. */
static int read_hold_number(const char *name, unsigned *field, void *value)
{
	const cfg_def_t *it = cfg_definitions;
	int number = (int)(long)value;

	while(strcmp(it->name, name) != 0)
		it++;
	if(number < it->min || number > it->max) {
		LM_ERR("modparam failover %s: [%d] is not between %d and %d\n", name,
				number, it->min, it->max);
		return -1;
	}
	*field = (unsigned)number;
	return 0;
}

#define HOLD_NUMBER(name)                                          \
	static int set_##name(modparam_t type, void *value)            \
	{                                                              \
		(void)type;                                                \
		return read_hold_number(#name, &cfg_defaults.name, value); \
	}
HOLD_NUMBER(hold_after)
HOLD_NUMBER(hold_time)
HOLD_NUMBER(hold_max)
HOLD_NUMBER(hold_probe)

/* The replies that are failures of the next hop; NULL: not set. */
static response_set_t hold_codes;
static bool has_hold_codes;
static int hold_dmq;

static int read_hold_codes(const char *value)
{
	diagnostics_t diagnostics = log_diagnostics("modparam failover hold_codes");
	str text = str_of(value);
	fragment_t fragment = fragment_of(&text);

	fragment = fragment_trim(&fragment);
	has_hold_codes = true;
	return response_set_compile(&fragment, &hold_codes, &diagnostics);
}

static int set_hold_codes(modparam_t type, void *value)
{
	(void)type;
	return read_hold_codes(value);
}

static int set_dialplan(modparam_t type, void *value)
{
	(void)type;
	return plan_load_file(value);
}

static int set_log_format(modparam_t type, void *value)
{
	str name = str_of(value);

	(void)type;
	if(log_format_parse(&name, &log_format) == 0)
		return 0;
	LM_ERR("modparam failover log_format: [%s] is none; text or json would be "
		   "right\n",
			(const char *)value);
	return -1;
}

static int set_dialplan_text(modparam_t type, void *value)
{
	str text = {value, (int)strlen(value)};

	(void)type;
	return plan_load_text(&text);
}

/* -- a call ------------------------------------------------------------- */

/* Make a call from rules and the name of their source. */
static call_t *prepare(struct sip_msg *msg, const applied_rule_t *applied,
		int n_applied, const char *source, const rule_t *rule, route_t *route)
{
	settings_t settings = current_defaults();
	call_request_t request = {applied, n_applied, source, rule, &settings};

	return call_create(msg, &request, route);
}

static int start(
		struct sip_msg *msg, const applied_rule_t *applied, int n_applied)
{
	route_t route;
	call_t *call = prepare(msg, applied, n_applied, CALL_SOURCE, NULL, &route);

	return call == NULL ? CALL_REFUSED : call_start(call, msg, &route);
}

/* The plan may have changed since the request was seen first. */
static call_result_t refuse(struct sip_msg *msg, call_result_t result)
{
	return call_is_known(msg) ? CALL_RETRANSMISSION : result;
}

/* The plan is released before anything is sent, because sending may take long, and an
 * old plan would stay in memory after a reload. */
static int start_by_plan(struct sip_msg *msg, plan_t *plan)
{
	const applied_rule_t *applied;
	int n_applied = match_request(plan, msg, &applied);
	call_t *call = NULL;
	route_t route;

	if(n_applied > 0)
		call = prepare(msg, applied, n_applied, plan_source(plan),
				applied[n_applied - 1].rule, &route);
	plan_release(plan);
	if(call != NULL)
		return call_start(call, msg, &route);
	return refuse(msg, n_applied == 0 ? CALL_NO_RULE : CALL_REFUSED);
}

int ki_failover(struct sip_msg *msg)
{
	call_result_t result;
	plan_t *plan;

	if(!call_is_possible(msg, &result))
		return result;
	plan = plan_acquire();
	if(plan == NULL) {
		LM_ERR(NO_PLAN);
		return CALL_REFUSED;
	}
	return start_by_plan(msg, plan);
}

/* May the arguments of a script call be read? Not for a retransmission, unless they are
 * constant: their values may have changed, and to read them may have an effect. */
static bool may_read(
		struct sip_msg *msg, bool are_constant, call_result_t *result)
{
	if(!call_is_possible(msg, result))
		return false;
	if(are_constant || !call_is_known(msg))
		return true;
	*result = CALL_RETRANSMISSION;
	return false;
}

int ki_failover_to(struct sip_msg *msg, str *destinations)
{
	applied_rule_t applied = {0};
	call_result_t result;

	if(!may_read(msg, false, &result))
		return result;
	if(arg_read_text(msg, ARG_DESTINATIONS, destinations, &applied.rule) < 0)
		return CALL_REFUSED;
	return start(msg, &applied, 1);
}

int ki_failover_with(struct sip_msg *msg, str *destinations, str *settings)
{
	applied_rule_t applied[2] = {0};
	call_result_t result;

	if(!may_read(msg, false, &result))
		return result;
	if(arg_read_text(msg, ARG_DESTINATIONS, destinations, &applied[0].rule) < 0
			|| arg_read_text(msg, ARG_SETTINGS, settings, &applied[1].rule) < 0)
		return CALL_REFUSED;
	return start(msg, applied, 2);
}

int ki_failover_retry(struct sip_msg *msg)
{
	return call_retry(msg);
}

static int w_failover_retry(struct sip_msg *msg, char *unused1, char *unused2)
{
	(void)unused1;
	(void)unused2;
	return ki_failover_retry(msg);
}

static int w_failover(struct sip_msg *msg, char *unused1, char *unused2)
{
	(void)unused1;
	(void)unused2;
	return ki_failover(msg);
}

static int w_failover_to(struct sip_msg *msg, char *destinations, char *unused)
{
	applied_rule_t applied = {0};
	call_result_t result;

	(void)unused;
	if(!may_read(msg, arg_is_constant((arg_t *)destinations), &result))
		return result;
	if(arg_evaluate((arg_t *)destinations, msg, &applied) < 0)
		return CALL_REFUSED;
	return start(msg, &applied, 1);
}

static int w_failover_with(
		struct sip_msg *msg, char *destinations, char *settings)
{
	applied_rule_t applied[2] = {0};
	call_result_t result;

	if(!may_read(msg,
			   arg_is_constant((arg_t *)destinations)
					   && arg_is_constant((arg_t *)settings),
			   &result))
		return result;
	if(arg_evaluate((arg_t *)destinations, msg, &applied[0]) < 0
			|| arg_evaluate((arg_t *)settings, msg, &applied[1]) < 0)
		return CALL_REFUSED;
	return start(msg, applied, 2);
}

/* -- reading the script ------------------------------------------------- */

static int fixup_no_args(void **param, int param_no)
{
	(void)param;
	(void)param_no;
	if(plan_is_loaded())
		return 0;
	LM_ERR(NO_PLAN);
	return -1;
}

static int fixup_args(void **param, int param_no)
{
	arg_t *arg =
			arg_create(param_no == 1 ? ARG_DESTINATIONS : ARG_SETTINGS, *param);

	if(arg == NULL)
		return -1;
	*param = arg;
	return 0;
}

static int fixup_free_args(void **param, int param_no)
{
	(void)param_no;
	/* the server frees a text that it has worked out itself */
	*param = arg_destroy(*param);
	return 0;
}

/* -- start and end ------------------------------------------------------ */

static int count_held(void)
{
	return holding_tick();
}

static int init_holding(void)
{
	if(!has_hold_codes && read_hold_codes("503") < 0)
		return -1;
	if(rpc_register_array(hold_rpc) != 0) {
		LM_ERR("cannot register the RPC commands of next hops\n");
		return -1;
	}
	if(statistics_init(count_held) < 0
			|| holding_init(current_hold_config, &hold_codes) < 0
			|| hold_probe_init() < 0)
		return -1;
	return hold_dmq ? hold_peers_init() : 0;
}

static int mod_init(void)
{
	log_keep_lines_whole();
	if(log_prepare() < 0) {
		LM_ERR("no shared memory for the log\n");
		return -1;
	}
	if(declare_cfg() < 0) {
		LM_ERR("cannot declare the run-time parameters\n");
		return -1;
	}
	if(rpc_register_array(failover_rpc) != 0
			|| rpc_register_array(calls_rpc) != 0) {
		LM_ERR("cannot register the RPC commands of the dial plan and of "
			   "calls\n");
		return -1;
	}
	return gateways_init() < 0 || plan_check() < 0 || init_holding() < 0
				   ? -1
				   : call_init();
}

static int child_init(int rank)
{
	if(rank == PROC_INIT)
		return layout_check();
	return rank == PROC_MAIN ? holding_start() : 0;
}

static void mod_destroy(void)
{
	plan_destroy();
	args_destroy();
	holding_destroy();
	call_end();
	gateways_destroy();
	arena_destroy(parameters_arena);
}

/* -- tables ------------------------------------------------------------- */

static cmd_export_t commands[] = {
		{"failover", w_failover, 0, fixup_no_args, 0, REQUEST_ROUTE},
		{"failover", (cmd_function)w_failover_to, 1, fixup_args,
				fixup_free_args, REQUEST_ROUTE},
		{"failover", (cmd_function)w_failover_with, 2, fixup_args,
				fixup_free_args, REQUEST_ROUTE},
		{"failover_to", (cmd_function)w_failover_to, 1, fixup_args,
				fixup_free_args, REQUEST_ROUTE},
		{"failover_with", (cmd_function)w_failover_with, 2, fixup_args,
				fixup_free_args, REQUEST_ROUTE},
		{"failover_retry", w_failover_retry, 0, 0, 0, FAILURE_ROUTE},
		{0, 0, 0, 0, 0, 0},
};

#define BOTH_TYPES(name)                                        \
	{#name, PARAM_STRING | PARAM_USE_FUNC, (void *)set_##name}, \
	{                                                           \
#name, PARAM_INT | PARAM_USE_FUNC, (void *)set_##name   \
	}

static param_export_t params[] = {
		{"dialplan", PARAM_STRING | PARAM_USE_FUNC, (void *)set_dialplan},
		{"dialplan_text", PARAM_STRING | PARAM_USE_FUNC,
				(void *)set_dialplan_text},
		{"attempt_log_level", PARAM_INT, &cfg_defaults.attempt_log_level},
		{"event_callback", PARAM_STR, &script_event_callback},
		{"log_format", PARAM_STRING | PARAM_USE_FUNC, (void *)set_log_format},
		BOTH_TYPES(timer_inviting),
		BOTH_TYPES(timer_provisional),
		BOTH_TYPES(timer_ringing),
		BOTH_TYPES(pattern_response),
		BOTH_TYPES(redirection),
		BOTH_TYPES(redirection_max),
		BOTH_TYPES(redirection_allow),
		BOTH_TYPES(timer_total),
		BOTH_TYPES(attempts),
		BOTH_TYPES(ringing),
		BOTH_TYPES(ruri),
		BOTH_TYPES(reply),
		BOTH_TYPES(preset),
		{"hold_after", PARAM_INT | PARAM_USE_FUNC, (void *)set_hold_after},
		{"hold_time", PARAM_INT | PARAM_USE_FUNC, (void *)set_hold_time},
		{"hold_max", PARAM_INT | PARAM_USE_FUNC, (void *)set_hold_max},
		{"hold_codes", PARAM_STRING | PARAM_USE_FUNC, (void *)set_hold_codes},
		{"hold_probe", PARAM_INT | PARAM_USE_FUNC, (void *)set_hold_probe},
		{"hold_dmq", PARAM_INT, &hold_dmq},
		{0, 0, 0},
};

static sr_kemi_t kemi_functions[] = {
		{str_init("failover"), str_init("failover"), SR_KEMIP_INT, ki_failover,
				{SR_KEMIP_NONE, SR_KEMIP_NONE, SR_KEMIP_NONE, SR_KEMIP_NONE,
						SR_KEMIP_NONE, SR_KEMIP_NONE}},
		{str_init("failover"), str_init("failover_to"), SR_KEMIP_INT,
				ki_failover_to,
				{SR_KEMIP_STR, SR_KEMIP_NONE, SR_KEMIP_NONE, SR_KEMIP_NONE,
						SR_KEMIP_NONE, SR_KEMIP_NONE}},
		{str_init("failover"), str_init("failover_with"), SR_KEMIP_INT,
				ki_failover_with,
				{SR_KEMIP_STR, SR_KEMIP_STR, SR_KEMIP_NONE, SR_KEMIP_NONE,
						SR_KEMIP_NONE, SR_KEMIP_NONE}},
		{str_init("failover"), str_init("failover_retry"), SR_KEMIP_INT,
				ki_failover_retry,
				{SR_KEMIP_NONE, SR_KEMIP_NONE, SR_KEMIP_NONE, SR_KEMIP_NONE,
						SR_KEMIP_NONE, SR_KEMIP_NONE}},
		{{0, 0}, {0, 0}, 0, NULL, {0, 0, 0, 0, 0, 0}},
};

SEEN_BY_SERVER struct module_exports exports = {
		.name = "failover",
		.dlflags = DEFAULT_DLFLAGS,
		.cmds = commands,
		.params = params,
		.pv_items = failover_variables,
		.init_mod_f = mod_init,
		.init_child_f = child_init,
		.destroy_mod_f = mod_destroy,
};

SEEN_BY_SERVER int mod_register(char *path, int *dlflags, void *p1, void *p2)
{
	(void)path;
	(void)dlflags;
	(void)p1;
	(void)p2;
	return sr_kemi_modules_add(kemi_functions);
}
