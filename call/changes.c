/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../../core/sr_module.h"
#include "../../core/mem/shm_mem.h"
#include "../../core/sip_msg_clone.h"

#include "call/changes.h"

int changes_save(struct sip_msg *msg, changes_t *changes)
{
	int result = msg_lump_cloner(
			msg, &changes->add_rm, &changes->body_lumps, &changes->reply_lump);

	return result < 0 ? -1 : 0;
}

void changes_release(changes_t *changes)
{
	/* the first one is the beginning of the block (sip_msg_clone.c) */
	void *block = changes->add_rm;

	if(block == NULL)
		block = changes->body_lumps;
	if(block == NULL)
		block = changes->reply_lump;
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
