/* SPDX-License-Identifier: GPL-2.0-or-later */
/* layout: does the tm that runs have the structures that the module was built for?
 * They change even within a series of releases. A module that was built with other
 * headers may work for some calls and then write into wrong memory. */
#ifndef FAILOVER_CALL_LAYOUT_H
#define FAILOVER_CALL_LAYOUT_H

/** Let tm make a transaction, check that its parts are where the headers say, and
 * release it. To be called in the main process (PROC_INIT), after tm was initialised.
 * If tm does not export the functions, nothing is checked.
 * @return 0, or -1 with both releases logged */
int layout_check(void);

#endif
