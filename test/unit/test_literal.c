/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <string.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "dialplan/literal.h"
#include "suites.h"
#include "support.h"

/* expected: each requirement in brackets, with | between its alternatives, and ^ before
 * a text that is anchored. */
static const struct
{
	const char *title;
	const char *regex;
	const char *expected;
} expressions[] = {
		/* texts */
		{"a text", "INVITE", "<INVITE>"},
		{"two, with anything between", "sip:9(.+)@h", "<sip:9><@h>"},
		{"escapes", "@example\\.com\\/\\@", "<@example.com/@>"},
		{"an escape at the beginning", "\\+49", "<+49>"},
		{"a class of one", "a[.]b[+]c[\\\\]d[]]e", "<a.b+c\\d]e>"},
		{"a class of one letter", "a[b]c", "<abc>"},
		{"a class of one opening bracket", "a[[]c", "<a[c>"},
		{"a class of a kind", "a[\\d]c", "<a><c>"},
		{"a class of all but one", "a[^b]c", "<a><c>"},
		{"a dot", "ab.c", "<ab><c>"},
		{"what is no quantifier", "a{b}{}c{1d}e{", "<a{b}{}c{1d}e{>"},
		{"nothing", ".", ""},
		{"no character", "", ""},
		{"a character beyond ASCII", "\xc3\xa4\\\xff", "<\xc3\xa4\xff>"},
		{"blanks and # are characters", "a #b", "<a #b>"},
		{"longer than a literal may be",
				"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcd"
				"ef0123456789",
				"<0123456789abcdef0123456789abcdef0123456789abcdef0123456789abc"
				"def><0123456789>"},
		{"longer than a literal may be, in groups",
				"(0123456789abcdef0123456789abcdef)(0123456789abcdef0123456789a"
				"bcdef)(x)",
				"<0123456789abcdef0123456789abcdef0123456789abcdef0123456789abc"
				"def><x>"},
		/* the beginning */
		{"the beginning", "^sip:", "<^sip:>"},
		{"the beginning, as a letter", "\\Asip:", "<^sip:>"},
		{"only the first text", "^sip:.a", "<^sip:><a>"},
		{"nothing right behind it", "^.a", "<a>"},
		{"the beginning of each alternative", "^0049|^0043", "<^0049|^0043>"},
		{"of one of them", "^0049|0043", "<^0049|0043>"},
		{"before a group", "^(?:0049|0043)", "<^0049|^0043>"},
		{"or a character before", "(^|[^0-9])0049", "<^0049|0049>"},
		{"or a text before", "(^|sip:)0049", "<^0049|sip:0049>"},
		{"twice", "^^a", "<^a>"},
		{"behind a text, which cannot be", "a^b", "<a><^b>"},
		{"in a group behind a text", "a(^b|c)", "<ab|ac>"},
		{"behind what may be missing", "a*^b", "<^b>"},
		{"that may be missing", "^?a", "<a>"},
		{"behind a look-around", "(?=a)^b", "<^b>"},
		{"the end", "com$", "<com>"},
		{"places without a character", "a\\b\\Bb\\zc\\Zd\\G", "<abcd>"},
		/* quantifiers */
		{"once or more", "ab+c", "<ab><bc>"},
		{"lazily", "ab+?c", "<ab><bc>"},
		{"possessively", "ab++c", "<ab><bc>"},
		{"any number", "ab*c", "<a><c>"},
		{"any number, lazily", "ab*?c", "<a><c>"},
		{"at most once", "ab?c", "<abc|ac>"},
		{"at most once, lazily", "ab??c", "<abc|ac>"},
		{"at most once, a class", "a[bc]?d", "<a><d>"},
		{"nothing but that", "a?", ""},
		{"exactly n", "ab{2}c", "<ab><bc>"},
		{"exactly one", "ab{1}c", "<abc>"},
		{"n or more", "ab{2,}c", "<ab><bc>"},
		{"up to n", "ab{1,3}c", "<ab><bc>"},
		{"none or more", "ab{0,}c", "<a><c>"},
		{"none to one", "ab{0,1}c", "<a><c>"},
		{"exactly none", "ab{0}c", "<a><c>"},
		{"many digits", "ab{00010}c", "<ab><bc>"},
		{"more than fits", "ab{40000}c", "<ab><bc>"},
		{"in a style of newer releases", "ab{,3}c", ""},
		{"in that style, with a blank", "ab{ 0 }c", ""},
		{"of a place", "a\\b*b", "<ab>"},
		/* groups */
		{"a group", "sip:(9)00", "<sip:900>"},
		{"without a number", "sip:(?:9)00", "<sip:900>"},
		{"with more in it", "sip:(9.+0)@", "<sip:9><0@>"},
		{"an empty one", "a()b", "<ab>"},
		{"that may be missing", "a(b)?c", "<abc|ac>"},
		{"with more in it that may be missing", "a(b.)?c", "<a><c>"},
		{"any number of it", "a(b)*c", "<a><c>"},
		{"once or more", "a(b)+c", "<ab><bc>"},
		{"once or more, with more in it", "a(b.x.c)+d", "<x><ab><cd>"},
		{"groups in groups", "((((a))b)c)", "<abc>"},
		{"groups in groups that may be missing", "a(b(c)?)*d", "<a><d>"},
		{"deeper than is read", "((((((((((((((((((((a))))))))))))))))))))b",
				""},
		{"look-arounds", "a(?=b)(?!c)(?<=d)(?<!e)f", "<af>"},
		{"look-arounds with groups in them", "a(?=(b|c)[)]\\)d)e", "<ae>"},
		{"look-arounds with more in them", "a(?!b.x.c)(?!f.xyz|d.y)e", "<ae>"},
		{"look-arounds with a quantifier", "a(?=b)*c", "<ac>"},
		/* alternatives */
		{"alternatives", "100|200", "<100|200>"},
		{"within a text", "sip:(100|200)@", "<sip:100@|sip:200@>"},
		{"times alternatives", "(a|b)(c|d)", "<ac|ad|bc|bd>"},
		{"too many times alternatives", "(a|b|c|d|e|f|g)(h|i|j|k|l)",
				"<a|b|c|d|e|f|g><h|i|j|k|l>"},
		{"one without a text", "100|.", ""},
		{"an empty one", "100|", ""},
		{"one without a text within", "a(100|.)b", "<a100|a><100b|b>"},
		{"with anything in them", "sip:(9.+1|8.+2)@", "<sip:9|sip:8><1@|2@>"},
		{"where the middle says most", "a.b|c.def.g", "<a|def><a|c><b|g>"},
		{"where the end says most", "a.bcd|e.fgh", "<bcd|fgh><a|e><bcd|fgh>"},
		{"of different kinds", "sip:(911|0.+)@", "<sip:911|sip:0><911@|@>"},
		{"as many as are of use",
				"0|1|2|3|4|5|6|7|8|9|a|b|c|d|e|f|g|h|i|j|k|l|m|n|o|p|q|r|s|t|u|"
				"v",
				"<0|1|2|3|4|5|6|7|8|9|a|b|c|d|e|f|g|h|i|j|k|l|m|n|o|p|q|r|s|t|"
				"u|v>"},
		{"more than are of use",
				"sip:(0|1|2|3|4|5|6|7|8|9|a|b|c|d|e|f|g|h|i|j|k|l|m|n|o|p|q|r|s"
				"|t|u|v|w)@",
				"<sip:><@>"},
		/* classes */
		{"a closing bracket first", "a[]b]c", "<a><c>"},
		{"behind the ^", "a[^]b]c", "<a><c>"},
		{"escaped", "a[b\\]d]c", "<a><c>"},
		{"an opening bracket", "a[b[c]d", "<a><d>"},
		{"of a name", "a[[:digit:]]b[x[:^alpha:]]c", "<b><a><c>"},
		{"known kinds", "a\\db\\Wc\\Rd\\N", "<b><c><d><a>"},
		{"a class that may be missing", "a[0-9]?b[0-9]*c", "<b><a><c>"},
		/* syntax that is not understood */
		{"an option", "(?i)abc", ""},
		{"an option of a group", "(?i:abc)", ""},
		{"a group with a name", "(?<n>abc)", ""},
		{"an atomic group", "(?>abc)", ""},
		{"a comment", "a(?#b)c", ""},
		{"a verb", "(*FAIL)|abc", ""},
		{"a group for a condition", "(a)?(?(1)b|c)", ""},
		{"a reference back", "(a)\\1", ""},
		{"a quotation", "a\\Qb\\Ec", ""},
		{"a quotation in a class", "[\\Qa]\\E]b", ""},
		{"an end of a quotation", "ab\\E", ""},
		{"a control character", "a\\cb", ""},
		{"a control character in a class", "[\\c]]b", ""},
		{"a code", "a\\x41", ""},
		{"the beginning of the match", "a\\Kb", ""},
		{"an unknown letter", "ab\\y", ""},
		{"what looks like a name in a class", "[[:a]b:]c", ""},
		{"what looks like another name", "[[=a:]b]c", ""},
		{"a boundary in the form of a class", "a[[:<:]]b", ""},
		/* a text that is not an expression is not refused, but must not crash */
		{"an open group", "a(b", ""},
		{"an open group of a kind", "a(?:", ""},
		{"an open bracket", "a[b", ""},
		{"an open bracket at the end", "a[", ""},
		{"an open name in a class", "a[[:b", ""},
		{"an escape in a class at the end", "a[\\", ""},
		{"a closing bracket", "a)b", ""},
		{"an escape at the end", "a\\", ""},
		{"an escape at the end of a group", "(a|b\\", ""},
		{"a quantifier of nothing", "*a", ""},
		{"a quantifier that is cut short", "a{1,", "<a{1,>"},
		{"an open question", "a(?", ""},
};

