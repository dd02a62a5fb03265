/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rule: what to do with a call, read from text: when it applies, the
 * destinations to try in order, the settings, what to change on the way. A rule
 * of a dial plan and the arguments of one script call come to the same thing,
 * so that one piece of code runs both. */
#ifndef FAILOVER_DIALPLAN_RULE_H
#define FAILOVER_DIALPLAN_RULE_H

#include "dialplan/condition.h"
#include "dialplan/destination.h"
#include "dialplan/settings.h"

/* %1 to %{128}; more is a slip */
#define RULE_GROUPS_MAX 128

/* a header's or a variable's value, also with what is put into it */
#define RULE_VALUE_BYTES_MAX 4096

/* A setting whose value has holes: it is read when they are filled. */
typedef struct open_setting
{
	struct open_setting *next;
	const setting_t *setting;
	fragment_t where;
	template_t value;
} open_setting_t;

/* A line NAME = VALUE that is carried out as it stands: a header of the outgoing
 * request, or a variable for the script. */
typedef struct assignment
{
	struct assignment *next;
	str name;
	fragment_t where; /* the name */
	fragment_t text;  /* the value as written; empty: a header is removed */
	template_t value;
	/* of a variable: the subject of the plan's conditions that ask for it */
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
	int line;	/* where it begins in its text */
	str name;	/* len 0: none */
	str source; /* its lines, from the first header to its last line */
	condition_t *conditions; /* all must hold; NULL: it always applies */
	int n_groups;			 /* of all its conditions */
	bool continues;			 /* the rules below are asked as well */
	/* a search of its conditions ran into a limit, and that was reported: for
	 * whoever reports it, with an atomic exchange; read by nobody else */
	bool *is_limit_reported;

	/* the destinations: the first one, and in order those behind it */
	bool has_first, has_further; /* such a line stands there */
	destination_t *first;		 /* NULL: as the request itself says */
	fragment_t
			transport; /* of the first; text.s NULL: as the first itself says */
	destination_t *further;
	bool has_target; /* the destinations are those of $target, which stands
					  * for both */
	/* the address of this server that a call leaves from ($ifdst), as the host
	 * of a socket; len 0: none is written */
	str from_address;

	/* or a final reply instead of them */
	bool has_reply;
	int reply_code;
	fragment_t reply_where;
	template_t reply_reason;

	settings_t settings;
	open_setting_t *open_settings;
	assignment_t *headers;	 /* in the order of the text */
	assignment_t *variables; /* likewise */
} rule_t;

/** Give a destination that names no socket the one of an address of this server.
 * @param address as the host of a socket
 * @param transport over which the destination is reached
 * @return 0, or -1 without memory */
int settings_leave_from(settings_t *options, const str *address,
		transport_t transport, arena_t *arena);

/** Read a list of destinations, separated by blanks.
 * @param text may be empty
 * @param list the destinations are appended to it
 * @return 0, or -1 with every error reported */
int destinations_parse(const fragment_t *text, destination_t **list,
		arena_t *arena, diagnostics_t *diagnostics);

/** The destinations of a rule that are written out, in order.
 * @param before the one before it; NULL: the first one is wanted
 * @return NULL behind the last one */
const destination_t *rule_next_destination(
		const rule_t *rule, const destination_t *before);

/** The value of a line in a call.
 * @param values what is put into its holes
 * @param text set to a copy, NUL-terminated
 * @return 0; -1 when a value may not stand there, or without memory (which
 *         arena_has_failed() tells) */
int assignment_fill(const assignment_t *assignment, const str *values,
		str *text, arena_t *arena);

/** What the header lines of a rule come to in a call.
 * @param values what is put into their holes
 * @param list in: those of the rules before; out: with the rule's, each name
 *             once. The texts are copies.
 * @return 0, or -1 with an error reported when a value may not stand there */
int rule_headers(const rule_t *rule, const str *values, named_text_t **list,
		arena_t *arena, diagnostics_t *diagnostics);

/** The same for its variables. */
int rule_variables(const rule_t *rule, const str *values, named_text_t **list,
		arena_t *arena, diagnostics_t *diagnostics);

/** What holds for a call by a rule: its settings laid over a level below.
 * @param values what is put into the holes of its settings
 * @param settings in: the level below; out: with the rule's
 * @param arena for texts among the settings that are put in
 * @return 0, or -1 with an error reported when a value is none */
int rule_settings(const rule_t *rule, const str *values, settings_t *settings,
		arena_t *arena, diagnostics_t *diagnostics);

#endif
