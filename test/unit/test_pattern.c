/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_response_set.c and test_rule_parse.c test which patterns are valid; this file
 * tests what a pattern matches in any text, and the time that it takes. */
#define _GNU_SOURCE /* RTLD_NEXT */
#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

#include "dialplan/pattern.h"
#include "suites.h"
#include "support.h"

static const struct
{
	const char *title;
	const char *pattern;
	unsigned steps_max;
	const char *text;
	int len;
	int expected;
	const char *groups; /* the groups of a match, with a | after each */
} searches[] = {
		{"searched, not anchored", "b", 1000, TEXT("abc"), 1, ""},
		{"not there", "d", 1000, TEXT("abc"), 0, ""},
		{"negated", "!b", 1000, TEXT("abc"), 0, ""},
		{"negated, not there", "!d", 1000, TEXT("abc"), 1, ""},
		{"blanks behind the !", "! d ", 1000, TEXT("abc"), 1, ""},
		{"only the first ! negates", "!!", 1000, TEXT("!"), 0, ""},
		{"case counts", "B", 1000, TEXT("abc"), 0, ""},
		{"an empty text", "^$", 1000, TEXT(""), 1, ""},
		{"beyond a NUL", "c$", 1000, TEXT("a\0c"), 1, ""},
		{"only up to the end", "abcd", 1000, TEXT("abc"), 0, ""},
		{"bytes, not letters", "^..$", 1000, TEXT("\xc3\xa4"), 1, ""},
		{"groups", "(a)(b)(c)", 1000, TEXT("abc"), 1, "a|b|c|"},
		{"a group in a group", "((a)b)", 1000, TEXT("xab"), 1, "ab|a|"},
		{"a group that took no part", "(a)|(b)", 1000, TEXT("b"), 1, "|b|"},
		{"the last group took no part", "(b)|(a)", 1000, TEXT("b"), 1, "b||"},
		{"an empty group", "(x*)(b)", 1000, TEXT("ab"), 1, "|b|"},
		{"a group with a NUL", "(.+)", 1000, TEXT("a\0c"), 1, "a\\0c|"},
		{"far behind", "x(y)$", 1000,
				TEXT("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaxy"), 1,
				"y|"},
		{"too many steps are no match", "(a|aa|aaa)*[xy]", 100,
				TEXT("aaaaaaaaaaaaaaaaaaaaaaaa"), -1, ""},
		{"nor are they negated", "!(a|aa|aaa)*[xy]", 100,
				TEXT("aaaaaaaaaaaaaaaaaaaaaaaa"), -1, ""},
		/* the first try takes too many steps at one point; so the search is repeated
		 * point by point (watched), within its limit, and has the same result */
		{"watched, at the end", "(?:a|aa)*[xy]z", 4000, TEXT("aaaaaaaaaaxz"), 1,
				""},
		{"watched, nowhere", "(?:a|aa)*[xy]z", 40000, TEXT("aaaaaaaaaaxy"), 0,
				""},
		{"watched, a group", "(?:a|aa)*(?:a|aa)*([xy])z", 100000,
				TEXT("aaaaaaaaaaxz"), 1, "x|"},
		{"watched, behind what stands before", "(?:a|aa)*(?<=aaa)([xy])", 40000,
				TEXT("aaaaaaaaaaax"), 1, "x|"},
		{"watched, at the beginning only", "^(?:a|aa)*[xy]", 40000,
				TEXT("aaaaaaaaaaaab"), 0, ""},
};

/* -- what PCRE2 is asked -------------------------------------------------- */

static uint32_t steps_of_a_point;
static double steps_allowed;
static bool is_watched; /* each starting point was searched separately */

/* These replace PCRE2's functions: they count, may fail, and then call PCRE2. */
int pcre2_set_match_limit_8(pcre2_match_context_8 *context, uint32_t steps)
{
	int (*real)(pcre2_match_context_8 *, uint32_t);

	*(void **)&real = dlsym(RTLD_NEXT, "pcre2_set_match_limit_8");
	steps_of_a_point = steps;
	return real(context, steps);
}

