/* SPDX-License-Identifier: GPL-2.0-or-later */
/* call_text: reads the strings of a script call, failover("LIST", "SETTINGS"), which
 * kamailio -c does not read. It finds pseudo-variables by their form only: only the
 * server knows which ones exist. */
#ifndef FAILOVER_CTL_CALL_TEXT_H
#define FAILOVER_CTL_CALL_TEXT_H

#include "dialplan/rule.h"

/** Read the two strings as one text: the settings begin on the line behind the list.
 * @param settings NULL: none
 * @param text set to that text, for a listing
 * @param arena holds the text and the rule
 * @return NULL with every error reported, or without memory */
rule_t *call_text_read(const char *list, const char *settings, str *text,
		arena_t *arena, diagnostics_t *diagnostics);

#endif
