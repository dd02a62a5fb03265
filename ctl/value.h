/* SPDX-License-Identifier: GPL-2.0-or-later */
/* value: reads a value from the command line, in the form that the server uses. */
#ifndef FAILOVER_CTL_VALUE_H
#define FAILOVER_CTL_VALUE_H

#include "ctl/reason.h"
#include "dialplan/subject.h"

/** Read a value of a kind.
 * @param value in: as written; out: as the server writes it: an address in its short
 *        form (RFC 5952), a transport in capital letters, true or false
 * @param why says which values are valid
 * @return 0, or -1 with why filled */
int value_read(subject_kind_t kind, str *value, arena_t *arena, reason_t *why);

/** Can this value be in a header or a request line? It must have no control character. */
bool value_is_one_line(const str *value);

#endif