static void describe(const requirement_t *found, char *buffer, size_t size)
{
	for(; found != NULL; found = found->next) {
		int i;

		for(i = 0; i < found->n_literals; i++)
			print(buffer, size, "%s%s%.*s", i == 0 ? "<" : "|",
					found->literals[i].is_anchored ? "^" : "",
					STR_FMT(&found->literals[i].text));
		print(buffer, size, ">");
	}
}

START_TEST(finds_what_is_required)
{
	const char *bytes = expressions[_i].regex;
	str regex = exact(bytes, (int)strlen(bytes));
	arena_t *arena = small_arena();
	requirement_t *found;
	char buffer[1024] = "";

	ck_assert_int_eq(literal_requirements(&regex, arena, &found), 0);
	/* the result does not point into the expression */
	exact_free(&regex);
	describe(found, buffer, sizeof(buffer));
	expect_same(expressions[_i].title, buffer, expressions[_i].expected);
	arena_destroy(arena);
}
END_TEST

START_TEST(reads_a_nul)
{
	str regex = exact(TEXT("a\0b\\\0[\0]"));
	arena_t *arena = small_arena();
	requirement_t *found;

	ck_assert_int_eq(literal_requirements(&regex, arena, &found), 0);
	ck_assert_ptr_nonnull(found);
	ck_assert_ptr_null(found->next);
	ck_assert_int_eq(found->literals[0].text.len, 5);
	ck_assert_int_eq(memcmp(found->literals[0].text.s, "a\0b\0\0", 5), 0);
	arena_destroy(arena);
	exact_free(&regex);
}
END_TEST

