/* SPDX-License-Identifier: GPL-2.0-or-later */
/* call_text: reads the strings of a script call, failover("LIST", "SETTINGS"), which
 * kamailio -c does not read. It finds pseudo-variables by their form only: only the
 * server knows which ones exist. */
#ifndef FAILOVER_CTL_CALL_TEXT_H
#define FAILOVER_CTL_CALL_TEXT_H

#include "dialplan/rule.h"

/* The strings, as one text: the settings begin on the line behind the list. */
typedef struct call_text
{
	str text;			 /* the whole, for a listing */
	fragment_t settings; /* with its marks; empty: none */
} call_text_t;

/** Read the two strings.
 * @param settings NULL: none
 * @param text set to them
 * @param arena holds the text and the rule
 * @return NULL with every error reported, or without memory */
rule_t *call_text_read(const char *list, const char *settings,
		call_text_t *text, arena_t *arena, diagnostics_t *diagnostics);

#endif
