/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dialplan/pattern.h"

#include <string.h>

/* of one search; a step needs less */
#define HEAP_KIB_MAX 2048

/* The first try of a search may take so many steps. Nearly all searches need fewer. */
#define QUICK_STEPS 8000

/* If that is not enough, each starting point is searched separately. Its first try may
 * take so many steps, and each further try this many times more. */
#define WATCHED_STEPS 4
#define WATCHED_GROWTH 2

/* A step can be a repeat that passes the whole rest of the text. It passes so many
 * characters in the time of another step. */
#define STEP_BYTES 64

/* -- compiling ---------------------------------------------------------- */

static void *take(PCRE2_SIZE bytes, void *arena)
{
	return arena_alloc(arena, bytes);
}

static void keep(void *memory, void *arena)
{
	(void)memory; /* the arena releases it */
	(void)arena;
}

pcre2_compile_context *pattern_context_create(arena_t *arena)
{
	pcre2_general_context *general =
			pcre2_general_context_create(take, keep, arena);

	return general == NULL ? NULL : pcre2_compile_context_create(general);
}

static int no_memory(const fragment_t *text, diagnostics_t *diagnostics)
{
	return diagnostics_error(diagnostics, text, "no memory for a pattern");
}

/* Does an expression contain one of these signs? If a sign has another meaning there,
 * such as a brace in a class, the pattern only gets a stricter limit. */
static bool has_sign(const str *regex, const char *const *signs)
{
	for(; *signs != NULL; signs++) {
		int len = (int)strlen(*signs);
		int i;

		for(i = 0; i + len <= regex->len; i++) {
			if(memcmp(regex->s + i, *signs, len) == 0)
				return true;
		}
	}
	return false;
}

/* \G matches where the search begins, and verbs such as (*COMMIT) end the search. */
static const char *const signs_of_a_beginning[] = {"\\G", "(*", NULL};

/* Repeats that never give back characters pass the text without a step for each
 * character: possessive repeats, and repeats in atomic groups and in lookarounds. */
static const char *const signs_of_a_leap[] = {
		"++", "*+", "?+", "}+", "(?>", "(?=", "(?!", "(?<", "(?(", "(*", NULL};

/* Calls of groups. A group may call itself. */
static const char *const signs_of_a_call[] = {"(?R", "(?0", "(?1", "(?2", "(?3",
		"(?4", "(?5", "(?6", "(?7", "(?8", "(?9", "(?+", "(?-", "(?&", "(?P>",
		"\\g<", "\\g'", NULL};

/* Does an expression begin with (*LIMIT_MATCH=1) or a similar limit? A lower limit
 * replaces those of this file. */
static bool has_limits(const pcre2_code *regex)
{
	uint32_t limit;

	return pcre2_pattern_info(regex, PCRE2_INFO_MATCHLIMIT, &limit) == 0
		   || pcre2_pattern_info(regex, PCRE2_INFO_DEPTHLIMIT, &limit) == 0
		   || pcre2_pattern_info(regex, PCRE2_INFO_HEAPLIMIT, &limit) == 0;
}

/* Errors of PCRE2 about a single character. Up to 10.46 the place of the error is that
 * character; from 10.47 on (its change 756) it is the next one. */
static const int errors_of_a_character[] = {PCRE2_ERROR_CLASS_RANGE_ORDER,
		PCRE2_ERROR_QUANTIFIER_INVALID, PCRE2_ERROR_INVALID_AFTER_PARENS_QUERY,
		PCRE2_ERROR_UNMATCHED_CLOSING_PARENTHESIS,
		PCRE2_ERROR_CONDITION_ASSERTION_EXPECTED,
		PCRE2_ERROR_INVALID_SUBPATTERN_NAME, PCRE2_ERROR_INVALID_OCTAL,
		PCRE2_ERROR_INVALID_HEXADECIMAL};

/* Find the place of an error, with any release of PCRE2. */
static int place_of_error(
		int error, PCRE2_SIZE offset, pcre2_compile_context *context)
{
	PCRE2_SIZE behind = 0;
	size_t i;
	int known;

	for(i = 0; i < sizeof(errors_of_a_character) / sizeof(int); i++) {
		if(errors_of_a_character[i] != error)
			continue;
		/* the wrong character is the first one, so the place is 0, or 1 from 10.47 on */
		pcre2_code_free(pcre2_compile(
				(PCRE2_SPTR) "*", 1, 0, &known, &behind, context));
		return (int)(offset > behind ? offset - behind : 0);
	}
	return (int)offset;
}

/* What Java has and PCRE2 refuses, as the rules of a Brekeke SIP Server can have it, and
 * what would be right; NULL: none of it. */
static const char *right_for_java(const str *regex)
{
	static const struct
	{
		const char *sign, *right;
	} rows[] = {
			{"\\p{", "a class such as [a-z] or [A-Za-z0-9]"},
			{"\\P{", "a class such as [^a-z] or [^A-Za-z0-9]"},
			{"\\u", "\\x41 for \\u0041, or the character itself,"},
			{"(?d", "the expression without (?d)"},
	};
	size_t i;

	for(i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *signs[] = {rows[i].sign, NULL};

		if(has_sign(regex, signs))
			return rows[i].right;
	}
	return NULL;
}

