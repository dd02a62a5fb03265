/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../../core/sr_module.h"
#include "../../core/cfg/cfg.h"
#include "../../core/cfg/cfg_ctx.h"
#include "../../core/dprint.h"

#include "server/tm_settings.h"

#include <stddef.h>

#include "server/compat.h"

/* find a parameter of tm; NULL if this release has none of that name */
static int *tm_parameter(const char *name)
{
	modparam_t type;

	return find_param_export(
			find_module_by_name("tm"), (char *)name, PARAM_INT, &type);
}

int tm_setting(const char *name, int absent)
{
	const int *value = tm_parameter(name);

	return value != NULL ? *value : absent;
}

int tm_timeout_reply(const char **phrase)
{
	modparam_t type;
	const str *reason = find_param_export(
			find_module_by_name("tm"), "reply_408_reason", PARAM_STR, &type);

	if(phrase != NULL)
		*phrase = reason != NULL ? reason->s : "Request Timeout";
	return tm_setting("reply_408_code", 408);
}

const char *tm_trying_phrase(void)
{
	static cfg_ctx_t *context;
	str group = str_init("tm");
	str name = str_init("auto_inv_100_reason");
	unsigned type;
	void *phrase;

	if(context == NULL && cfg_register_ctx(&context, NULL) != 0)
		context = NULL;
	if(context != NULL
			&& cfg_get_by_name(context, &group, NULL, &name, &phrase, &type)
					   == 0
			&& type == CFG_VAR_STRING && phrase != NULL)
		return phrase;
	return "Trying";
}

int tm_relayed_code(int code)
{
	return code == 503 && tm_setting("remap_503_500", 1) ? 500 : code;
}

/* Parameters of tm, and the values that a failover needs. */
static const struct
{
	const char *name;
	int least, most;
	const char *why;
} refused_values[] = {
		/* t_fwd.c, t_send_branch */
		{"failure_exec_mode", 1, 1, "hides failed sends until a timer fires"},
		/* t_reply.c, t_should_relay_response */
		{"failure_reply_mode", 1, 2,
				"drops the reply that the caller is to get"},
		/* from 6.0 on; t_fwd.c, e2e_cancel */
		{"e2e_cancel_hop_by_hop", 0, 0,
				"leaves the caller's CANCEL to the destinations, so that a "
				"silent "
				"one keeps the caller without a reply"},
};

static int refuse_values(void)
{
	size_t i;
	int result = 0;

	for(i = 0; i < sizeof(refused_values) / sizeof(refused_values[0]); i++) {
		const char *name = refused_values[i].name;
		int value = tm_setting(name, refused_values[i].least - 1);

		if(value < refused_values[i].least || value > refused_values[i].most)
			continue;
		LM_ERR("tm %s: remove modparam(\"tm\", \"%s\", %d)\n",
				refused_values[i].why, name, value);
		result = -1;
	}
	return result;
}

/* The releases with the fault have the wrong value by default. Older releases do not
 * know the parameter and would not start with it. So no line of a configuration suits
 * both. */
static void mend_reply_matching(void)
{
	int *value = tm_parameter("reply_matching");

	if(value == NULL || *value == 0 || !compat_forgets_late_replies())
		return;
	LM_NOTICE("tm of this release does not know late replies of destinations "
			  "given up: modparam(\"tm\", \"reply_matching\", 0) is set\n");
	*value = 0;
}

int tm_settings_check(void)
{
	int result = refuse_values();

	if(compat_msg_apply_changes_mode() != 0) {
		LM_ERR("the core releases a destination's URI wrongly in this mode: "
			   "remove msg_apply_changes_mode=%d\n",
				compat_msg_apply_changes_mode());
		result = -1;
	}
	mend_reply_matching();
	return result;
}
