/* SPDX-License-Identifier: GPL-2.0-or-later */
/* tm_settings: the parameters of tm and of the core that can break a failover. They
 * are asked by name, because the releases do not all have the same ones. */
#ifndef FAILOVER_SERVER_TM_SETTINGS_H
#define FAILOVER_SERVER_TM_SETTINGS_H

/** Look at the parameters of tm and of the core, before the server makes its
 * processes. Some values are refused, others are corrected with a NOTICE.
 * @return 0, or -1 with each reason and the line to change logged */
int tm_settings_check(void);

/** The current value of one of tm's parameters, a number.
 * @param absent the value for a release whose tm has no such parameter */
int tm_setting(const char *name, int absent);

/** The reply of tm for a destination that sends none: 408 Request Timeout, or from 6.0
 * on what its parameters reply_408_code and reply_408_reason say.
 * @param phrase set if it is not NULL, to memory of tm
 * @return the code */
int tm_timeout_reply(const char **phrase);

/** The code with which tm relays a negative reply: its parameter remap_503_500 turns
 * a 503 into a 500. */
int tm_relayed_code(int code);

/** The phrase of tm's own 100 (its auto_inv_100_reason, as it is now). */
const char *tm_trying_phrase(void);

#endif
