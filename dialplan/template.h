/* SPDX-License-Identifier: GPL-2.0-or-later */
/* template: a text with holes. It is made when a configuration is loaded, and a
 * call fills the holes with values from outside. A value is data: it is escaped or
 * refused by the rules of its place, and never read as language. So a caller
 * cannot add a destination, an option, a host or a header. */
#ifndef FAILOVER_DIALPLAN_TEMPLATE_H
#define FAILOVER_DIALPLAN_TEMPLATE_H

#include "text/arena.h"
#include "text/fragment.h"

/* What surrounds a hole, and so what may be put into it. */
typedef enum hole_kind
{
	HOLE_USER,	/* what RFC 3261 allows in a user part, else escaped */
	HOLE_HOST,	/* host characters only, or a whole IPv6 address */
	HOLE_PORT,	/* digits only */
	HOLE_PARAM, /* what RFC 3261 allows in a parameter, else escaped */
	HOLE_VALUE, /* anything that stays on one line */
} hole_kind_t;

typedef struct piece
{
	struct piece *next;
	str literal; /* put out first */
	int hole;	 /* then this value; MARK_ESCAPE (-1): none */
	hole_kind_t kind;
} piece_t;

typedef struct
{
	piece_t *pieces;
} template_t;

/** Make a template of a fragment and its marks.
 * @param text must outlive the template, like the arena
 * @param kind_at says what surrounds an offset of text; NULL: it is one line
 *                everywhere (HOLE_VALUE)
 * @param context handed to kind_at
 * @return 0, or -1 without memory */
int template_make(template_t *made, const fragment_t *text,
		hole_kind_t (*kind_at)(const void *context, int offset),
		const void *context, arena_t *arena);

/** The text of a fragment without holes, its escapes resolved.
 * @param arena holds the copy, where one is needed
 * @return 0, or -1 without memory */
int template_plain(fragment_t *text, arena_t *arena);

/** Fill a template.
 * @param values one for each hole number that occurs
 * @param out the result, written from the beginning
 * @param capacity of out in bytes
 * @param bad_hole which value is to blame, when one is
 * @return the length of the result; -1 when a value may not stand in its place
 *         or the result is longer than capacity */
int template_fill(const template_t *template, const str *values, char *out,
		int capacity, int *bad_hole);

#endif
