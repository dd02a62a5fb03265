/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fragment: a piece of an author's text that knows where it stands, so that an
 * error in it can be reported with line and column. It owns nothing.
 *
 * A text may have marks. A mark is a hole, which a call fills with a value (a
 * pseudo-variable, a capture), or an escape, which stands for one character ($$,
 * %%). A text is never split inside a mark, and a value that fills a hole is never
 * read as language. */
#ifndef FAILOVER_TEXT_FRAGMENT_H
#define FAILOVER_TEXT_FRAGMENT_H

#include "text/text.h"

#define MARK_ESCAPE (-1)

typedef struct mark
{
	const char *at;	  /* its first character in the text */
	int len;		  /* how many characters it covers there, 1 or more */
	int hole;		  /* which value fills it, from 0; or MARK_ESCAPE: it
					 * stands for its own last character */
	bool is_variable; /* the hole is a pseudo-variable, which the author of the
					   * script fills: in the place of a host it may bring its
					   * port, and as a word of a list it is a destination */
} mark_t;

typedef struct fragment
{
	str text;
	int line;			 /* of its first character, from 1 */
	int column;			 /* from 1, in bytes */
	const mark_t *marks; /* of the whole text, in ascending order */
	int n_marks;
} fragment_t;

/** The whole of a text, line 1 and column 1, without marks. */
fragment_t fragment_of(const str *text);

/** A part of a fragment.
 * @param offset,len in bytes; must lie inside */
fragment_t fragment_part(const fragment_t *fragment, int offset, int len);

/** The same without blanks at either end (blank, tab, CR, LF). */
fragment_t fragment_trim(const fragment_t *fragment);

/** The mark that covers the character at an offset; NULL if there is none. */
const mark_t *fragment_mark(const fragment_t *fragment, int offset);

/** Is it one pseudo-variable and nothing else? */
bool fragment_is_variable(const fragment_t *fragment);

/** Is there any hole in it? */
bool fragment_has_holes(const fragment_t *fragment);

/** The offset of the first such character at or after `from` that is not in a
 * mark; -1 if there is none. */
int fragment_find(const fragment_t *fragment, int from, char c);

/** Is the text this word, in any case of letters? */
bool fragment_is(const fragment_t *fragment, const char *word);

/** Does the text begin with this one, in any case of letters? */
bool fragment_begins(const fragment_t *fragment, const char *prefix);

/** Cut off the first word. Blanks separate words, except within single quotes or
 * braces.
 * @param rest in: the text; out: what is behind the word
 * @param word the word, never empty
 * @return false when nothing is left */
bool fragment_next_word(fragment_t *rest, fragment_t *word);

#endif
