/* SPDX-License-Identifier: GPL-2.0-or-later */
/* response: the codes of negative final replies, what they mean to a proxy, and how
 * an author writes one. */
#ifndef FAILOVER_SIP_RESPONSE_H
#define FAILOVER_SIP_RESPONSE_H

#include <stdbool.h>

#include "text/fragment.h"

/* more than anything that asks for it is held */
#define RESPONSE_RETRY_AFTER_MAX 1000000

/* The codes that an author may write. A 3xx would need Contacts. */
#define RESPONSE_OWN_MIN 400
#define RESPONSE_OWN_MAX 699

#define RESPONSE_PHRASE_BYTES_MAX 127

/** Is it a redirection, 3xx? */
bool response_is_redirect(int code);

/** Is it a negative final reply, 3xx to 6xx? A broken gateway may send
 * a code that SIP does not have, such as 999. */
bool response_is_negative(int code);

/** The rank of a reply among several: a proxy gives the caller the one with the
 * lowest rank (RFC 3261 section 16.7, step 6). A 6xx comes first, then the lowest
 * class; among 4xx those first that tell the caller how to ask better. The order
 * is that of tm (t_reply.c, get_prio).
 * @return the lower, the better */
int response_rank(int code);

/** Read CODE [Reason].
 * @param phrase set to the text behind the code, trimmed; may be empty
 * @return the code; -1 if an author may not write it */
int response_split(const fragment_t *text, fragment_t *phrase);

/** Is it a valid phrase? It is sent in the first line of a reply (RFC 3261
 * section 25.1, Reason-Phrase). */
bool response_is_phrase(const str *text);

/** The phrase that the RFC gives to a code, for where none is written; static
 * memory. */
const char *response_phrase(int code);

/** Read the value of a Retry-After header (RFC 3261 section 20.33): seconds, which a
 * comment or parameters may follow.
 * @return 0 if it is none, or says 0; at most RESPONSE_RETRY_AFTER_MAX */
unsigned response_retry_after(const str *value);

/** The first Retry-After header of a message whose value says something. It is
 * looked for in the text, as Kamailio's parser takes one that it does not understand
 * for a fault of the whole message, and logs it.
 * @param message as it came
 * @return as above */
unsigned response_find_retry_after(const str *message);

#endif