int pcre2_match_8(const pcre2_code_8 *code, PCRE2_SPTR8 text, PCRE2_SIZE len,
		PCRE2_SIZE from, uint32_t options, pcre2_match_data_8 *match,
		pcre2_match_context_8 *limits)
{
	int (*real)(const pcre2_code_8 *, PCRE2_SPTR8, PCRE2_SIZE, PCRE2_SIZE,
			uint32_t, pcre2_match_data_8 *, pcre2_match_context_8 *);
	size_t points = options & PCRE2_ANCHORED ? 1 : len - from + 1;

	*(void **)&real = dlsym(RTLD_NEXT, "pcre2_match_8");
	is_watched |= (options & PCRE2_ANCHORED) != 0;
	steps_allowed += (double)steps_of_a_point * points;
	if(search_fails())
		return PCRE2_ERROR_NOMEMORY;
	return real(code, text, len, from, options, match, limits);
}

/* The groups of a match, a NUL as \0. */
static void describe_groups(
		const str *groups, int count, char *buffer, size_t size)
{
	int i, k;

	for(i = 0; i < count; i++) {
		for(k = 0; k < groups[i].len; k++) {
			char c = groups[i].s[k];

			if(c == '\0')
				print(buffer, size, "\\0");
			else
				print(buffer, size, "%c", c);
		}
		print(buffer, size, "|");
	}
}

static void compile(pattern_t *pattern, const str *text)
{
	fragment_t fragment = fragment_of(text);
	diagnostics_t diagnostics = {0};

	ck_assert_msg(
			pattern_compile(pattern, &fragment, "", NULL, &diagnostics) == 0,
			"%.*s", STR_FMT(text));
}

START_TEST(searches_a_text)
{
	str regex = exact(searches[_i].pattern, (int)strlen(searches[_i].pattern));
	str text = exact(searches[_i].text, searches[_i].len);
	str groups[PATTERN_GROUPS_MAX];
	char found[128] = "";
	searcher_t searcher;
	pattern_t pattern;
	int round;

	ck_assert_int_eq(searcher_init(&searcher), 0);
	compile(&pattern, &regex);
	/* once it is compiled, a pattern does not need its text */
	exact_free(&regex);
	for(round = 0; round < 2; round++) {
		int result = pattern_match(
				&pattern, &searcher, &text, searches[_i].steps_max);

		ck_assert_msg(result == searches[_i].expected, "%s, %d. time: %d",
				searches[_i].title, round + 1, result);
	}
	if(searches[_i].expected == 1 && !pattern.is_negated) {
		memset(groups, 0xff, sizeof(groups));
		pattern_groups(&pattern, &searcher, &text, groups);
		describe_groups(groups, pattern.n_groups, found, sizeof(found));
		expect_same(searches[_i].title, found, searches[_i].groups);
	}
	pattern_destroy(&pattern);
	ck_assert_ptr_null(pattern.regex);
	searcher_destroy(&searcher);
	exact_free(&text);
}
END_TEST

#define DESCRIBED_BYTES 64

static void describe_match(const pattern_t *pattern, const searcher_t *searcher,
		const str *text, int result, char found[DESCRIBED_BYTES])
{
	str groups[PATTERN_GROUPS_MAX];

	found[0] = '\0';
	if(result != 1)
		return;
	pattern_groups(pattern, searcher, text, groups);
	describe_groups(groups, pattern->n_groups, found, DESCRIBED_BYTES);
}

static const char *const patterns[] = {"a", "b$", "^b", "(a|b)+c", "(?:a|aa)+b",
		"(a*)*c", "(?<=b)a+", "(?<!a)b", "a\\b", "()", "\\Ba", "(?=ab)..",
		"(a)|b", "^(a+)+$", "(.)\\1", "b\\z", "(?s).*c",
		/* expressions whose result depends on where the search begins */
		"\\Ga", "a+(*COMMIT)b", "(?:a|aa)+(*SKIP)b", "a+(*PRUNE)c|b",
		"(?:a+(*THEN)c|b)"};

/* A watched search has the same result as a search without limits. */
START_TEST(has_the_same_result_when_watched)
{
	static const char letters[] = "abc ";
	str regex = {(char *)patterns[_i], (int)strlen(patterns[_i])};
	searcher_t searcher;
	pattern_t pattern;
	char bytes[5];
	int number, i;

	compile(&pattern, &regex);
	ck_assert_int_eq(searcher_init(&searcher), 0);
	/* every text of at most five of these letters */
	for(number = 0; number < 6 * 1024; number++) {
		str text = {bytes, number / 1024};
		char found[2][DESCRIBED_BYTES];
		int result[2];
		unsigned few;

		for(i = 0; i < text.len; i++)
			bytes[i] = letters[(number >> 2 * i) & 3];
		result[0] = pattern_match(&pattern, &searcher, &text, 10000000);
		describe_match(&pattern, &searcher, &text, result[0], found[0]);
		/* the first try has few steps for each point, so it may give up */
		for(few = 1; few <= 4096; few *= 8) {
			result[1] = pattern_match(&pattern, &searcher, &text, few);
			if(result[1] < 0)
				continue;
			EXPECT(result[1] == result[0], "%s in [%.*s]: %d, %d", patterns[_i],
					STR_FMT(&text), result[0], result[1]);
			describe_match(&pattern, &searcher, &text, result[1], found[1]);
			EXPECT(strcmp(found[0], found[1]) == 0, "%s in [%.*s]",
					patterns[_i], STR_FMT(&text));
		}
		EXPECT(result[1] >= 0, "%s in [%.*s]", patterns[_i], STR_FMT(&text));
	}
	searcher_destroy(&searcher);
	pattern_destroy(&pattern);
}
END_TEST

