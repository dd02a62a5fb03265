/* SPDX-License-Identifier: GPL-2.0-or-later */
/* hold_probe: asks by OPTIONS whether held next hops work again. */
#ifndef FAILOVER_SERVER_HOLD_PROBE_H
#define FAILOVER_SERVER_HOLD_PROBE_H

/** Bind to tm. @return 0, or -1 with the reason logged */
int hold_probe_init(void);

/** Send the probes that are due. The process of hold_news calls this; it holds no
 * lock. */
void hold_probe_send(void);

#endif
