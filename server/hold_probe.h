/* SPDX-License-Identifier: GPL-2.0-or-later */
/* hold_probe: asks by OPTIONS whether next hops that are held live again. */
#ifndef FAILOVER_SERVER_HOLD_PROBE_H
#define FAILOVER_SERVER_HOLD_PROBE_H

/** Bind to tm. @return 0, or -1 with the reason logged */
int hold_probe_init(void);

/** Send what is due. Called by the process of hold_news, without any lock. */
void hold_probe_send(void);

#endif
