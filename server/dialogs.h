/* SPDX-License-Identifier: GPL-2.0-or-later */
/* dialogs: notes that stay with a call when its transaction has gone, as variables of
 * its dialog, where the module dialog is loaded and the script has the call in it.
 * acc reads them when a BYE ends the call. */
#ifndef FAILOVER_SERVER_DIALOGS_H
#define FAILOVER_SERVER_DIALOGS_H

#include <stdbool.h>

#include "../../core/parser/msg_parser.h"

/** Look for the module dialog, once all modules are loaded. */
void dialogs_init(void);

/** Note a text for the dialog that a request belongs to, if there is one. The name is
 * that of the variable, $dlg_var(NAME). */
void dialogs_note(struct sip_msg *msg, const char *name, const str *text);

/** Read it.
 * @param text set; valid until dialog is asked again in this process
 * @return whether there is one */
bool dialogs_read(struct sip_msg *msg, const char *name, str *text);

#endif
