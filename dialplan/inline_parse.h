/* SPDX-License-Identifier: GPL-2.0-or-later */
/* inline_parse: the arguments of one script call,
 *     failover("sip:gw1.example.com/TCP current", "timer.inviting=5; ...")
 * text -> a part of a rule, or errors with line and column. The two arguments are two
 * texts, and the server reads each of them when it loads its configuration. */
#ifndef FAILOVER_DIALPLAN_INLINE_PARSE_H
#define FAILOVER_DIALPLAN_INLINE_PARSE_H

#include "dialplan/rule.h"

/** Read the list of destinations of a call.
 * @param text the whole list, first destination included; may have marks. The
 *             rule keeps pointers into it.
 * @param rule gets the destinations
 * @param arena holds them
 * @return 0, or -1 with every error reported */
int inline_parse_destinations(const fragment_t *text, rule_t *rule,
		arena_t *arena, diagnostics_t *diagnostics);

/** Read the settings of a call.
 * @param text name=value, separated by `;` or line ends; blanks around name and value are
 * ignored. A leading `&failover.` is optional. A value with a `;` stands in
 * single quotes. May be empty, may have marks. The rule keeps pointers into it.
 * @param rule gets the settings
 * @param arena holds them
 * @return 0, or -1 with every error reported */
int inline_parse_settings(const fragment_t *text, rule_t *rule, arena_t *arena,
		diagnostics_t *diagnostics);

/** Find a setting in a text that was read without an error.
 * @param name without the leading `&failover.`; capital and small letters are equal
 * @param arena holds the value where it is not part of the text
 * @param where set to name=value
 * @param value set to what the setting was read from, without quotes
 * @return false: it is not there, its value is not known yet, or there is no memory */
bool inline_find_setting(const fragment_t *text, const char *name,
		arena_t *arena, fragment_t *where, fragment_t *value);

#endif
