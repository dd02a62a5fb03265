/* SPDX-License-Identifier: GPL-2.0-or-later */
/* compat: the differences between the releases of Kamailio that matter here, each
 * with its reason. No other file asks for the release.
 * VERSIONVAL is major * 1000000 + minor * 1000 + patch; the build passes it. */
#ifndef FAILOVER_SERVER_COMPAT_H
#define FAILOVER_SERVER_COMPAT_H

#include "../../core/globals.h"
#include "../../core/ver.h"
#include "../../core/xavp.h"

#include <stdbool.h>
#include <string.h>

/* The release that the module was built for, and the release that runs. The server
 * has already compared them (core/sr_module.c). */
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

/** The value of an xavp that holds a number, of the type that modules of this release
 * use for it (see above). */
static inline sr_xval_t compat_xavp_of_number(int number)
{
#if VERSIONVAL < 5007000
	return (sr_xval_t){.type = SR_XTYPE_INT, .v.i = number};
#else
	return (sr_xval_t){.type = SR_XTYPE_LONG, .v.l = number};
#endif
}

/* From 6.1 on, the core has a mode that applies the changes of a message at once.
 * With a branch that has a URI of its own, it then releases the wrong text
 * (core/globals.h, core/parser/msg_parser.c). Older releases have no such mode. */
#if VERSIONVAL >= 6001000
#define compat_msg_apply_changes_mode() (ksr_msg_apply_changes_mode)
#else
#define compat_msg_apply_changes_mode() 0
#endif

/** Does tm drop a transaction without a branch when the script has finished with the
 * request? Then the final reply is sent once and never repeated. It does from 6.1.5
 * on (t_lookup.c, t_unref: dropping orphaned transaction). */
static inline bool compat_drops_branchless(void)
{
	return VERSIONVAL >= 6001005;
}

/** With reply_matching on, does tm treat a reply as unknown if it comes after the
 * caller's final reply? Then such replies reach the caller, and a late 180 is not
 * cancelled. This is so in 6.1.4 and in the development versions of 6.2
 * (t_lookup.c, t_reply_matching; Kamailio's issue 4881); 6.1.5 is correct. */
static inline bool compat_forgets_late_replies(void)
{
	return strcmp(VERSION, "6.1.4") == 0
		   || strncmp(VERSION, "6.2.0-dev", strlen("6.2.0-dev")) == 0;
}

/** Does the server send over any connection to the address that is there, also if the
 * socket was forced and the connection is of another one? It does from 6.1.4 on
 * (core/tcp_main.c, _tcpconn_find_any_local). */
static inline bool compat_takes_any_connection(void)
{
	return VERSIONVAL >= 6001004;
}

/** Does tm.cancel leave a branch without a reply as it is, but for a mark that it also
 * gets when its time is over? It does since cancel_b_method holds for tm.cancel too
 * (t_cancel.c, rpc_cancel), which came in the series 6.0 and 6.1 in 2026, after 6.0.1.
 * Before, the repetition of the INVITE is stopped, and that can be seen afterwards. */
static inline bool compat_hides_cancels(void)
{
	return VERSIONVAL > 6000001;
}

/* What dmq calls when it knows its first peer. From 6.2 on, it says which one
 * (modules/dmq/bind_dmq.h, init_callback_t). */
#if VERSIONVAL >= 6002000
#define COMPAT_DMQ_STARTED dmq_node_t *node __attribute__((unused))
#else
#define COMPAT_DMQ_STARTED void
#endif

#endif
