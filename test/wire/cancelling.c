/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A Kamailio module for one test: the caller seems to give up in the very
 * instant in which the second attempt of a call is made: when its branch is there
 * and not yet sent, or, with the parameter `sent`, when it has just been sent and
 * tm did not see it when it noted whom to CANCEL. No CANCEL from the wire can be
 * made to meet either. */
#include "../../core/sr_module.h"
#include "../../modules/tm/tm_load.h"

MODULE_VERSION

static tm_api_t tm;
static int sent;

/* Called by tm for each branch, before it counts. */
static void on_branch(tm_cell_t *t, int type, struct tmcb_params *params)
{
	(void)type;
	(void)params;
	if(t->nr_of_outgoings == 1)
		t->flags |= T_CANCELED;
}

/* Called behind the callback of the module that was registered later. */
static void on_failure(tm_cell_t *t, int type, struct tmcb_params *params)
{
	(void)type;
	(void)params;
	if(t->nr_of_outgoings == 2)
		t->flags |= T_CANCELED;
}

static void on_request(tm_cell_t *t, int type, struct tmcb_params *params)
{
	(void)type;
	if(sent)
		tm.register_tmcb(
				params->req, t, TMCB_ON_BRANCH_FAILURE, on_failure, NULL, NULL);
	else
		tm.register_tmcb(
				params->req, t, TMCB_REQUEST_FWDED, on_branch, NULL, NULL);
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

static param_export_t params[] = {{"sent", PARAM_INT, &sent}, {0, 0, 0}};

struct module_exports exports = {
		.name = "cancelling",
		.dlflags = DEFAULT_DLFLAGS,
		.params = params,
		.init_mod_f = mod_init,
};
