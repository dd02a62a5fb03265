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

/** What tm replies in the place of a destination that says nothing: 408 Request
 * Timeout, from 6.0 on what its parameters reply_408_code and reply_408_reason say.
 * @param phrase set, where it is not NULL; tm's own
 * @return the code */
int tm_timeout_reply(const char **phrase);

/** The code with which tm relays a negative reply: of a 503 its parameter
 * remap_503_500 makes a 500. */
int tm_relayed_code(int code);

#endif
