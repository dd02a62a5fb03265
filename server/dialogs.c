/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../../core/sr_module.h"
#include "../../modules/dialog/dlg_load.h"

#include "server/dialogs.h"

#include "text/text.h"

static struct dlg_binds dialog_api;
static bool is_bound;

void dialogs_init(void)
{
	is_bound = find_module_by_name("dialog") != NULL
			   && load_dlg_api(&dialog_api) == 0;
}

void dialogs_note(struct sip_msg *msg, const char *name, const str *text)
{
	struct dlg_cell *dialog = is_bound ? dialog_api.get_dlg(msg) : NULL;
	str key = str_of(name);
	str value = *text;

	if(dialog == NULL)
		return;
	dialog_api.set_dlg_var(dialog, &key, &value);
	dialog_api.release_dlg(dialog);
}

bool dialogs_read(struct sip_msg *msg, const char *name, str *text)
{
	struct dlg_cell *dialog = is_bound ? dialog_api.get_dlg(msg) : NULL;
	str key = str_of(name);
	bool is_there;

	if(dialog == NULL)
		return false;
	is_there = dialog_api.get_dlg_varval(dialog, &key, text) == 0
			   && text->s != NULL;
	dialog_api.release_dlg(dialog);
	return is_there;
}
