/* SPDX-License-Identifier: GPL-2.0-or-later */
/* value: reads a value from the command line as the server would have it. */
#ifndef FAILOVER_CTL_VALUE_H
#define FAILOVER_CTL_VALUE_H

#include "ctl/reason.h"
#include "dialplan/subject.h"

/** Read a value of a kind.
 * @param value in: as it was written; out: as the server writes it: an address
 *        in its short form (RFC 5952), a transport in capitals, true or false
 * @param why what would be right
 * @return 0, or -1 with why filled */
int value_read(subject_kind_t kind, str *value, arena_t *arena, reason_t *why);

/** Can it stand in a header or a request line? Control characters cannot. */
bool value_is_one_line(const str *value);

#endif