/* Expressions that need many steps for a text. With few steps the search is watched; with
 * enough steps the watched search has the same result as one that is not watched. */
static const struct
{
	const char *pattern, *behind; /* the text after many letters a */
	int expected;
} watched[] = {
		{"(?:a|aa)+b", "b", 1},
		{"(?:a|aa)+[bd]", "c", 0},
		{"(?:a|aa)+[bd]", "", 0},
		{"(a|aa)+([xy])?b", "xb", 1},
		{"(a|aa)+(x)b", "cxb", 0},
		{"(?:a|aa)*(?<=aaa)(b)", "b", 1},
		{"(?:a|aa)+(?<!a)b", "b", 0},
		{"(a+?)+b", "b", 1},
		{"(a+?)+[bd]", "c", 0},
		{"!(?:a|aa)+[bd]", "c", 1},
		{"!(?:a|aa)+b", "b", 0},
		{"^(?:a|aa)+[bd]", "c", 0},
		{"(a|aa)+$|(c)", "bc", 1},
		{"(?:a|aa)+[bd]|\\Bc", "ac", 1},
		{"(?:a|aa)+[bd]|(c)\\z", "c", 1},
};

#define LETTERS 16

START_TEST(has_the_same_result_with_enough_steps)
{
	str regex = {(char *)watched[_i].pattern, (int)strlen(watched[_i].pattern)};
	char bytes[LETTERS + 8] = "";
	str text = {bytes, 0};
	bool was_watched = false;
	char found[2][DESCRIBED_BYTES];
	searcher_t searcher;
	pattern_t pattern;
	unsigned steps;
	int result;

	memset(bytes, 'a', LETTERS);
	strcat(bytes, watched[_i].behind);
	text.len = (int)strlen(bytes);
	compile(&pattern, &regex);
	ck_assert_int_eq(searcher_init(&searcher), 0);
	result = pattern_match(&pattern, &searcher, &text, 1u << 30);
	ck_assert_msg(result == watched[_i].expected, "%s: %d", regex.s, result);
	describe_match(&pattern, &searcher, &text, pattern.is_negated ? 0 : result,
			found[0]);
	for(steps = 1; steps < 1u << 24; steps += steps / 8 + 1) {
		is_watched = false;
		result = pattern_match(&pattern, &searcher, &text, steps);
		if(result < 0)
			continue;
		was_watched |= is_watched;
		ck_assert_msg(result == watched[_i].expected, "%s with %u steps: %d",
				regex.s, steps, result);
		describe_match(&pattern, &searcher, &text,
				pattern.is_negated ? 0 : result, found[1]);
		expect_same(regex.s, found[1], found[0]);
	}
	ck_assert_int_eq(result, watched[_i].expected);
	ck_assert_msg(was_watched || pattern.is_anchored, "%s", regex.s);
	searcher_destroy(&searcher);
	pattern_destroy(&pattern);
}
END_TEST

/* -- what is slow --------------------------------------------------------- */

/* A text made of a repeated piece, and the longest time for its search: no search may
 * block a worker. */
