/* SPDX-License-Identifier: GPL-2.0-or-later */
/* changes: keeps the changes that the script made to a request that went on after a
 * suspension. All attempts but the first need them: tm saves the changes of a request
 * when it suspends the request, and it discards later changes at the end of the route
 * (t_reply.c, faked_env). */
#ifndef FAILOVER_CALL_CHANGES_H
#define FAILOVER_CALL_CHANGES_H

#include "../../core/data_lump.h"
#include "../../core/parser/msg_parser.h"

/* Lists of changes. Saved ones are one block of shared memory. */
typedef struct changes
{
	struct lump *add_rm, *body_lumps;
} changes_t;

/** Copy the changes of a request to shared memory.
 * @return 0, or -1 without memory */
int changes_save(struct sip_msg *msg, changes_t *changes);

/** Release saved changes. If none are saved, it does nothing. */
void changes_release(changes_t *changes);

/** Give the saved changes to a copy of the request. If none are saved, it does nothing.
 * @param before set to the copy's own changes, for changes_take_out() */
void changes_put_in(
		const changes_t *changes, struct sip_msg *msg, changes_t *before);

/** Give the saved changes to the copy of the request that tm makes for a failure_route.
 * If none are saved, it does nothing. tm releases the added changes together with the
 * copy (t_reply.c, free_faked_req). Without memory, the copy keeps its own changes, and
 * an error is logged. */
void changes_give(const changes_t *changes, struct sip_msg *msg);

/** Give the copy its own changes again. */
void changes_take_out(struct sip_msg *msg, const changes_t *before);

#endif
