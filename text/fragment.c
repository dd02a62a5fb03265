/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "text/fragment.h"

#include <string.h>
#include <strings.h>

#include "text/ascii.h"

fragment_t fragment_of(const str *text)
{
	fragment_t whole = {.text = *text, .line = 1, .column = 1};

	return whole;
}

fragment_t fragment_part(const fragment_t *fragment, int offset, int len)
{
	fragment_t part = *fragment;
	int i;

	for(i = 0; i < offset; i++) {
		if(fragment->text.s[i] == '\n') {
			part.line++;
			part.column = 1;
		} else {
			part.column++;
		}
	}
	part.text.s += offset;
	part.text.len = len;
	return part;
}

fragment_t fragment_trim(const fragment_t *fragment)
{
	int begin = 0;
	int end = fragment->text.len;

	while(begin < end && is_space(fragment->text.s[begin]))
		begin++;
	while(end > begin && is_space(fragment->text.s[end - 1]))
		end--;
	return fragment_part(fragment, begin, end - begin);
}

/* The index of the first mark that ends behind a place; n_marks without one. It is a
 * binary search, as a text can have as many marks as characters. */
static int first_mark_behind(const fragment_t *fragment, const char *at)
{
	int from = 0;
	int end = fragment->n_marks;

	while(from < end) {
		int middle = from + (end - from) / 2;
		const mark_t *mark = &fragment->marks[middle];

		if(mark->at + mark->len > at)
			end = middle;
		else
			from = middle + 1;
	}
	return from;
}

const mark_t *fragment_mark(const fragment_t *fragment, int offset)
{
	const char *at = fragment->text.s + offset;
	int i = first_mark_behind(fragment, at);

	if(i == fragment->n_marks || fragment->marks[i].at > at)
		return NULL;
	return &fragment->marks[i];
}

bool fragment_is_variable(const fragment_t *fragment)
{
	const mark_t *mark =
			fragment->text.len > 0 ? fragment_mark(fragment, 0) : NULL;

	return mark != NULL && mark->is_variable && mark->len == fragment->text.len;
}

bool fragment_has_holes(const fragment_t *fragment)
{
	const char *end = fragment->text.s + fragment->text.len;
	int i = first_mark_behind(fragment, fragment->text.s);

	/* a mark that begins before the fragment does not belong to it */
	if(i < fragment->n_marks && fragment->marks[i].at < fragment->text.s)
		i++;
	for(; i < fragment->n_marks && fragment->marks[i].at < end; i++) {
		if(fragment->marks[i].hole != MARK_ESCAPE)
			return true;
	}
	return false;
}

int fragment_find(const fragment_t *fragment, int from, char c)
{
	int i;

	for(i = from; i < fragment->text.len; i++) {
		if(fragment->text.s[i] == c && fragment_mark(fragment, i) == NULL)
			return i;
	}
	return -1;
}

bool fragment_is(const fragment_t *fragment, const char *word)
{
	return (size_t)fragment->text.len == strlen(word)
		   && strncasecmp(fragment->text.s, word, fragment->text.len) == 0;
}

bool fragment_begins(const fragment_t *fragment, const char *prefix)
{
	size_t len = strlen(prefix);

	return (size_t)fragment->text.len >= len
		   && strncasecmp(fragment->text.s, prefix, len) == 0;
}

bool fragment_next_word(fragment_t *rest, fragment_t *word)
{
	fragment_t text = fragment_trim(rest);
	bool quoted = false;
	int depth = 0;
	int i;

	if(text.text.len == 0)
		return false;
	for(i = 0; i < text.text.len; i++) {
		char c = text.text.s[i];

		if(fragment_mark(&text, i) != NULL)
			continue;
		if(is_space(c) && !quoted && depth == 0)
			break;
		/* quotes mean something only inside an option block: an apostrophe
		 * is a legal character of a user part (RFC 3261 section 25.1) */
		if(c == '\'' && depth > 0)
			quoted = !quoted;
		else if(c == '{' && !quoted)
			depth++;
		else if(c == '}' && !quoted && depth > 0)
			depth--;
	}
	*word = fragment_part(&text, 0, i);
	*rest = fragment_part(&text, i, text.text.len - i);
	return true;
}
