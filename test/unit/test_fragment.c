/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "suites.h"
#include "support.h"

static const struct
{
	const char *title;
	const char *text;
	int offset, len;
	int line, column;
} parts[] = {
		{"the whole", "abc", 0, 3, 1, 1},
		{"the end, empty", "abc", 3, 0, 1, 4},
		{"behind a line end", "ab\ncd", 3, 2, 2, 1},
		{"the line end itself", "ab\ncd", 2, 1, 1, 3},
		{"two line ends", "a\n\ncde", 4, 1, 3, 2},
		{"CR LF is one line end, of two bytes", "a\r\nb", 3, 1, 2, 1},
		{"columns count bytes, not letters", "\xc3\xa4x", 2, 1, 1, 3},
		{"a tab is one column", "\tx", 1, 1, 1, 2},
};

START_TEST(knows_where_a_part_stands)
{
	str text = exact(parts[_i].text, (int)strlen(parts[_i].text));
	fragment_t whole = fragment_of(&text);
	fragment_t part = fragment_part(&whole, parts[_i].offset, parts[_i].len);

	ck_assert_msg(
			part.line == parts[_i].line && part.column == parts[_i].column,
			"%s: %d:%d", parts[_i].title, part.line, part.column);
	ck_assert_ptr_eq(part.text.s, text.s + parts[_i].offset);
	ck_assert_int_eq(part.text.len, parts[_i].len);
	/* a part of a part has its place in the whole text */
	part = fragment_part(&part, part.text.len, 0);
	ck_assert_int_eq(part.text.len, 0);
	ck_assert_int_eq(part.column - parts[_i].column,
			strchr(parts[_i].text + parts[_i].offset, '\n') == NULL
					? parts[_i].len
					: part.column - parts[_i].column);
	exact_free(&text);
}
END_TEST

static const struct
{
	const char *text;
	const char *trimmed;
	int line, column;
} trims[] = {
		{"", "", 1, 1},
		{"a", "a", 1, 1},
		{" \ta b\r\n", "a b", 1, 3},
		{"\r\n\n x", "x", 3, 2},
		{" \t\r\n", "", 1, 1},
		{"a\v", "a\v", 1, 1},
};

START_TEST(trims_blanks)
{
	str text = exact(trims[_i].text, (int)strlen(trims[_i].text));
	fragment_t whole = fragment_of(&text);
	fragment_t found = fragment_trim(&whole);

	ck_assert_int_eq(found.text.len, (int)strlen(trims[_i].trimmed));
	ck_assert_mem_eq(found.text.s, trims[_i].trimmed, found.text.len);
	if(found.text.len > 0) {
		ck_assert_int_eq(found.line, trims[_i].line);
		ck_assert_int_eq(found.column, trims[_i].column);
	}
	exact_free(&text);
}
END_TEST

static const struct
{
	const char *text;
	const char *word;
	bool is, begins;
} words_compared[] = {
		{"true", "true", true, true},
		{"TrUe", "true", true, true},
		{"tru", "true", false, false},
		{"truer", "true", false, true},
		{"untrue", "true", false, false},
		{"", "", true, true},
		{"", "x", false, false},
		{"x", "", false, true},
};

START_TEST(compares_in_any_case)
{
	str text = exact(
			words_compared[_i].text, (int)strlen(words_compared[_i].text));
	fragment_t whole = fragment_of(&text);

	ck_assert_int_eq(fragment_is(&whole, words_compared[_i].word),
			words_compared[_i].is);
	ck_assert_int_eq(fragment_begins(&whole, words_compared[_i].word),
			words_compared[_i].begins);
	exact_free(&text);
}
END_TEST

static const struct
{
	const char *a;
	int a_len;
	const char *b;
	int b_len;
	bool is_equal, is_equal_nocase;
} strings[] = {
		{NULL, 0, NULL, 0, true, true},
		{NULL, 0, TEXT(""), true, true},
		{TEXT("a"), TEXT("a"), true, true},
		{TEXT("a"), TEXT("A"), false, true},
		{TEXT("a"), TEXT("ab"), false, false},
		{TEXT("aB"), TEXT("Ab"), false, true},
		{TEXT("aB"), TEXT("Ac"), false, false},
		{TEXT("a\0b"), TEXT("a\0b"), true, true},
		{TEXT("a\0b"), TEXT("a\0c"), false, false},
		{TEXT("a"), NULL, 0, false, false},
};

START_TEST(compares_bytes)
{
	str a = {NULL, 0}, b = {NULL, 0};

	if(strings[_i].a != NULL)
		a = exact(strings[_i].a, strings[_i].a_len);
	if(strings[_i].b != NULL)
		b = exact(strings[_i].b, strings[_i].b_len);
	ck_assert_int_eq(str_equal(&a, &b), strings[_i].is_equal);
	ck_assert_int_eq(str_equal(&b, &a), strings[_i].is_equal);
	ck_assert_int_eq(str_equal_nocase(&a, &b), strings[_i].is_equal_nocase);
	ck_assert_int_eq(str_equal_nocase(&b, &a), strings[_i].is_equal_nocase);
	exact_free(&b);
	exact_free(&a);
}
END_TEST

