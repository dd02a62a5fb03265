/* SPDX-License-Identifier: GPL-2.0-or-later */
/* response: what the codes of negative final replies mean to a proxy. */
#ifndef FAILOVER_RESPONSE_H
#define FAILOVER_RESPONSE_H

#include <stdbool.h>

/** Is it a redirection, 3xx? */
bool response_is_redirect(int code);

/** Which of several replies a proxy gives to the caller (RFC 3261 section 16.7,
 * step 6): a 6xx, else of the lowest class, and of the 4xx those first that
 * tell him how to ask better. The order is that of tm (t_reply.c, get_prio).
 * @return the lower, the better */
int response_rank(int code);

#endif
