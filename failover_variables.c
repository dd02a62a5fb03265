/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../../core/sr_module.h"
#include "../../core/xavp.h"

#include "failover_variables.h"

int variables_set(const named_text_t *variables)
{
	static str root = str_init("failover");
	const named_text_t *variable;

	for(variable = variables; variable != NULL; variable = variable->next) {
		str name = variable->name; /* the core takes no const */
		str text = variable->text;

		if(xavp_set_child_sval(&root, &name, &text) < 0) {
			LM_ERR("cannot set $xavp(failover=>%.*s)\n", STR_FMT(&name));
			return -1;
		}
	}
	return 0;
}
