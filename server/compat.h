/* SPDX-License-Identifier: GPL-2.0-or-later */
/* compat: all differences between the releases of Kamailio that matter here, each
 * with its reason. No other file asks for the release.
 * VERSIONVAL is major * 1000000 + minor * 1000 + patch; the build passes it. */
#ifndef FAILOVER_SERVER_COMPAT_H
#define FAILOVER_SERVER_COMPAT_H

#include "../../core/globals.h"
#include "../../core/ver.h"
#include "../../core/xavp.h"

#include <stdbool.h>
#include <string.h>

/* The release that this was built for, as the build says it, and the one that runs.
 * The server has compared these already (core/sr_module.c). */
#define COMPAT_BUILT VERSION
#define COMPAT_RUNNING ver_version

/** The number that a script has put into an xavp. Before 5.7 it is an int of a
 * type of its own; from 5.7 on that type is gone, and it is a long
 * (core/xavp.h).
 * @return whether the value is a number */
static inline bool compat_xavp_number(const sr_xval_t *value, long long *number)
{
	switch(value->type) {
#if VERSIONVAL < 5007000
		case SR_XTYPE_INT:
			*number = value->v.i;
			return true;
#endif
		case SR_XTYPE_LONG:
			*number = value->v.l;
			return true;
		case SR_XTYPE_LLONG:
			*number = value->v.ll;
			return true;
		case SR_XTYPE_TIME:
			*number = (long long)value->v.t;
			return true;
		default:
			return false;
	}
}

/* From 6.1 on the core can apply the changes of a message at once, and then
 * releases the wrong text where a branch has a URI of its own (core/globals.h,
 * core/parser/msg_parser.c). Before there is no such mode. */
#if VERSIONVAL >= 6001000
#define compat_msg_apply_changes_mode() (ksr_msg_apply_changes_mode)
#else
#define compat_msg_apply_changes_mode() 0
#endif

/** Does tm forget a transaction that has no branch as soon as the script is
 * through with its request, so that its final reply leaves once and is never
 * repeated? From 6.1.5 on (t_lookup.c, t_unref: dropping orphaned transaction). */
static inline bool compat_drops_branchless(void)
{
	return VERSIONVAL >= 6001005;
}

/** Does tm, with reply_matching on, treat replies that come after the caller's
 * final one as unknown, so that they reach the caller and a late 180 is not
 * cancelled? In 6.1.4, and in the development versions of 6.2 (t_lookup.c,
 * t_reply_matching; Kamailio's issue 4881); 6.1.5 has it mended. */
static inline bool compat_forgets_late_replies(void)
{
	return strcmp(VERSION, "6.1.4") == 0
		   || strncmp(VERSION, "6.2.0-dev", strlen("6.2.0-dev")) == 0;
}

#endif
