/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../../core/sr_module.h"
#include "../../core/mem/shm_mem.h"
#include "../../core/sip_msg_clone.h"

#include "call/changes.h"

int changes_save(struct sip_msg *msg, changes_t *changes)
{
	struct lump_rpl *reply_lump;

	if(msg_lump_cloner(msg, &changes->add_rm, &changes->body_lumps, &reply_lump)
			< 0)
		return -1;
	/* what is for replies comes last in the block, and is not needed */
	if(changes->add_rm == NULL && changes->body_lumps == NULL
			&& reply_lump != NULL)
		shm_free(reply_lump);
	return 0;
}

void changes_release(changes_t *changes)
{
	/* the block begins with the first change (sip_msg_clone.c) */
	void *block = changes->add_rm;

	if(block == NULL)
		block = changes->body_lumps;
	if(block != NULL)
		shm_free(block);
}

void changes_put_in(
		const changes_t *changes, struct sip_msg *msg, changes_t *before)
{
	*before = (changes_t){.add_rm = msg->add_rm, .body_lumps = msg->body_lumps};
	if(changes->add_rm == NULL && changes->body_lumps == NULL)
		return;
	msg->add_rm = changes->add_rm;
	msg->body_lumps = changes->body_lumps;
}

void changes_take_out(struct sip_msg *msg, const changes_t *before)
{
	msg->add_rm = before->add_rm;
	msg->body_lumps = before->body_lumps;
}

void changes_give(const changes_t *changes, struct sip_msg *msg)
{
	struct lump *add_rm = dup_lump_list(changes->add_rm);
	struct lump *body_lumps = dup_lump_list(changes->body_lumps);

	if((changes->add_rm != NULL && add_rm == NULL)
			|| (changes->body_lumps != NULL && body_lumps == NULL)) {
		LM_ERR("no memory to show failure_route what the script has changed\n");
		free_duped_lump_list(add_rm);
		free_duped_lump_list(body_lumps);
		return;
	}
	if(add_rm == NULL && body_lumps == NULL)
		return;
	msg->add_rm = add_rm;
	msg->body_lumps = body_lumps;
}
