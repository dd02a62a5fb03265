/* SPDX-License-Identifier: GPL-2.0-or-later */
/* duration: reads a time as an author writes it: `30`, `30s`, `30sec`, `1500ms`. */
#ifndef FAILOVER_TEXT_DURATION_H
#define FAILOVER_TEXT_DURATION_H

#include "text/diagnostics.h"

#define DURATION_MIN_MS 100u
#define DURATION_MAX_MS 3600000u

/** Read a duration: a whole number with s, sec or ms directly behind it, in any
 * case of letters. A number alone is in seconds.
 * @param text trimmed, no marks
 * @param ms set on success, DURATION_MIN_MS..DURATION_MAX_MS milliseconds
 * @return 0, or -1 with one error reported */
int duration_parse(
		const fragment_t *text, unsigned *ms, diagnostics_t *diagnostics);

#endif
