/* SPDX-License-Identifier: GPL-2.0-or-later */
/* view: the pseudo-variable $failover(name), what a script and acc see of a call. */
#ifndef FAILOVER_CALL_VIEW_H
#define FAILOVER_CALL_VIEW_H

#include "../../core/pvar.h"

#include "call/course.h"

/** The table of the pseudo-variable, for the exports of the module. */
extern pv_export_t failover_variables[];

/** A call is answered: note with its dialog what the configuration reads, as its
 * transaction will be gone when the CDR is written. */
void view_keep(const call_t *call, struct sip_msg *request);

#endif
