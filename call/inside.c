/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../../core/sr_module.h"

#include "call/inside.h"

#include <dlfcn.h>

/* tm's global variable with the message for which it last looked up the current
 * transaction. tm_load.h has no function for it. NULL: this tm has no variable of that
 * name. */
static msg_ctx_id_t *current;

void inside_init(void)
{
	const struct sr_module *module = find_module_by_name("tm");

	current = module == NULL ? NULL : dlsym(module->handle, "tm_global_ctx_id");
	if(current == NULL)
		LM_WARN("tm has no tm_global_ctx_id: a script that looks its "
				"transaction up "
				"in event_route[failover:ended] would keep it for ever\n");
}

void inside_enter(tm_cell_t *t, const struct sip_msg *msg, inside_t *before)
{
	before->t = tm_api.t_gett();
	before->branch = tm_api.t_gett_branch();
	tm_api.t_sett(t, T_BR_UNDEFINED);
	transaction_enter_lists(t, &before->lists);
	before->was_cancelled = transaction_is_cancelled(t);
	transaction_stop_forwarding(t);
	if(current == NULL)
		return;
	before->message = *current;
	*current = (msg_ctx_id_t){.msgid = msg->id, .pid = msg->pid};
}

void inside_leave(tm_cell_t *t, inside_t *before)
{
	if(!before->was_cancelled)
		transaction_allow_forwarding(t);
	transaction_leave_lists(&before->lists);
	tm_api.t_sett(before->t, before->branch);
	if(current != NULL)
		*current = before->message;
}
