/* SPDX-License-Identifier: GPL-2.0-or-later */
/* changes: keeps what the script has changed in a request that went on after a
 * suspension, for all attempts but the first. tm saves the changes of a request at its
 * suspension, and drops what is added to them when the route has run (t_reply.c,
 * faked_env). */
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

/** Release what was saved; nothing if nothing was. */
void changes_release(changes_t *changes);

/** Let a copy of the request have the saved changes; nothing if none are saved.
 * @param before its own, for changes_take_out() */
void changes_put_in(
		const changes_t *changes, struct sip_msg *msg, changes_t *before);

/** Let the copy of the request that tm makes for a failure_route begin with the saved
 * changes; nothing if none are saved. tm releases what is added here together with the
 * copy (t_reply.c, free_faked_req). Without memory the copy keeps its own changes, and
 * an error is logged. */
void changes_give(const changes_t *changes, struct sip_msg *msg);

/** Let it have its own changes again. */
void changes_take_out(struct sip_msg *msg, const changes_t *before);

#endif
