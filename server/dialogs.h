/* SPDX-License-Identifier: GPL-2.0-or-later */
/* dialogs: notes about a call that outlive its transaction. They are variables of its
 * dialog, so they need the module dialog, and a script that has made a dialog of the
 * call. acc reads them when a BYE ends the call. */
#ifndef FAILOVER_SERVER_DIALOGS_H
#define FAILOVER_SERVER_DIALOGS_H

#include <stdbool.h>

#include "../../core/parser/msg_parser.h"

/** Look for the module dialog. To be called once all modules are loaded. */
void dialogs_init(void);

/** Note a text with the dialog of a request, if it has one. The text is then the
 * variable $dlg_var(NAME). */
void dialogs_note(struct sip_msg *msg, const char *name, const str *text);

/** Read a note.
 * @param text set to the note; valid until this process asks the module dialog again
 * @return whether there is such a note */
bool dialogs_read(struct sip_msg *msg, const char *name, str *text);

#endif
