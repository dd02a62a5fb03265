/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rule: what to do with a call, read from text: the destinations to try, in
 * order, and the settings. A rule of a dial plan and the arguments of one
 * script call come to the same thing, so that one piece of code runs both. */
#ifndef FAILOVER_RULE_H
#define FAILOVER_RULE_H

#include "destination.h"
#include "settings.h"

/* A setting whose value has holes: it is read when they are filled. */
typedef struct open_setting
{
	struct open_setting *next;
	const setting_t *setting;
	fragment_t where;
	template_t value;
} open_setting_t;

typedef struct rule
{
	int line; /* where it begins in its text */
	/* the first destination is To, or the request's own (`current`); without
	 * it being asked for, that one is left out when it is ourselves */
	bool is_first_implied;
	destination_t *destinations; /* in order; NULL in the settings of a call */
	settings_t settings;
	open_setting_t *open_settings;
} rule_t;

/** Read a list of destinations, separated by blanks.
 * @param text may be empty
 * @param list the destinations are appended to it
 * @return 0, or -1 with every error reported */
int destinations_parse(const fragment_t *text, destination_t **list,
		arena_t *arena, diagnostics_t *diagnostics);

/** What holds for a call by a rule: its settings laid over a level below.
 * @param values what is put into the holes of its settings
 * @param settings in: the level below; out: with the rule's
 * @param arena for texts among the settings that are put in
 * @return 0, or -1 with an error reported when a value is none */
int rule_settings(const rule_t *rule, const str *values, settings_t *settings,
		arena_t *arena, diagnostics_t *diagnostics);

#endif
