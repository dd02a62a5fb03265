/* SPDX-License-Identifier: GPL-2.0-or-later */
/* derive: adds the values that follow from a described request: whether it is for the
 * server itself, its pseudo-variables, and the date and time of the clock if none were
 * given. */
#ifndef FAILOVER_CTL_DERIVE_H
#define FAILOVER_CTL_DERIVE_H

#include "ctl/described.h"

/** Add the values that follow from the given ones. A given value is never replaced.
 * @return 0, or -1 with why filled: two values contradict each other */
int derive(request_t *request, reason_t *why);

/** Is a host one of the given own hosts of the server?
 * @param port 0: any
 * @return 1, 0; SOURCE_UNKNOWN: no own host was given */
int derive_is_own_host(const request_t *request, const str *host, int port);

/** Does one of these subjects follow from this one?
 * @param subjects n_subjects of them */
bool derive_is_source_of(
		const subject_t *source, subject_t *const *subjects, int n_subjects);

#endif