START_TEST(reports_a_lack_of_memory)
{
	str regex = exact(TEXT("^(100|200)[0-9]@(a|b)"));
	int result = -1;
	int n;

	for(n = 2; result < 0; n++) {
		requirement_t *found;
		arena_t *arena;

		counting_fail_at(n);
		arena = small_arena();
		result = literal_requirements(&regex, arena, &found);
		ck_assert_msg((result < 0) == counting_has_failed(),
				"result %d when the %d. allocation failed", result, n);
		arena_destroy(arena);
		ck_assert_int_eq(counting_live(), 0);
	}
	ck_assert_int_gt(n, 6);
	counting_fail_at(0);
	exact_free(&regex);
}
END_TEST

/* -- what holds for every expression ------------------------------------ */

static unsigned random_state;

static unsigned random_below(unsigned limit)
{
	random_state = random_state * 1664525u + 1013904223u;
	return (random_state >> 8) % limit;
}

static void append(str *text, const char *bytes)
{
	size_t len = strlen(bytes);

	memcpy(text->s + text->len, bytes, len);
	text->len += (int)len;
}

static const char *const pieces[] = {"a", "b", "c", "9", "a", "b", "ab", "9c",
		".", "(", "(", ")", ")", "|", "|", "?", "*", "+", "[", "]", "[ab]",
		"[^a]", "[]c]", "[b]", "^", "$", "\\.", "\\b", "\\d", "\\A", "\\+",
		"{1,2}", "{0}", "{2}", "{", "}", "(?:", "(?=", "(?!", "(?<=", "\\",
		"(?i)", "\\1", "[:", ":]", "{,1}", "\\Q", "\\E", "(?>", "\\K", "(?#",
		"[[:alpha:]]", "-", "\\R", "\\N", "\\G", "(^|", "){1}", ")+", ")?"};

