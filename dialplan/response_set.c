/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dialplan/response_set.h"

#include <stdio.h>
#include <string.h>

#include "dialplan/pattern.h"
#include "text/ascii.h"
#include "text/text.h"

/* A text of three characters needs no more steps, unless the pattern is an attack. A list
 * of as many codes as fit takes half of these steps. Each step copies all groups, so a
 * pattern costs at most some 50 ms. */
#define STEPS_MAX 2000

#define EXAMPLE "4.. or 408|5.."

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

const char *response_set_advice(const str *text)
{
	if(text->len > 0 && text->s[0] == '!')
		return "nothing is left; 699, which nobody sends, lets silence alone "
			   "lead on";
	if(str_has_any(text, "xX"))
		return "a dot stands for any digit, as in 4..";
	if(str_has_any(text, ", \t;"))
		return "codes are separated by a bar alone, as in 408|480";
	if(str_has_any(text, "-"))
		return "a range is written 50[0-4]";
	if(text->len == 3 && is_one_of(text->s[0], "012789"))
		return "negative replies have the codes 300 to 699, as in 408|5..";
	return "a code has three digits, as in 408|5..";
}

bool response_set_is_empty(const response_set_t *set)
{
	size_t i;

	for(i = 0; i < sizeof(set->bits); i++) {
		if(set->bits[i] != 0)
			return false;
	}
	return true;
}

/* Fill the set: try the expression with each code.
 * @return 0, or -1 if it reached its limits */
static int set_fill(
		response_set_t *set, const pattern_t *pattern, searcher_t *searcher)
{
	char buffer[16];
	str digits = {buffer, 0};
	int code;

	for(code = RESPONSE_CODE_MIN; code <= RESPONSE_CODE_MAX; code++) {
		int found;

		digits.len = snprintf(buffer, sizeof(buffer), "%d", code);
		found = pattern_match(pattern, searcher, &digits, STEPS_MAX);
		if(found < 0)
			return -1;
		set_put(set, code, found);
	}
	return 0;
}

int response_set_compile(
		const fragment_t *text, response_set_t *set, diagnostics_t *diagnostics)
{
	pattern_t pattern;
	searcher_t searcher;
	int filled;

	if(pattern_compile(&pattern, text, EXAMPLE, NULL, diagnostics) < 0)
		return -1;
	if(searcher_init(&searcher) < 0) {
		pattern_destroy(&pattern);
		return diagnostics_error(diagnostics, text, "no memory for a pattern");
	}
	filled = set_fill(set, &pattern, &searcher);
	searcher_destroy(&searcher);
	pattern_destroy(&pattern);
	if(filled == 0)
		return 0;
	return diagnostics_error(diagnostics, text,
			"[%.*s] takes too many steps on three digits: a pattern such "
			"as " EXAMPLE " would be right",
			SHOWN(text));
}