static const struct
{
	const char *pattern;
	const char *piece;
} slow[] = {
		{"(a+)+$", "a"},
		{"(a+)+$", "ab"},
		{"a+[cd]", "a"},
		{"(\\w++)[cd]", "a"},
		{"(.+)+x", "a"},
		{"(.*)*x", "a"},
		{".*.*.*x", "a"},
		{".*.*.*.*.*.*y$", "x"},
		{"(a|aa)+[xy]", "a"},
		{"(?:a?){30}a{30}b", "a"},
		{"([a-z]+)*[0-9]", "a"},
		{"(?=(a+))a*b", "a"},
		{"(?<=a{250})b", "a"},
		{"(a(?1)?b)", "a"},
		{"(?:a|a(?R))+b", "a"},
		{"(?:a(?C1)|aa)+[xy]", "a"},
		{"\\w+\\s*\\w+\\s*=", "a"},
		{"(?>a+)b", "a"},
		{"a++[bc]", "a"},
		{"((((((((((((((((((((((((((((((((a*)*)*)*)*)*)*)*)*)*)*)*)*)*)*)*)*)*)"
		 "*)*)*)*)*)*)*)*)*)*)*)*)*)*)*b",
				"a"},
		{"(?:(.)(.)(.)(.)(.)(.)(.)(.)|.)*[xy]", "a"},
		{"(?i)(A|B|AB)*C", "ab"},
		{"^(?:(?:a|a)|(?:a|a))*b", "a"},
		{"(?s).*?.*?.*?b", "a"},
		{"(a)?(a)?(a)?(?(3)a+b|c)", "a"},
		/* a possessive repeat is one step, and can be reached in many ways */
		{"(?:a?){6}a++[bc]", "a"},
		{"(?:a?){12}a++[bc]", "a"},
		{"(?:a|a|a|a|a|a|a|a|a|a)(a|a|a|a|a|a)\\w++[cd]", "a"},
		{"(?=a++b|a++c|a++d|a++e|a++f|a++g|a++h|a++i)", "a"},
		{"(?:[^b]++b|[^b]++c|[^b]++d|[^c]++c)", "a"},
};

static const int text_sizes[] = {100, 256, 512, PATTERN_TEXT_BYTES_MAX - 1,
		PATTERN_TEXT_BYTES_MAX, PATTERN_TEXT_BYTES_MAX + 1, 4096, 65536};

/* A high limit: the machine may be slow, and others may use it. */
#define SLOW_MS 5

/* Limits that are true on any machine: for the steps of all tries of a search together,
 * and for the characters that are read if each step reads all of them. */
#define STEPS_MAX (2.0 * PATTERN_STEPS_MAX)
#define CHARACTERS_MAX 6e7

START_TEST(does_not_block_a_worker)
{
	str regex = {(char *)slow[_i].pattern, (int)strlen(slow[_i].pattern)};
	int piece = (int)strlen(slow[_i].piece);
	int i, k, negated;

	for(i = 0; i < 2 * ROWS(text_sizes); i++) {
		char negation[1024] = "!";
		str text = {malloc(text_sizes[i / 2]), text_sizes[i / 2]};
		str written = regex;
		searcher_t searcher;
		pattern_t pattern;
		double least = 1e9;
		bool is_long;
		int result = 0;

		negated = i % 2;
		if(negated) {
			print(negation, sizeof(negation), "%.*s", STR_FMT(&regex));
			written.s = negation;
			written.len++;
		}
		for(k = 0; k < text.len; k++)
			text.s[k] = slow[_i].piece[k % piece];
		compile(&pattern, &written);
		ck_assert_int_eq(searcher_init(&searcher), 0);
		/* the least time of several counts: others use the machine too */
		for(k = 0; k < 5; k++) {
			double since = spent_ms();
			double ms;

			steps_allowed = 0;
			result = pattern_match(
					&pattern, &searcher, &text, PATTERN_STEPS_MAX);
			ms = spent_ms() - since;
			least = ms < least ? ms : least;
		}
		/* a longer text has no result, with two exceptions: the pattern is
		 * anchored, or reading the text takes steps, which end the search */
		is_long = text.len > PATTERN_TEXT_BYTES_MAX;
		if(is_long && !pattern.is_anchored && !pattern.is_stepwise)
			ck_assert_int_eq(result, -1);
		if(!pattern.is_anchored && !(is_long && pattern.is_stepwise))
			ck_assert_msg(steps_allowed <= STEPS_MAX
								  && steps_allowed * text.len <= CHARACTERS_MAX,
					"%s on %d: %.0f steps", slow[_i].pattern, text.len,
					steps_allowed);
		ck_assert_msg(least < SLOW_MS * (1 + SLOWNESS), "%s on %d: %.1f ms",
				slow[_i].pattern, text.len, least);
		searcher_destroy(&searcher);
		pattern_destroy(&pattern);
		free(text.s);
	}
}
END_TEST