/* Half of the pieces are those that most texts consist of. */
static const char *random_piece(void)
{
	return pieces[random_below(random_below(2) ? 15 : ROWS(pieces))];
}

/* Make an expression that PCRE2 accepts. */
static pcre2_code *random_regex(str *regex)
{
	for(;;) {
		unsigned n = 1 + random_below(12);
		pcre2_code *code;
		PCRE2_SIZE offset;
		int error;

		for(regex->len = 0; n > 0; n--)
			append(regex, random_piece());
		code = pcre2_compile((PCRE2_SPTR)regex->s, regex->len,
				PCRE2_NEVER_UTF | PCRE2_NEVER_UCP | PCRE2_NEVER_BACKSLASH_C,
				&error, &offset, NULL);
		if(code != NULL)
			return code;
	}
}

static void random_text(str *text, int len_max)
{
	static const char bytes[] = "aaabbbccc999.()|?*+[]^$\\{}:-\n1,2";

	int i;

	text->len = (int)random_below(len_max + 1);
	for(i = 0; i < text->len; i++)
		text->s[i] = bytes[random_below(sizeof(bytes) - 1)];
}

static bool has_literal(const str *text, const literal_t *literal)
{
	int len = literal->text.len;
	int last = literal->is_anchored ? 0 : text->len - len;
	int i;

	for(i = 0; i <= last && i + len <= text->len; i++) {
		if(memcmp(text->s + i, literal->text.s, len) == 0)
			return true;
	}
	return false;
}

static bool is_met(const str *text, const requirement_t *requirement)
{
	int i;

	for(i = 0; i < requirement->n_literals; i++) {
		if(has_literal(text, &requirement->literals[i]))
			return true;
	}
	return false;
}

/* @return the first requirement that a text does not meet; NULL: it meets all */
static const requirement_t *unmet(const str *text, const requirement_t *found)
{
	while(found != NULL && is_met(text, found))
		found = found->next;
	return found;
}

#define EXPRESSIONS 1250
#define TEXTS 20

/* @return how many texts it matches */
static int check_regex(const str *regex, const requirement_t *found,
		const pcre2_code *code, pcre2_match_data *match)
{
	char bytes[16];
	str text = {bytes, 0};
	int matches = 0;
	int i;

	for(i = 0; i < TEXTS; i++) {
		random_text(&text, sizeof(bytes));
		if(pcre2_match(code, (PCRE2_SPTR)text.s, text.len, 0, 0, match, NULL)
				< 0)
			continue;
		matches++;
		EXPECT(unmet(&text, found) == NULL,
				"[%.*s] matches [%.*s], which has no [%.*s]", STR_FMT(regex),
				STR_FMT(&text),
				STR_FMT(&unmet(&text, found)->literals[0].text));
	}
	return matches;
}

START_TEST(each_text_that_matches_meets_the_requirements)
{
	char bytes[128];
	str regex = {bytes, 0};
	pcre2_match_data *match = pcre2_match_data_create(1, NULL);
	arena_t *arena = arena_create(&counting, 4096);
	int matches = 0, required = 0;
	int i;

	random_state = 1 + (unsigned)_i;
	for(i = 0; i < EXPRESSIONS; i++) {
		pcre2_code *code = random_regex(&regex);
		requirement_t *found;

		ck_assert(literal_requirements(&regex, arena, &found) == 0);
		required += found != NULL;
		matches += check_regex(&regex, found, code, match);
		pcre2_code_free(code);
		arena_reset(arena);
	}
	/* otherwise the test has tried nothing */
	ck_assert_int_gt(required, EXPRESSIONS / 4);
	ck_assert_int_gt(matches, EXPRESSIONS * TEXTS / 10);
	arena_destroy(arena);
	pcre2_match_data_free(match);
}
END_TEST

