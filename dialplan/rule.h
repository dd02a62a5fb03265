/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rule: what to do with a call, as read from a text: the conditions, the destinations
 * in their order, the settings, the headers and variables. A rule of a dial plan and
 * the arguments of a script call are the same type, so the same code runs both. */
#ifndef FAILOVER_DIALPLAN_RULE_H
#define FAILOVER_DIALPLAN_RULE_H

#include "dialplan/condition.h"
#include "dialplan/destination.h"
#include "dialplan/settings.h"

/* %1 to %{128}; more would be a mistake */
#define RULE_GROUPS_MAX 128

/* the value of a header or a variable, after its holes are filled */
#define RULE_VALUE_BYTES_MAX 4096

/* A setting whose value has holes. It is read in a call, when they are filled. */
typedef struct open_setting
{
	struct open_setting *next;
	const setting_t *setting;
	fragment_t where;
	template_t value;
} open_setting_t;

/* A line NAME = VALUE that sets a header of the outgoing request, or a variable for the
 * script. */
typedef struct assignment
{
	struct assignment *next;
	str name;
	fragment_t where; /* the name */
	fragment_t text;  /* the value as written; empty: a header is removed */
	template_t value;
	/* of a variable: its subject, if a condition of the plan uses it */
	int subject_id;
} assignment_t;

#define SUBJECT_NONE (-1)

/* A header of the outgoing requests, or a variable for the script, in a call. */
typedef struct named_text
{
	struct named_text *next;
	str name;
	str text; /* NUL-terminated; of a header, len 0: it is removed */
} named_text_t;

typedef struct rule
{
	struct rule *next;
	int id;		/* in its plan, from 0 */
	int line;	/* its first line in the text */
	str name;	/* len 0: none */
	str source; /* its lines, from the first header to its last line */
	condition_t *conditions; /* all must hold; NULL: it always applies */
	int n_groups;			 /* of all its conditions */
	bool continues;			 /* the rules below are evaluated too */
	/* a search of its conditions reached a limit, and this was reported. Only the
	 * code that reports it uses this, with an atomic exchange */
	bool *is_limit_reported;

	/* the destinations: the first one (To), and the further ones in order */
	bool has_first, has_further; /* the rule has such a line */
	destination_t *first;		 /* NULL: as the request itself says */
	fragment_t transport; /* of the first one; text.s NULL: no line sets it */
	destination_t *further;
	bool has_target; /* the destinations come from $target, which replaces To and $session */
	/* the address of this server that a call leaves from ($ifdst), as the host
	 * of a socket; len 0: none is written */
	str from_address;

	/* a final reply, instead of destinations */
	bool has_reply;
	int reply_code;
	fragment_t reply_where;
	template_t reply_reason;

	settings_t settings;
	open_setting_t *open_settings;
	assignment_t *headers;	 /* in the order of the text */
	assignment_t *variables; /* likewise */
} rule_t;

/** Set the socket of a destination that names none, to one with this address.
 * @param address as the host of a socket
 * @param transport the transport to the destination
 * @return 0, or -1 without memory */
int settings_leave_from(settings_t *options, const str *address,
		transport_t transport, arena_t *arena);

/** Read a list of destinations, separated by blanks.
 * @param text may be empty
 * @param list the destinations are appended to it
 * @return 0, or -1 with every error reported */
int destinations_parse(const fragment_t *text, destination_t **list,
		arena_t *arena, diagnostics_t *diagnostics);

/** Go through the written destinations of a rule, in order.
 * @param before the one before; NULL: return the first one
 * @return NULL behind the last one */
const destination_t *rule_next_destination(
		const rule_t *rule, const destination_t *before);

/** Make the value of a line in a call.
 * @param values the values for its holes
 * @param text set to a copy, NUL-terminated
 * @return 0; -1 if a value does not fit, or without memory (which
 *         arena_has_failed() tells) */
int assignment_fill(const assignment_t *assignment, const str *values,
		str *text, arena_t *arena);

/** Make the headers of a rule in a call.
 * @param values the values for their holes
 * @param list in: the headers of the rules before; out: with those of this rule,
 *             each name once. The texts are copies.
 * @return 0, or -1 with an error reported if a value does not fit */
int rule_headers(const rule_t *rule, const str *values, named_text_t **list,
		arena_t *arena, diagnostics_t *diagnostics);

/** The same for its variables. */
int rule_variables(const rule_t *rule, const str *values, named_text_t **list,
		arena_t *arena, diagnostics_t *diagnostics);

/** Warn, once for all rules, of names behind their first destinations: tm's timer
 * process looks them up when the one before stays silent, and every other timer of
 * the server waits for that (tm, t_fwd.c: add_uac), unless the server has workers for
 * it (async_workers). */
void rules_warn_of_names(
		rule_t *const *rules, int n_rules, diagnostics_t *diagnostics);

/** Apply the settings of a rule in a call.
 * @param values the values for the holes of its settings
 * @param settings in: the level below; out: with the rule's settings applied
 * @param arena for settings that are texts
 * @return 0, or -1 with an error reported if a value is wrong */
int rule_settings(const rule_t *rule, const str *values, settings_t *settings,
		arena_t *arena, diagnostics_t *diagnostics);

#endif
