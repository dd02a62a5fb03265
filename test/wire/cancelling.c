/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A Kamailio module for one test: the caller seems to give up in the very
 * instant in which the second attempt of a call is made, when its branch is
 * there and not yet sent. No CANCEL from the wire can be made to meet it. */
#include "../../core/sr_module.h"
#include "../../modules/tm/tm_load.h"

MODULE_VERSION

static tm_api_t tm;

/* Called by tm for each branch, before it counts. */
static void on_branch(tm_cell_t *t, int type, struct tmcb_params *params)
{
	(void)type;
	(void)params;
	if(t->nr_of_outgoings == 1)
		t->flags |= T_CANCELED;
}

static void on_request(tm_cell_t *t, int type, struct tmcb_params *params)
{
	(void)type;
	tm.register_tmcb(params->req, t, TMCB_REQUEST_FWDED, on_branch, NULL, NULL);
}

static int mod_init(void)
{
	if(tm_load_api(&tm) < 0)
		return -1;
	return tm.register_tmcb(NULL, NULL, TMCB_REQUEST_IN, on_request, NULL, NULL)
						   > 0
				   ? 0
				   : -1;
}

struct module_exports exports = {
		.name = "cancelling",
		.dlflags = DEFAULT_DLFLAGS,
		.init_mod_f = mod_init,
};
