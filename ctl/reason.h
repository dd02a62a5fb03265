/* SPDX-License-Identifier: GPL-2.0-or-later */
/* reason: why an argument of the command line is refused. */
#ifndef FAILOVER_CTL_REASON_H
#define FAILOVER_CTL_REASON_H

#define REASON_BYTES 2048

typedef struct reason
{
	char text[REASON_BYTES]; /* longer ones are cut */
} reason_t;

/** Say why.
 * @param format,... as of printf()
 * @return -1, for a function that ends with it */
int reason_give(reason_t *reason, const char *format, ...)
		__attribute__((format(printf, 2, 3)));

#endif
