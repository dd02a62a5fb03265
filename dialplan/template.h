/* SPDX-License-Identifier: GPL-2.0-or-later */
/* template: a text with holes. It is made when a configuration is loaded, and a
 * call fills the holes with values from outside. A value is data: it is escaped or
 * refused by the rules of its place, and never read as language. So a caller
 * cannot add a destination, an option, a host or a header. */
#ifndef FAILOVER_DIALPLAN_TEMPLATE_H
#define FAILOVER_DIALPLAN_TEMPLATE_H

#include "text/arena.h"
#include "text/fragment.h"

/* The place of a hole. It decides which values fit. */
typedef enum hole_kind
{
	HOLE_USER, /* characters that RFC 3261 allows in a user part; others are escaped */
	HOLE_HOST, /* host characters only, or a whole IPv6 address */
	HOLE_PORT, /* digits only */
	HOLE_PARAM, /* characters that RFC 3261 allows in a parameter; others are escaped */
	HOLE_VALUE, /* any text without a line end */
	HOLE_PLACE, /* as HOLE_HOST, with a port behind it or not */
} hole_kind_t;

typedef struct piece
{
	struct piece *next;
	str literal; /* the text before the hole */
	int hole;	 /* the value of the hole; MARK_ESCAPE (-1): no hole */
	hole_kind_t kind;
} piece_t;

typedef struct
{
	piece_t *pieces;
} template_t;

/** Make a template of a fragment and its marks.
 * @param text must outlive the template, like the arena
 * @param kind_at tells the kind of a hole at an offset of text; NULL: HOLE_VALUE everywhere
 * @param context handed to kind_at
 * @return 0, or -1 without memory */
int template_make(template_t *made, const fragment_t *text,
		hole_kind_t (*kind_at)(const void *context, int offset),
		const void *context, arena_t *arena);

/** Replace the escapes in a fragment without holes.
 * @param arena holds the copy, if one is needed
 * @return 0, or -1 without memory */
int template_plain(fragment_t *text, arena_t *arena);

/** Fill a template.
 * @param values one for each hole number that occurs
 * @param out the result, written from the beginning
 * @param capacity of out in bytes
 * @param bad_hole set to the number of the value that does not fit, if there is one
 * @return the length of the result; -1 if a value does not fit in its place, or if
 *         the result is longer than capacity */
int template_fill(const template_t *template, const str *values, char *out,
		int capacity, int *bad_hole);

#endif
