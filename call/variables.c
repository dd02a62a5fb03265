/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../../core/sr_module.h"
#include "../../core/xavp.h"

#include "call/variables.h"

static str root = str_init("failover");

/* Remove the xavps before this one, to get memory for the reply. */
static void remove_before(
		const named_text_t *variables, const named_text_t *end)
{
	const named_text_t *variable;

	for(variable = variables; variable != end; variable = variable->next) {
		str name = variable->name;

		xavp_rm_child_by_index(&root, &name, 0);
	}
}

int variables_set(const named_text_t *variables)
{
	const named_text_t *variable;

	for(variable = variables; variable != NULL; variable = variable->next) {
		str name = variable->name; /* the core takes no const */
		str text = variable->text;

		if(xavp_set_child_sval(&root, &name, &text) < 0) {
			LM_ERR("no memory for $xavp(failover=>%.*s)\n", STR_FMT(&name));
			remove_before(variables, variable);
			return -1;
		}
	}
	return 0;
}
