/* SPDX-License-Identifier: GPL-2.0-or-later */
/* foreign: words of the Brekeke SIP Server that mean something there, and nothing
 * or something else here. None of those that decide who may call, or where to, is
 * taken for a variable: each is an error that says what to write. The words are
 * tables (foreign.c). */
#ifndef FAILOVER_DIALPLAN_FOREIGN_H
#define FAILOVER_DIALPLAN_FOREIGN_H

#include "text/diagnostics.h"
#include "text/fragment.h"

/** Refuse a deploy line that would be taken for a variable.
 * @param name with its first character, $ or &
 * @param value as written
 * @return 0: it is none of them; -1 with an error reported */
int foreign_refuse_deploy(const fragment_t *name, const fragment_t *value,
		diagnostics_t *diagnostics);

/** Refuse the value of an $action that is a command there.
 * @return as above */
int foreign_refuse_action(const fragment_t *value, diagnostics_t *diagnostics);

/** Refuse a variable that a condition asks for and no script can have.
 * @param name with its & */
int foreign_refuse_variable(const fragment_t *name, diagnostics_t *diagnostics);

/** What to write instead of a function in a condition.
 * @param name with its dollar, without arguments
 * @return NULL: it is no such function */
const char *foreign_instead(const fragment_t *name);

#endif
