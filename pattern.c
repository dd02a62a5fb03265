/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pattern.h"

#include <stdlib.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

/* Steps, nested matches and KiB of one search: what a URI or three digits can
 * need, and less than a millisecond. */
#define MATCH_LIMIT 10000
#define DEPTH_LIMIT 1000
#define HEAP_LIMIT_KIB 1024

struct pattern
{
	pcre2_code *regex;
	pcre2_match_data *match;
	pcre2_match_context *limits;
	bool is_negated;
};

/* Make what a search needs, once for all searches.
 * @return 0, or -1 without memory */
static int prepare(pattern_t *pattern)
{
	pattern->match = pcre2_match_data_create(1, NULL);
	pattern->limits = pcre2_match_context_create(NULL);
	if(pattern->match == NULL || pattern->limits == NULL)
		return -1;
	pcre2_set_match_limit(pattern->limits, MATCH_LIMIT);
	pcre2_set_depth_limit(pattern->limits, DEPTH_LIMIT);
	pcre2_set_heap_limit(pattern->limits, HEAP_LIMIT_KIB);
	return 0;
}

static pattern_t *compile(const fragment_t *text, bool is_negated,
		diagnostics_t *diagnostics)
{
	pattern_t *pattern = calloc(1, sizeof(*pattern));
	fragment_t where;
	PCRE2_SIZE offset;
	PCRE2_UCHAR why[256];
	int error;

	if(pattern == NULL)
		goto no_memory;
	pattern->is_negated = is_negated;
	pattern->regex = pcre2_compile((PCRE2_SPTR)text->text.s, text->text.len,
			PCRE2_NEVER_UTF | PCRE2_NEVER_UCP | PCRE2_NEVER_BACKSLASH_C, &error,
			&offset, NULL);
	if(pattern->regex == NULL) {
		pcre2_get_error_message(error, why, sizeof(why));
		where = fragment_part(text, (int)offset, 0);
		diagnostics_error(diagnostics, &where,
				"[%.*s] is no regular expression: %s; a pattern such as 4.. or "
				"408|5.. would be right",
				STR_FMT(&text->text), (char *)why);
		pattern_destroy(pattern);
		return NULL;
	}
	if(prepare(pattern) == 0)
		return pattern;
	pattern_destroy(pattern);
no_memory:
	diagnostics_error(diagnostics, text, "no memory for a pattern");
	return NULL;
}

pattern_t *pattern_compile(
		const fragment_t *text, diagnostics_t *diagnostics)
{
	bool is_negated = text->text.s[0] == '!';
	fragment_t rest =
			fragment_part(text, is_negated, text->text.len - is_negated);

	rest = fragment_trim(&rest);
	if(rest.text.len == 0) {
		diagnostics_error(diagnostics, text,
				"there is no pattern behind the !: write !486 for everything "
				"but 486");
		return NULL;
	}
	if(rest.text.len > PATTERN_BYTES_MAX) {
		diagnostics_error(diagnostics, text,
				"a pattern is at most %d bytes long", PATTERN_BYTES_MAX);
		return NULL;
	}
	return compile(&rest, is_negated, diagnostics);
}

void pattern_destroy(pattern_t *pattern)
{
	if(pattern == NULL)
		return;
	pcre2_code_free(pattern->regex);
	pcre2_match_data_free(pattern->match);
	pcre2_match_context_free(pattern->limits);
	free(pattern);
}

int pattern_match(const pattern_t *pattern, const str *text)
{
	int found = pcre2_match(pattern->regex, (PCRE2_SPTR)text->s, text->len, 0,
			0, pattern->match, pattern->limits);

	if(found == PCRE2_ERROR_NOMATCH)
		return pattern->is_negated;
	/* 0: more groups than there is room for, which is a match too */
	return found < 0 ? -1 : !pattern->is_negated;
}
