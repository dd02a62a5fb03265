/* SPDX-License-Identifier: GPL-2.0-or-later */
/* reason: why an argument of the command line is refused. */
#ifndef FAILOVER_CTL_REASON_H
#define FAILOVER_CTL_REASON_H

#define REASON_BYTES 2048

typedef struct reason
{
	char text[REASON_BYTES]; /* a longer text is cut */
} reason_t;

/** Write the reason.
 * @param format,... as for printf()
 * @return -1, so that a function can end with: return reason_give(...) */
int reason_give(reason_t *reason, const char *format, ...)
		__attribute__((format(printf, 2, 3)));

#endif
