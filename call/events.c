/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../../core/sr_module.h"
#include "../../core/msg_translator.h"
#include "../../core/receive.h"

#include "call/events.h"

#include <string.h>

#include "call/inside.h"
#include "server/script_events.h"

/* the script function of tm, t_save_lumps; NULL if it is not there */
static cmd_function save_lumps;

void events_init(void)
{
	script_events_init();
	inside_init();
	save_lumps = find_export("t_save_lumps", 0, 0);
}

/* -- before an attempt -------------------------------------------------- */

/* From here on the script changes a copy of the lists, as in a branch_route (t_fwd.c,
 * prepare_new_uac). tm saves the lists of the request when it is sent for the first
 * time (t_fwd.c, t_forward_nonack), and would save what the event route has changed.
 * So tm is told to save them now. */
static bool keep_changes(struct sip_msg *msg, own_changes_t *own)
{
	if(is_route_type(REQUEST_ROUTE) && save_lumps != NULL)
		save_lumps(msg, NULL, NULL);
	own->add_rm = msg->add_rm;
	own->body_lumps = msg->body_lumps;
	msg->add_rm = dup_lump_list(own->add_rm);
	msg->body_lumps = dup_lump_list(own->body_lumps);
	own->are_kept = true;
	return (own->add_rm == NULL || msg->add_rm != NULL)
		   && (own->body_lumps == NULL || msg->body_lumps != NULL);
}

bool events_before_attempt(struct sip_msg *msg, own_changes_t *own)
{
	own->are_kept = false;
	if(!script_wants(SCRIPT_ATTEMPT))
		return true;
	return keep_changes(msg, own)
		   && script_run(SCRIPT_ATTEMPT, msg, BRANCH_ROUTE);
}

void events_forget_changes(struct sip_msg *msg, own_changes_t *own)
{
	if(!own->are_kept)
		return;
	free_duped_lump_list(msg->add_rm);
	free_duped_lump_list(msg->body_lumps);
	msg->add_rm = own->add_rm;
	msg->body_lumps = own->body_lumps;
	own->are_kept = false;
}

/* -- after the call ----------------------------------------------------- */

/* Make a copy of the request in private memory. The request of the transaction is
 * shared, and headers that the script parses would be linked to it. */
static bool copy_request(tm_cell_t *t, struct sip_msg *copy)
{
	const struct sip_msg *request = transaction_request(t);

	if(build_sip_msg_from_buf(
			   copy, request->buf, (int)request->len, inc_msg_no())
			< 0)
		return false;
	copy->rcv = request->rcv;
	copy->flags = request->flags;
	return true;
}

void events_ended(tm_cell_t *t)
{
	struct sip_msg copy;
	inside_t before;

	if(!script_wants(SCRIPT_ENDED))
		return;
	memset(&copy, 0, sizeof(copy));
	if(!copy_request(t, &copy)) {
		LM_ERR("no memory to tell the script that a call is over\n");
		return;
	}
	inside_enter(t, &copy, &before);
	script_run(SCRIPT_ENDED, &copy, REQUEST_ROUTE);
	inside_leave(t, &before);
	free_sip_msg(&copy);
}