static const struct
{
	const char *title;
	const char *text;	  /* marks: see marked() */
	const char *expected; /* COLUMN:WORD, separated by | */
} splits[] = {
		{"nothing", "", ""},
		{"only blanks", " \t\r\n ", ""},
		{"one word", "a", "1:a|"},
		{"blanks at both ends", "  a ", "3:a|"},
		{"all kinds of blanks", "a b\tc\r\nd", "1:a|3:b|5:c|1:d|"},
		{"a block of options holds together", "h{a=1, b=2} i",
				"1:h{a=1, b=2}|13:i|"},
		{"braces nest", "h{p=4{2} x} i", "1:h{p=4{2} x}|13:i|"},
		{"a closing brace alone closes nothing", "h} i{a b} j",
				"1:h}|4:i{a b}|11:j|"},
		{"a brace within quotes is none", "h{p='} x'} i", "1:h{p='} x'}|12:i|"},
		{"a brace that opens within quotes is none", "h{p='{'} i",
				"1:h{p='{'}|10:i|"},
		{"outside of a block a quote is a letter", "o'neil@h p q'r",
				"1:o'neil@h|10:p|12:q'r|"},
		{"a block that is not closed takes the rest", "h{a b c", "1:h{a b c|"},
		{"no split within a mark", "a$(b c)d e", "1:a$(b c)d|10:e|"},
		{"a brace within a mark opens nothing", "$({) a", "1:$({)|6:a|"},
		{"a quote within a mark opens nothing", "h{$(')} a", "1:h{$(')}|9:a|"},
		{"an escape is a part of its word", "a$$b c", "1:a$$b|6:c|"},
};

START_TEST(splits_into_words)
{
	mark_t marks[MARKS_MAX];
	str text = exact(splits[_i].text, (int)strlen(splits[_i].text));
	fragment_t rest = marked(&text, marks);
	fragment_t word;
	char found[256] = "";

	while(fragment_next_word(&rest, &word))
		print(found, sizeof(found), "%d:%.*s|", word.column,
				STR_FMT(&word.text));
	expect_same(splits[_i].title, found, splits[_i].expected);
	exact_free(&text);
}
END_TEST

/* Every offset of a text is compared with the list of its marks, because the tested
 * function uses a binary search. */
static const struct
{
	const char *text;
	const char *
			covered; /* for each character: its hole, e for an escape, or a blank */
} mark_rows[] = {
		{"abc", "   "},
		{"$1", "11"},
		{"a$1b$2", " 11 22"},
		{"$1$2$3", "112233"},
		{"$$$1$$", "ee11ee"},
		{"x$(long one)y$3z", " 00000000000 33 "},
};

START_TEST(knows_what_a_mark_covers)
{
	mark_t marks[MARKS_MAX];
	str text = exact(mark_rows[_i].text, (int)strlen(mark_rows[_i].text));
	fragment_t whole = marked(&text, marks);
	int from, to, i;

	for(i = 0; i < text.len; i++) {
		const mark_t *mark = fragment_mark(&whole, i);
		char c = mark == NULL				 ? ' '
				 : mark->hole == MARK_ESCAPE ? 'e'
											 : (char)('0' + mark->hole);

		ck_assert_msg(c == mark_rows[_i].covered[i], "%s at %d: [%c]",
				mark_rows[_i].text, i, c);
	}
	for(from = 0; from <= text.len; from++) {
		for(to = from; to <= text.len; to++) {
			fragment_t part = fragment_part(&whole, from, to - from);
			bool has_holes = false;

			/* a mark that begins before the part is not in it */
			for(i = 0; i < whole.n_marks; i++)
				has_holes |= marks[i].hole != MARK_ESCAPE
							 && marks[i].at >= part.text.s
							 && marks[i].at < part.text.s + part.text.len;
			ck_assert_int_eq(fragment_has_holes(&part), has_holes);
		}
	}
	exact_free(&text);
}
END_TEST

static const struct
{
	const char *text;
	int from;
	char c;
	int expected;
} finds[] = {
		{"", 0, 'a', -1},
		{"abca", 0, 'a', 0},
		{"abca", 1, 'a', 3},
		{"abca", 4, 'a', -1},
		{"$(=)=", 0, '=', 4},
		{"$1", 0, '1', -1},
		{"$$$", 0, '$', 2},
};

START_TEST(finds_outside_of_marks)
{
	mark_t marks[MARKS_MAX];
	str text = exact(finds[_i].text, (int)strlen(finds[_i].text));
	fragment_t whole = marked(&text, marks);

	ck_assert_int_eq(fragment_find(&whole, finds[_i].from, finds[_i].c),
			finds[_i].expected);
	exact_free(&text);
}
END_TEST

Suite *suite_fragment(void)
{
	Suite *suite = suite_create("fragment");
	TCase *tc = new_tcase("fragment");

	tcase_add_loop_test(tc, knows_where_a_part_stands, 0, ROWS(parts));
	tcase_add_loop_test(tc, trims_blanks, 0, ROWS(trims));
	tcase_add_loop_test(tc, compares_in_any_case, 0, ROWS(words_compared));
	tcase_add_loop_test(tc, compares_bytes, 0, ROWS(strings));
	tcase_add_loop_test(tc, splits_into_words, 0, ROWS(splits));
	tcase_add_loop_test(tc, knows_what_a_mark_covers, 0, ROWS(mark_rows));
	tcase_add_loop_test(tc, finds_outside_of_marks, 0, ROWS(finds));
	suite_add_tcase(suite, tc);
	return suite;
}
