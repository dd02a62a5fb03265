/* SPDX-License-Identifier: GPL-2.0-or-later */
/* layout: are the structures of the tm that runs those that the module was built
 * for? They change within a series of releases, and what was built with headers of
 * another one may even place calls before it writes where it must not. */
#ifndef FAILOVER_CALL_LAYOUT_H
#define FAILOVER_CALL_LAYOUT_H

/** Let tm make a transaction, see whether its parts are where the headers have
 * them, and release it. For the process that makes the others (PROC_INIT), once
 * tm has been there. A tm that does not show its functions is not asked.
 * @return 0, or -1 with both releases logged */
int layout_check(void);

#endif