static void check_bounds(const str *regex, const requirement_t *found)
{
	for(; found != NULL; found = found->next) {
		int i;

		EXPECT(found->n_literals >= 1
						&& found->n_literals <= LITERAL_ALTERNATIVES_MAX,
				"[%.*s]: %d alternatives", STR_FMT(regex), found->n_literals);
		for(i = 0; i < found->n_literals; i++)
			EXPECT(found->literals[i].text.len >= 1
							&& found->literals[i].text.len <= LITERAL_BYTES_MAX,
					"[%.*s]: a text of %d bytes", STR_FMT(regex),
					found->literals[i].text.len);
	}
}

/* Any bytes are read within their bounds, also those that PCRE2 does not accept, and
 * the result keeps its own bounds. */
START_TEST(survives_any_bytes)
{
	char bytes[1024];
	arena_t *arena = arena_create(&counting, 4096);
	int round;

	random_state = 1 + (unsigned)_i;
	for(round = 0; round < 500; round++) {
		unsigned n = random_below(round % 10 == 0 ? 200 : 20);
		str made = {bytes, 0};
		requirement_t *found;
		str regex;

		for(; n > 0; n--)
			append(&made, random_piece());
		regex = exact(made.s, made.len);
		ck_assert(literal_requirements(&regex, arena, &found) == 0);
		check_bounds(&regex, found);
		arena_reset(arena);
		exact_free(&regex);
	}
	arena_destroy(arena);
}
END_TEST

/* If the requirements of an expression need too much room, some are left out; the
 * others are still right. */
static const struct
{
	const char *title;
	const char *repeated; /* repeated up to the greatest length of a pattern */
	const char *text;	  /* repeated as often, it matches */
} long_ones[] = {
		{"many texts", "a.", "ab"},
		{"many alternatives", "(a|b)", "a"},
		{"many alternatives, and more", "(a|b).", "ac"},
		{"long alternatives", "(abcdefghij|k)l", "abcdefghijl"},
		{"many that may be missing", "a?", "a"},
		{"many groups that may be missing", "(abcdefgh|ijkl)?m", "ijklm"},
		{"many escapes", "\\..", ".a"},
		{"one text", "abc", "abc"},
		{"one text with escapes", "ab\\.", "ab."},
};

START_TEST(leaves_out_what_has_no_room)
{
	char regex_bytes[1024 + 32], text_bytes[1024 + 32];
	str regex = {regex_bytes, 0};
	str text = {text_bytes, 0};
	arena_t *arena = small_arena();
	requirement_t *found;

	while(regex.len < 1024) {
		append(&regex, long_ones[_i].repeated);
		append(&text, long_ones[_i].text);
	}
	ck_assert_int_eq(literal_requirements(&regex, arena, &found), 0);
	ck_assert_msg(unmet(&text, found) == NULL, "%s", long_ones[_i].title);
	check_bounds(&regex, found);
	arena_destroy(arena);
}
END_TEST

Suite *suite_literal(void)
{
	Suite *suite = suite_create("literal");
	TCase *tc = new_tcase("literal");

	tcase_set_timeout(tc, 60);
	tcase_add_loop_test(tc, finds_what_is_required, 0, ROWS(expressions));
	tcase_add_test(tc, reads_a_nul);
	tcase_add_test(tc, reports_a_lack_of_memory);
	tcase_add_loop_test(
			tc, each_text_that_matches_meets_the_requirements, 0, 8);
	tcase_add_loop_test(tc, survives_any_bytes, 0, 8);
	tcase_add_loop_test(tc, leaves_out_what_has_no_room, 0, ROWS(long_ones));
	suite_add_tcase(suite, tc);
	return suite;
}
