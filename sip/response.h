/* SPDX-License-Identifier: GPL-2.0-or-later */
/* response: negative final replies: what their codes mean to a proxy, and how an
 * author writes one. */
#ifndef FAILOVER_SIP_RESPONSE_H
#define FAILOVER_SIP_RESPONSE_H

#include <stdbool.h>

#include "text/fragment.h"

/* The codes of a reply that an author writes out: a 3xx would need Contacts. */
#define RESPONSE_OWN_MIN 400
#define RESPONSE_OWN_MAX 699

#define RESPONSE_PHRASE_BYTES_MAX 127

/** Is it a redirection, 3xx? */
bool response_is_redirect(int code);

/** Is it a negative final reply, 3xx to 6xx? A broken gateway may send what SIP
 * does not have, 999. */
bool response_is_negative(int code);

/** Which of several replies a proxy gives to the caller (RFC 3261 section 16.7,
 * step 6): a 6xx, else of the lowest class, and of the 4xx those first that
 * tell him how to ask better. The order is that of tm (t_reply.c, get_prio).
 * @return the lower, the better */
int response_rank(int code);

/** Read CODE [Reason].
 * @param phrase set to what is behind the code, trimmed; may be empty
 * @return the code; -1 unless it is one that an author may write */
int response_split(const fragment_t *text, fragment_t *phrase);

/** May this be a phrase? It goes out in the first line of a reply (RFC 3261
 * section 25.1, Reason-Phrase). */
bool response_is_phrase(const str *text);

/** The phrase of a code where none is written, as the RFC that defines it has
 * it; static memory. */
const char *response_phrase(int code);

#endif