static int refuse_syntax(const fragment_t *text, int at, const char *why,
		const char *example, diagnostics_t *diagnostics)
{
	fragment_t where = fragment_part(text, at, 0);
	const char *right = right_for_java(&text->text);

	if(right != NULL)
		return diagnostics_error(diagnostics, &where,
				"[%.*s] is no regular expression: %s; %s would be right",
				SHOWN(text), why, right);
	return diagnostics_error(diagnostics, &where,
			"[%.*s] is no regular expression: %s; a pattern such as %s would "
			"be right",
			SHOWN(text), why, example);
}

static int compile(pattern_t *pattern, const fragment_t *text,
		const char *example, pcre2_compile_context *context,
		diagnostics_t *diagnostics)
{
	PCRE2_SIZE offset;
	PCRE2_UCHAR why[256];
	uint32_t groups = 0, options = 0;
	int error;

	pattern->regex = pcre2_compile((PCRE2_SPTR)text->text.s, text->text.len,
			PCRE2_NEVER_UTF | PCRE2_NEVER_UCP | PCRE2_NEVER_BACKSLASH_C
					| PCRE2_NO_AUTO_POSSESS,
			&error, &offset, context);
	if(pattern->regex == NULL) {
		if(error == PCRE2_ERROR_HEAP_FAILED)
			return no_memory(text, diagnostics);
		pcre2_get_error_message(error, why, sizeof(why));
		return refuse_syntax(text, place_of_error(error, offset, context),
				(char *)why, example, diagnostics);
	}
	pcre2_pattern_info(pattern->regex, PCRE2_INFO_CAPTURECOUNT, &groups);
	pcre2_pattern_info(pattern->regex, PCRE2_INFO_ALLOPTIONS, &options);
	pattern->n_groups = (int)groups;
	pattern->is_anchored = (options & PCRE2_ANCHORED) != 0;
	if(has_limits(pattern->regex))
		return diagnostics_error(diagnostics, text,
				"[%.*s] sets a limit of its own, and the server's hold for "
				"all: "
				"a pattern such as %s would be right",
				SHOWN(text), example);
	if(groups <= PATTERN_GROUPS_MAX)
		return 0;
	/* each step of a search copies them all */
	return diagnostics_error(diagnostics, text,
			"[%.*s] has more than %d groups: a pattern such as %s would be "
			"right",
			SHOWN(text), PATTERN_GROUPS_MAX, example);
}

/* Search from a starting point on.
 * @param options PCRE2_ANCHORED: only at this point
 * @param steps_max for each starting point, as PCRE2 counts them
 * @return as pcre2_match() */
static int search(const pattern_t *pattern, searcher_t *searcher,
		const str *text, int from, uint32_t options, unsigned steps_max)
{
	pcre2_set_match_limit(searcher->limits, steps_max);
	pcre2_set_depth_limit(searcher->limits, steps_max);
	return pcre2_match(pattern->regex, (PCRE2_SPTR)text->s, text->len, from,
			options, searcher->match, searcher->limits);
}

/* Refuse an endless recursion: a group that calls itself before it passes a character.
 * Most of them show with the empty text, or with the text that the expression begins
 * with.
 * @return 0, or -1 with one error reported */
static int refuse_endless(const pattern_t *pattern, const fragment_t *text,
		const char *example, diagnostics_t *diagnostics)
{
	const str texts[] = {str_init(""), pattern->text};
	searcher_t searcher;
	int found = 0;
	size_t i;

	if(!has_sign(&pattern->text, signs_of_a_call))
		return 0;
	if(searcher_init(&searcher) < 0)
		return no_memory(text, diagnostics);
	for(i = 0; i < sizeof(texts) / sizeof(texts[0])
			   && found != PCRE2_ERROR_RECURSELOOP
			   && found != PCRE2_ERROR_NOMEMORY;
			i++)
		found = search(pattern, &searcher, &texts[i], 0, 0, QUICK_STEPS);
	searcher_destroy(&searcher);
	if(found == PCRE2_ERROR_NOMEMORY)
		return no_memory(text, diagnostics);
	if(found != PCRE2_ERROR_RECURSELOOP)
		return 0;
	return diagnostics_error(diagnostics, text,
			"[%.*s] calls itself without end: a pattern such as %s would be "
			"right",
			SHOWN(text), example);
}

int pattern_compile(pattern_t *pattern, const fragment_t *text,
		const char *example, pcre2_compile_context *context,
		diagnostics_t *diagnostics)
{
	bool is_negated = text->text.s[0] == '!';
	fragment_t regex =
			fragment_part(text, is_negated, text->text.len - is_negated);

	memset(pattern, 0, sizeof(*pattern));
	regex = fragment_trim(&regex);
	pattern->is_negated = is_negated;
	pattern->text = regex.text;
	pattern->is_local = !has_sign(&regex.text, signs_of_a_beginning);
	pattern->is_stepwise = !has_sign(&regex.text, signs_of_a_leap);
	if(regex.text.len == 0)
		return diagnostics_error(diagnostics, text,
				"there is no pattern behind the !: !%s would be right",
				example);
	if(regex.text.len > PATTERN_BYTES_MAX)
		return diagnostics_error(diagnostics, text,
				"a pattern is at most %d bytes long", PATTERN_BYTES_MAX);
	if(compile(pattern, &regex, example, context, diagnostics) == 0
			&& refuse_endless(pattern, &regex, example, diagnostics) == 0)
		return 0;
	pattern_destroy(pattern);
	return -1;
}