/* A long text is searched if the pattern is anchored, or if reading it takes steps. */
static const struct
{
	const char *pattern;
	int expected;
} beginnings[] = {{"^a", 1}, {"\\Aa", 1}, {"^(a{9})", 1}, {"^b", 0}, {"!^b", 1},
		{"!^a", 0}, {"^a|^b", 1}, {"a", 1}, {"!b", 1}, {"^a|b", 1},
		{"(?m)^a", 1}, {"b$", 0}, {"a++b", -1}, {"!a++b", -1}, {"(?>a+)b", -1},
		{"a(?=b)", -1}, {"^a++b", 0}};

START_TEST(searches_a_long_text)
{
	str regex = {(char *)beginnings[_i].pattern,
			(int)strlen(beginnings[_i].pattern)};
	str text = {malloc(65536), 65536};
	searcher_t searcher;
	pattern_t pattern;

	memset(text.s, 'a', text.len);
	compile(&pattern, &regex);
	ck_assert_int_eq(searcher_init(&searcher), 0);
	ck_assert_msg(pattern_match(&pattern, &searcher, &text, PATTERN_STEPS_MAX)
						  == beginnings[_i].expected,
			"%s", regex.s);
	searcher_destroy(&searcher);
	pattern_destroy(&pattern);
	free(text.s);
}
END_TEST

START_TEST(reports_for_each_search_whether_it_had_memory)
{
	str regex = str_init("a++b");
	str text = {calloc(1, 65536), 65536};
	searcher_t searcher;
	pattern_t pattern;

	compile(&pattern, &regex);
	ck_assert_int_eq(searcher_init(&searcher), 0);
	searches_fail_at(1);
	ck_assert_int_eq(
			pattern_match(&pattern, &searcher, &regex, PATTERN_STEPS_MAX), -1);
	ck_assert(searcher.has_failed);
	/* a text that is too long for this pattern */
	ck_assert_int_eq(
			pattern_match(&pattern, &searcher, &text, PATTERN_STEPS_MAX), -1);
	ck_assert(!searcher.has_failed);
	searcher_destroy(&searcher);
	pattern_destroy(&pattern);
	free(text.s);
}
END_TEST

/* -- where the code goes -------------------------------------------------- */

START_TEST(is_compiled_into_an_arena)
{
	arena_t *arena = arena_create(&counting, 65536);
	pcre2_compile_context *context = pattern_context_create(arena);
	diagnostics_t diagnostics = {0};
	str regex = {"(a)b", 4};
	str text = {"xab", 3};
	fragment_t fragment = fragment_of(&regex);
	searcher_t searcher;
	pattern_t pattern;

	ck_assert_ptr_nonnull(context);
	ck_assert_int_eq(
			pattern_compile(&pattern, &fragment, "", context, &diagnostics), 0);
	ck_assert_int_eq(pattern.n_groups, 1);
	ck_assert(!pattern.is_anchored);
	ck_assert_int_eq(searcher_init(&searcher), 0);
	ck_assert_int_eq(pattern_match(&pattern, &searcher, &text, 1000), 1);
	searcher_destroy(&searcher);
	/* the code is released with the arena; otherwise ASan reports a leak */
	arena_destroy(arena);
	ck_assert_int_eq(counting_live(), 0);
}
END_TEST

START_TEST(fails_without_memory_for_its_context)
{
	int n;

	for(n = 1; n <= 2; n++) {
		arena_t *arena = small_arena();

		counting_fail_at(n);
		ck_assert_ptr_null(pattern_context_create(arena));
		counting_fail_at(0);
		arena_destroy(arena);
	}
}
END_TEST

static const struct
{
	const char *pattern;
	bool is_anchored;
} anchors[] = {{"^a", true}, {"\\Aa", true}, {"(^a)", true}, {"^a|^b", true},
		{"a", false}, {"^a|b", false}, {"(?m)^a", false}, {"a^", false}};

START_TEST(knows_whether_it_is_anchored)
{
	str regex = {(char *)anchors[_i].pattern, (int)strlen(anchors[_i].pattern)};
	pattern_t pattern;

	compile(&pattern, &regex);
	ck_assert_msg(pattern.is_anchored == anchors[_i].is_anchored, "%s",
			anchors[_i].pattern);
	pattern_destroy(&pattern);
}
END_TEST

/* The column of the error in a pattern; 0: there is no error. Most columns are the same
 * with each PCRE2 from 10.42 to 10.49 (all of them were tried). If `since` is set, the
 * release 10.`since` changed the column to `later`. The comments say what the later
 * column points to, and what the earlier one pointed to. */
