/* SPDX-License-Identifier: GPL-2.0-or-later */
/* tm_settings: what the script has told tm and the core, as far as a failover
 * suffers from it. Asked by name, as a release has more of them than another. */
#ifndef FAILOVER_SERVER_TM_SETTINGS_H
#define FAILOVER_SERVER_TM_SETTINGS_H

/** Look at the parameters of tm and of the core, before the server makes its
 * processes. Some values are refused, some are put right with a NOTICE.
 * @return 0, or -1 with each reason and the line to change logged */
int tm_settings_check(void);

/** The value of a number among tm's parameters, as it is now.
 * @param absent what this release does where tm has no such parameter */
int tm_setting(const char *name, int absent);

#endif
