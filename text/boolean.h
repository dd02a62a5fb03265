/* SPDX-License-Identifier: GPL-2.0-or-later */
/* boolean: reads true or false, as an author writes it. */
#ifndef FAILOVER_TEXT_BOOLEAN_H
#define FAILOVER_TEXT_BOOLEAN_H

#include <stdbool.h>

#include "text/diagnostics.h"

/** Read true or false.
 * @param text true, on, yes, 1, false, off, no or 0, in any case of letters
 * @param name of the setting that has this value, for the error
 * @return 0, or -1 with one error reported */
int boolean_parse(const fragment_t *text, const char *name, bool *value,
		diagnostics_t *diagnostics);

#endif
