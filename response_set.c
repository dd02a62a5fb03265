/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "response_set.h"

#include <stdio.h>
#include <string.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

/* Three characters cannot need more; what does is built to be slow. A list of
 * as many codes as fit takes half of these steps, and as each step copies all
 * groups, a pattern costs at most some 50 ms. */
#define RESPONSE_MATCH_LIMIT 2000
#define RESPONSE_HEAP_KIB 2048
#define RESPONSE_GROUPS_MAX 32

static void set_put(response_set_t *set, int code, bool is_member)
{
	int bit = code - RESPONSE_CODE_MIN;

	if(is_member)
		set->bits[bit / 8] |= (unsigned char)(1u << (bit % 8));
	else
		set->bits[bit / 8] &= (unsigned char)~(1u << (bit % 8));
}

void response_set_default(response_set_t *set)
{
	memset(set->bits, 0xff, sizeof(set->bits));
	set_put(set, 401, false);
	set_put(set, 407, false);
}

bool response_set_has(const response_set_t *set, int code)
{
	int bit = code - RESPONSE_CODE_MIN;

	if(code < RESPONSE_CODE_MIN || code > RESPONSE_CODE_MAX)
		return false;
	return (set->bits[bit / 8] >> (bit % 8)) & 1;
}

/* Fill the set by asking the expression for each code.
 * @return 1 done, 0 the expression ran into its limits, -1 no memory */
static int set_fill(response_set_t *set, const pcre2_code *regex, bool negated)
{
	pcre2_match_context *limits = pcre2_match_context_create(NULL);
	pcre2_match_data *match = pcre2_match_data_create(1, NULL);
	char digits[16];
	int code;
	int result = -1;

	if(limits == NULL || match == NULL)
		goto out;
	pcre2_set_match_limit(limits, RESPONSE_MATCH_LIMIT);
	pcre2_set_depth_limit(limits, RESPONSE_MATCH_LIMIT);
	pcre2_set_heap_limit(limits, RESPONSE_HEAP_KIB);
	for(code = RESPONSE_CODE_MIN; code <= RESPONSE_CODE_MAX; code++) {
		int len = snprintf(digits, sizeof(digits), "%d", code);
		int found = pcre2_match(
				regex, (PCRE2_SPTR)digits, len, 0, 0, match, limits);

		if(found < 0 && found != PCRE2_ERROR_NOMATCH) {
			result = 0;
			goto out;
		}
		/* 0: more groups than match has room for, it did match */
		set_put(set, code, (found >= 0) != negated);
	}
	result = 1;
out:
	pcre2_match_data_free(match);
	pcre2_match_context_free(limits);
	return result;
}

static bool has_too_many_groups(const pcre2_code *regex)
{
	uint32_t groups = 0;

	pcre2_pattern_info(regex, PCRE2_INFO_CAPTURECOUNT, &groups);
	return groups > RESPONSE_GROUPS_MAX;
}

int response_set_compile(const fragment_t *text, response_set_t *set,
		diagnostics_t *diagnostics)
{
	bool negated = text->text.s[0] == '!';
	fragment_t pattern =
			fragment_part(text, negated, text->text.len - negated);
	fragment_t fault;
	pcre2_code *regex;
	PCRE2_SIZE offset;
	PCRE2_UCHAR why[256];
	int error, filled;

	pattern = fragment_trim(&pattern);
	if(pattern.text.len == 0)
		return diagnostics_error(diagnostics, text,
				"there is no pattern behind the !: write !486 for every code "
				"but 486");
	if(pattern.text.len > RESPONSE_PATTERN_BYTES_MAX)
		return diagnostics_error(diagnostics, text,
				"a response pattern is at most %d bytes long",
				RESPONSE_PATTERN_BYTES_MAX);
	regex = pcre2_compile((PCRE2_SPTR)pattern.text.s, pattern.text.len,
			PCRE2_NEVER_UTF | PCRE2_NEVER_UCP | PCRE2_NEVER_BACKSLASH_C, &error,
			&offset, NULL);
	if(regex == NULL) {
		pcre2_get_error_message(error, why, sizeof(why));
		fault = fragment_part(&pattern, (int)offset, 0);
		return diagnostics_error(diagnostics, &fault,
				"[%.*s] is no regular expression: %s; a pattern such as 4.. or "
				"408|5.. would be right",
				SHOWN(&pattern), (char *)why);
	}
	if(has_too_many_groups(regex)) {
		pcre2_code_free(regex);
		return diagnostics_error(diagnostics, text,
				"[%.*s] has more than %d groups: a pattern such as 4.. or "
				"408|5.. would be right",
				SHOWN(&pattern), RESPONSE_GROUPS_MAX);
	}
	filled = set_fill(set, regex, negated);
	pcre2_code_free(regex);
	if(filled < 0)
		return diagnostics_error(diagnostics, text, "no memory for a pattern");
	if(filled == 0)
		return diagnostics_error(diagnostics, text,
				"[%.*s] takes too many steps on three digits: a pattern such as "
				"4.. or 408|5.. would be right",
				SHOWN(&pattern));
	return 0;
}
