/* SPDX-License-Identifier: GPL-2.0-or-later */
/* foreign: words of the Brekeke SIP Server that mean nothing here, or something else. A
 * word that decides who may call, or where to, must not be taken for a variable. So it
 * is an error, which says what to write instead. The words are tables (foreign.c). */
#ifndef FAILOVER_DIALPLAN_FOREIGN_H
#define FAILOVER_DIALPLAN_FOREIGN_H

#include "text/diagnostics.h"
#include "text/fragment.h"

/** Refuse a deploy line with such a word.
 * @param name with its first character, $ or &
 * @param value as written
 * @return 0: it is no such word; -1 with an error reported */
int foreign_refuse_deploy(const fragment_t *name, const fragment_t *value,
		diagnostics_t *diagnostics);

/** Refuse a value of $action that is a command of that server.
 * @return as above */
int foreign_refuse_action(const fragment_t *value, diagnostics_t *diagnostics);

/** Refuse a condition on $request, in a rule with $action, that only other methods match.
 * @param value the pattern, as written
 * @param regex without its !
 * @param code what they were to be answered with
 * @return as above */
int foreign_refuse_method(const fragment_t *value, const str *regex,
		bool is_negated, int code, diagnostics_t *diagnostics);

/** Refuse a variable in a condition that no script can have.
 * @param name with its & */
int foreign_refuse_variable(const fragment_t *name, diagnostics_t *diagnostics);

/** Say what to write instead of a function in a condition.
 * @param name with its dollar, without arguments
 * @return NULL: it is no such function */
const char *foreign_instead(const fragment_t *name);

#endif
