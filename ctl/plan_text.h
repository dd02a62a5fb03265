/* SPDX-License-Identifier: GPL-2.0-or-later */
/* plan_text: reads the text of a dial plan from a file or from standard input. */
#ifndef FAILOVER_CTL_PLAN_TEXT_H
#define FAILOVER_CTL_PLAN_TEXT_H

#include "text/arena.h"

typedef struct plan_text
{
	const char *name; /* for messages */
	str text;
} plan_text_t;

/** Read a dial plan. A file is read as the server reads it, so it must be a regular
 * file. The standard input may be anything.
 * @param path "-" is the standard input
 * @return 0, or -1 with the reason printed */
int plan_text_read(plan_text_t *plan, const char *path, arena_t *arena);

#endif