static const struct
{
	const char *pattern;
	int column, since, later;
} places[] = {{"*", 1, 0, 0}, {"4*|*", 4, 0, 0}, {"(", 2, 0, 0},
		{"a)", 2, 0, 0}, {"a**", 3, 0, 0}, {"(|*)", 3, 0, 0}, {"^*", 2, 0, 0},
		{"[z-a]", 4, 0, 0}, {"[a", 3, 0, 0}, {"(?z", 3, 0, 0},
		{"(?P<1a>b)", 5, 0, 0}, {"4..|)", 5, 0, 0}, {"(?(?a)b)", 3, 0, 0},
		{"\\x{zz}", 4, 0, 0}, {"\\o{9}", 4, 0, 0}, {"x{3,2}", 6, 0, 0},
		{"(?1)", 4, 0, 0}, {"(?<a>b)(?<a>c)", 13, 0, 0}, {"(?<a", 5, 0, 0},
		{"\\k<a", 5, 0, 0}, {"\\p{|", 5, 0, 0},
		/* the class and not its first character */
		{"[[:x:]]", 4, 45, 7}, {"[[.x.]]", 2, 45, 7}, {"[:alpha:]", 1, 47, 10},
		/* the end of the range and not the class in it */
		{"[\\d-z]", 4, 45, 5}, {"[[:alpha:]-z]", 11, 45, 12},
		{"[a-[:alpha:]]", 5, 45, 13},
		/* the end that is missing and not a letter */
		{"(?a-", 3, 43, 5}, {"(?ia", 4, 43, 5}, {"(?a$", 3, 43, 4},
		/* a construct that only later releases know; they point to its beginning */
		{"(?[", 3, 45, 4}, {"(?[a", 3, 45, 5},
		/* the character after a number or a name and not the number or name */
		{"(?+(", 3, 47, 5}, {"(?1(", 4, 47, 5}, {"(?R(", 4, 47, 5},
		{"(?P>R(", 6, 47, 7}, {"\\g{2,1}", 3, 47, 5},
		/* the number and not the backslash */
		{"\\1", 2, 47, 3}, {"\\2(a)", 2, 47, 3},
		/* the place after the letter and not the one before it */
		{"[\\K]", 3, 47, 4}, {"(?Ca", 4, 47, 5}, {"\\N{", 3, 47, 4},
		/* since then digits must follow */
		{"\\xR", 0, 45, 3}};

/* The n of the PCRE2 10.n in use. */
static int pcre2_minor(void)
{
	char version[64];

	pcre2_config(PCRE2_CONFIG_VERSION, version);
	return (int)strtol(version + strlen("10."), NULL, 10);
}

START_TEST(says_where_the_error_is)
{
	str regex = {(char *)places[_i].pattern, (int)strlen(places[_i].pattern)};
	fragment_t fragment = fragment_of(&regex);
	bool is_later = places[_i].since != 0 && pcre2_minor() >= places[_i].since;
	int column = is_later ? places[_i].later : places[_i].column;
	collector_t collector;
	pattern_t pattern;
	int result;

	collector_init(&collector);
	result = pattern_compile(
			&pattern, &fragment, "", NULL, &collector.diagnostics);
	if(result == 0)
		pattern_destroy(&pattern);
	ck_assert_int_eq(result, column == 0 ? 0 : -1);
	ck_assert_msg(column == 0 || collector.last_column == column,
			"[%s]: column %d, not %d", places[_i].pattern,
			collector.last_column, column);
}
END_TEST

Suite *suite_pattern(void)
{
	Suite *suite = suite_create("pattern");
	TCase *tc = new_tcase("pattern");

	tcase_set_timeout(tc, 60);
	tcase_add_loop_test(tc, searches_a_text, 0, ROWS(searches));
	tcase_add_loop_test(
			tc, has_the_same_result_when_watched, 0, ROWS(patterns));
	tcase_add_loop_test(
			tc, has_the_same_result_with_enough_steps, 0, ROWS(watched));
	tcase_add_loop_test(tc, does_not_block_a_worker, 0, ROWS(slow));
	tcase_add_loop_test(tc, searches_a_long_text, 0, ROWS(beginnings));
	tcase_add_test(tc, reports_for_each_search_whether_it_had_memory);
	tcase_add_test(tc, is_compiled_into_an_arena);
	tcase_add_test(tc, fails_without_memory_for_its_context);
	tcase_add_loop_test(tc, knows_whether_it_is_anchored, 0, ROWS(anchors));
	tcase_add_loop_test(tc, says_where_the_error_is, 0, ROWS(places));
	suite_add_tcase(suite, tc);
	return suite;
}
