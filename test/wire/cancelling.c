/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A Kamailio module for one test. It acts as if the caller gave up in the instant in
 * which the second attempt of a call is made: when the branch exists but is not sent
 * yet; or, with the parameter `sent`, when it was just sent, but tm did not see it
 * when it noted which branches to CANCEL; or, with `rings`, when it rings for the
 * first time. A CANCEL from the network cannot be timed so exactly. */
#include "../../core/sr_module.h"
#include "../../modules/tm/tm_load.h"

#include <pthread.h>
#include <unistd.h>

MODULE_VERSION

static tm_api_t tm;
static int sent, rings;

/* tm calls this for each branch, before it counts the branch. */
static void on_branch(tm_cell_t *t, int type, struct tmcb_params *params)
{
	(void)type;
	(void)params;
	if(t->nr_of_outgoings == 1)
		t->flags |= T_CANCELED;
}

/* tm calls this after the callback of failover, which was registered later. */
static void on_failure(tm_cell_t *t, int type, struct tmcb_params *params)
{
	(void)type;
	(void)params;
	if(t->nr_of_outgoings == 2)
		t->flags |= T_CANCELED;
}

/* tm needs some microseconds for this, more than the worker needs here. */
static void *tm_lets_go(void *uac)
{
	usleep(3000);
	((tm_ua_client_t *)uac)->local_cancel.buffer = NULL;
	return NULL;
}

/* Does what tm does before it notes that the caller has given up (t_fwd.c, e2e_cancel). */
static void tell_of_cancel(tm_cell_t *t, struct tmcb_params *params)
{
	struct tm_callback *cb;
	struct tmcb_params told = *params;

	told.rpl = NULL;
	told.code = METHOD_CANCEL;
	for(cb = (struct tm_callback *)t->tmcb_hl.first; cb != NULL;
			cb = cb->next) {
		told.param = &cb->param;
		if(cb->types & TMCB_E2ECANCEL_IN)
			cb->callback(t, TMCB_E2ECANCEL_IN, &told);
	}
}

/* failover was already told of the 180, and saw no CANCEL. Now there is a CANCEL. tm has
 * just noted the branch (BUSY_BUFFER), and stores the 180 after this function. As the
 * branch has no 1xx yet, tm removes the note again (t_cancel.c, cancel_branch). The
 * process that stores the 1xx expects the other one to send the CANCEL (t_reply.c,
 * reply_received). */
static void on_reply(tm_cell_t *t, int type, struct tmcb_params *params)
{
	struct cancel_info cancel;
	pthread_t other;
	int branch = tm.t_gett_branch();
	tm_ua_client_t *uac = &t->uac[branch];

	(void)type;
	if(params->code != 180 || branch != rings - 1 || (t->flags & T_CANCELED))
		return;
	tell_of_cancel(t, params);
	t->flags |= T_CANCELED;
	if(uac->last_received >= 100) { /* tm then sends the CANCEL */
		init_cancel_info(&cancel);
		tm.prepare_to_cancel(t, &cancel.cancel_bitmap, 0);
		tm.cancel_uacs(t, &cancel, 0);
		return;
	}
	uac->request.flags |= F_RB_CANCELED | F_RB_RETR_DISABLED;
	uac->local_cancel.buffer = BUSY_BUFFER;
	if(pthread_create(&other, NULL, tm_lets_go, uac) == 0)
		pthread_detach(other);
}

static void on_request(tm_cell_t *t, int type, struct tmcb_params *params)
{
	(void)type;
	if(rings)
		tm.register_tmcb(
				params->req, t, TMCB_RESPONSE_IN, on_reply, NULL, NULL);
	else if(sent)
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

/* `rings` is the number of the attempt */
static param_export_t params[] = {
		{"sent", PARAM_INT, &sent}, {"rings", PARAM_INT, &rings}, {0, 0, 0}};

struct module_exports exports = {
		.name = "cancelling",
		.dlflags = DEFAULT_DLFLAGS,
		.params = params,
		.init_mod_f = mod_init,
};
