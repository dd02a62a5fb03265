/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pattern.h"

#include <string.h>

/* of one search; a step takes less */
#define HEAP_KIB_MAX 2048

static int no_memory(const fragment_t *text, diagnostics_t *diagnostics)
{
	return diagnostics_error(diagnostics, text, "no memory for a pattern");
}

static int compile(
		pattern_t *pattern, const fragment_t *text, diagnostics_t *diagnostics)
{
	fragment_t where;
	PCRE2_SIZE offset;
	PCRE2_UCHAR why[256];
	uint32_t groups = 0;
	int error;

	pattern->regex = pcre2_compile((PCRE2_SPTR)text->text.s, text->text.len,
			PCRE2_NEVER_UTF | PCRE2_NEVER_UCP | PCRE2_NEVER_BACKSLASH_C, &error,
			&offset, NULL);
	if(pattern->regex == NULL) {
		pcre2_get_error_message(error, why, sizeof(why));
		where = fragment_part(text, (int)offset, 0);
		return diagnostics_error(diagnostics, &where,
				"[%.*s] is no regular expression: %s; a pattern such as 4.. or "
				"408|5.. would be right",
				SHOWN(text), (char *)why);
	}
	pcre2_pattern_info(pattern->regex, PCRE2_INFO_CAPTURECOUNT, &groups);
	if(groups <= PATTERN_GROUPS_MAX)
		return 0;
	/* each step of a search copies them all */
	return diagnostics_error(diagnostics, text,
			"[%.*s] has more than %d groups: a pattern such as 4.. or 408|5.. "
			"would be right",
			SHOWN(text), PATTERN_GROUPS_MAX);
}

/* Make what a search needs, once for all searches. */
static int prepare(pattern_t *pattern, const fragment_t *text,
		unsigned steps_max, diagnostics_t *diagnostics)
{
	pattern->match = pcre2_match_data_create(1, NULL);
	pattern->limits = pcre2_match_context_create(NULL);
	if(pattern->match == NULL || pattern->limits == NULL)
		return no_memory(text, diagnostics);
	pcre2_set_match_limit(pattern->limits, steps_max);
	pcre2_set_depth_limit(pattern->limits, steps_max);
	pcre2_set_heap_limit(pattern->limits, HEAP_KIB_MAX);
	return 0;
}

int pattern_compile(pattern_t *pattern, const fragment_t *text,
		unsigned steps_max, diagnostics_t *diagnostics)
{
	bool is_negated = text->text.s[0] == '!';
	fragment_t regex =
			fragment_part(text, is_negated, text->text.len - is_negated);

	memset(pattern, 0, sizeof(*pattern));
	pattern->is_negated = is_negated;
	regex = fragment_trim(&regex);
	if(regex.text.len == 0)
		return diagnostics_error(diagnostics, text,
				"there is no pattern behind the !: write !486 for everything "
				"but 486");
	if(regex.text.len > PATTERN_BYTES_MAX)
		return diagnostics_error(diagnostics, text,
				"a pattern is at most %d bytes long", PATTERN_BYTES_MAX);
	if(compile(pattern, &regex, diagnostics) == 0
			&& prepare(pattern, text, steps_max, diagnostics) == 0)
		return 0;
	pattern_destroy(pattern);
	return -1;
}

void pattern_destroy(pattern_t *pattern)
{
	pcre2_code_free(pattern->regex);
	pcre2_match_data_free(pattern->match);
	pcre2_match_context_free(pattern->limits);
	memset(pattern, 0, sizeof(*pattern));
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
