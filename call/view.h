/* SPDX-License-Identifier: GPL-2.0-or-later */
/* view: the pseudo-variable $failover(name), which shows a call to the script and to
 * acc. */
#ifndef FAILOVER_CALL_VIEW_H
#define FAILOVER_CALL_VIEW_H

#include "../../core/pvar.h"

#include "call/course.h"

/** The table of the pseudo-variable, for the exports of the module. */
extern pv_export_t failover_variables[];

/** A call is answered: keep with its dialog the values that the configuration reads,
 * because the transaction will have ended when the CDR is written. */
void view_keep(const call_t *call, struct sip_msg *request);

#endif
