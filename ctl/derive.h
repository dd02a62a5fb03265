/* SPDX-License-Identifier: GPL-2.0-or-later */
/* derive: what follows from what was said of a request: whether it is for the
 * server itself, the pseudo-variables that a request has with certainty, and
 * the clock where no time was said. */
#ifndef FAILOVER_CTL_DERIVE_H
#define FAILOVER_CTL_DERIVE_H

#include "ctl/described.h"

/** Add what follows to what was said. What was said of a subject stays, also
 * where something else would follow.
 * @return 0, or -1 with why filled: two things contradict each other */
int derive(request_t *request, reason_t *why);

/** Is a host among those that were said to be the server's own?
 * @param port 0: any
 * @return 1, 0; SOURCE_UNKNOWN: none was said */
int derive_is_own_host(const request_t *request, const str *host, int port);

/** Does one of these subjects follow from this one?
 * @param subjects n_subjects of them */
bool derive_is_source_of(
		const subject_t *source, subject_t *const *subjects, int n_subjects);

#endif