void pattern_destroy(pattern_t *pattern)
{
	pcre2_code_free(pattern->regex);
	memset(pattern, 0, sizeof(*pattern));
}

/* -- searching ---------------------------------------------------------- */

int searcher_init(searcher_t *searcher)
{
	searcher->match = pcre2_match_data_create(PATTERN_GROUPS_MAX + 1, NULL);
	searcher->limits = pcre2_match_context_create(NULL);
	if(searcher->match == NULL || searcher->limits == NULL) {
		searcher_destroy(searcher);
		return -1;
	}
	pcre2_set_heap_limit(searcher->limits, HEAP_KIB_MAX);
	return 0;
}

void searcher_destroy(searcher_t *searcher)
{
	pcre2_match_data_free(searcher->match);
	pcre2_match_context_free(searcher->limits);
	memset(searcher, 0, sizeof(*searcher));
}

static bool is_limit(int found)
{
	return found == PCRE2_ERROR_MATCHLIMIT || found == PCRE2_ERROR_DEPTHLIMIT;
}

static unsigned starting_points(const pattern_t *pattern, const str *text)
{
	return pattern->is_anchored ? 1 : (unsigned)text->len + 1;
}

/* PCRE2 counts the steps anew at each starting point, and does not tell their number. So
 * each point is searched separately, with few steps at first. Then the number is known
 * up to a factor.
 * @param taken set to the steps of all points
 * @return as pcre2_match() */
static int search_watched(const pattern_t *pattern, searcher_t *searcher,
		const str *text, unsigned steps_max, unsigned *taken)
{
	int points = (int)starting_points(pattern, text);
	unsigned steps;
	int from, found;

	for(from = 0; from < points; from++) {
		for(steps = WATCHED_STEPS;; steps *= WATCHED_GROWTH) {
			if(steps > steps_max - *taken)
				return PCRE2_ERROR_MATCHLIMIT;
			*taken += steps;
			found = search(
					pattern, searcher, text, from, PCRE2_ANCHORED, steps);
			if(!is_limit(found))
				break;
		}
		if(found != PCRE2_ERROR_NOMATCH)
			return found;
	}
	return PCRE2_ERROR_NOMATCH;
}

/* Search with so many steps for all starting points together. */
static int search_divided(const pattern_t *pattern, searcher_t *searcher,
		const str *text, unsigned steps)
{
	return search(pattern, searcher, text, 0, 0,
			steps / starting_points(pattern, text) + WATCHED_STEPS);
}

static int search_limited(const pattern_t *pattern, searcher_t *searcher,
		const str *text, unsigned steps_max)
{
	unsigned bytes_factor = 1 + (unsigned)text->len / STEP_BYTES;
	unsigned steps = steps_max / bytes_factor;
	unsigned quick = steps < QUICK_STEPS ? steps : QUICK_STEPS;
	unsigned taken = 0;
	int found = search_divided(pattern, searcher, text, quick);

	if(is_limit(found) && pattern->is_local) {
		found = search_watched(pattern, searcher, text, steps, &taken);
	} else if(is_limit(found)) {
		taken = steps;
		found = search_divided(pattern, searcher, text, steps);
	}
	searcher->taken = taken * bytes_factor;
	return found;
}

int pattern_match(const pattern_t *pattern, searcher_t *searcher,
		const str *text, unsigned steps_max)
{
	int found;

	searcher->taken = 0;
	searcher->has_failed = false;
	if(text->len > PATTERN_TEXT_BYTES_MAX && !pattern->is_anchored
			&& !pattern->is_stepwise)
		return -1;
	found = search_limited(pattern, searcher, text, steps_max);
	searcher->has_failed = found == PCRE2_ERROR_NOMEMORY;
	if(found == PCRE2_ERROR_NOMATCH)
		return pattern->is_negated;
	return found < 0 ? -1 : !pattern->is_negated;
}

void pattern_groups(const pattern_t *pattern, const searcher_t *searcher,
		const str *text, str *groups)
{
	PCRE2_SIZE *ends = pcre2_get_ovector_pointer(searcher->match);
	int i;

	for(i = 0; i < pattern->n_groups; i++) {
		PCRE2_SIZE begin = ends[2 * (i + 1)];
		PCRE2_SIZE end = ends[2 * (i + 1) + 1];

		groups[i].s = text->s;
		groups[i].len = 0;
		/* with \K in a lookahead a match can end before it begins */
		if(begin == PCRE2_UNSET || end < begin)
			continue;
		groups[i].s = text->s + begin;
		groups[i].len = (int)(end - begin);
	}
}
