/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "sip/sip_uri.h"
#include "suites.h"
#include "support.h"
#include "dialplan/template.h"

static hole_kind_t one_kind(const void *context, int offset)
{
	(void)offset;
	return *(const hole_kind_t *)context;
}

/* -- values that are allowed ---------------------------------------------- */

#define REFUSED NULL

/* Values that a caller could send, and the text x$0y with each of them. */
static const struct
{
	const char *title;
	const char *value;
	int len;
	const char *user, *host, *port, *param, *line;
} values[] = {
		{"digits", TEXT("123"), "x123y", "x123y", "x123y", "x123y", "x123y"},
		{"a name", TEXT("a.b-c_d"), "xa.b-c_dy", "xa.b-c_dy", REFUSED,
				"xa.b-c_dy", "xa.b-c_dy"},
		{"nothing", TEXT(""), "xy", REFUSED, REFUSED, "xy", "xy"},
		{"no string at all", NULL, 0, "xy", REFUSED, REFUSED, "xy", "xy"},
		{"a blank: a further destination", TEXT("a sip:b@c"),
				"xa%20sip%3Ab%40cy", REFUSED, REFUSED, "xa%20sip:b%40cy",
				"xa sip:b@cy"},
		{"@: another host", TEXT("a@b"), "xa%40by", REFUSED, REFUSED, "xa%40by",
				"xa@by"},
		{"{: an option", TEXT("{inviting=1}"), "x%7Binviting=1%7Dy", REFUSED,
				REFUSED, "x%7Binviting%3D1%7Dy", "x{inviting=1}y"},
		{"/TCP: a transport", TEXT("/TCP"), "x/TCPy", REFUSED, REFUSED,
				"x/TCPy", "x/TCPy"},
		{";: a parameter", TEXT(";maddr=b"), "x;maddr=by", REFUSED, REFUSED,
				"x%3Bmaddr%3Dby", "x;maddr=by"},
		{"?: a header", TEXT("?Route=b"), "x?Route=by", REFUSED, REFUSED,
				"x%3FRoute%3Dby", "x?Route=by"},
		{">: the end of an address", TEXT("a>,<b"), "xa%3E,%3Cby", REFUSED,
				REFUSED, "xa%3E%2C%3Cby", "xa>,<by"},
		{"a quote", TEXT("\"'"), "x%22'y", REFUSED, REFUSED, "x%22'y", "x\"'y"},
		{": a password, or a port", TEXT("a:1"), "xa%3A1y", REFUSED, REFUSED,
				"xa:1y", "xa:1y"},
		{"CR", TEXT("a\rb"), REFUSED, REFUSED, REFUSED, REFUSED, REFUSED},
		{"LF", TEXT("a\nb"), REFUSED, REFUSED, REFUSED, REFUSED, REFUSED},
		{"CR LF at the end", TEXT("1\r\n"), REFUSED, REFUSED, REFUSED, REFUSED,
				REFUSED},
		{"NUL", TEXT("1\0002"), REFUSED, REFUSED, REFUSED, REFUSED, REFUSED},
		{"a tab", TEXT("a\tb"), "xa%09by", REFUSED, REFUSED, "xa%09by",
				"xa\tby"},
		{"DEL", TEXT("\x7f"), "x%7Fy", REFUSED, REFUSED, "x%7Fy", "x\x7fy"},
		{"a byte beyond ASCII", TEXT("\xc3\xa4"), "x%C3%A4y", REFUSED, REFUSED,
				"x%C3%A4y", "x\xc3\xa4y"},
		{"an escape stays one", TEXT("%41"), "x%41y", REFUSED, REFUSED, "x%41y",
				"x%41y"},
		{"an escape that hides CR LF", TEXT("%0d%0A"), "x%0d%0Ay", REFUSED,
				REFUSED, "x%0d%0Ay", "x%0d%0Ay"},
		{"a lone percent sign", TEXT("%"), "x%25y", REFUSED, REFUSED, "x%25y",
				"x%y"},
		{"an escape cut short", TEXT("%4"), "x%254y", REFUSED, REFUSED,
				"x%254y", "x%4y"},
		{"no escape", TEXT("%4g"), "x%254gy", REFUSED, REFUSED, "x%254gy",
				"x%4gy"},
		{"two percent signs", TEXT("%%41"), "x%25%41y", REFUSED, REFUSED,
				"x%25%41y", "x%%41y"},
		{"# of a service code", TEXT("*21#"), "x*21%23y", REFUSED, REFUSED,
				"x*21%23y", "x*21#y"},
		{"an IPv6 address", TEXT("[2001:db8::1]"), "x%5B2001%3Adb8%3A%3A1%5Dy",
				"x[2001:db8::1]y", REFUSED, "x[2001:db8::1]y",
				"x[2001:db8::1]y"},
		{"an IPv6 address with a port", TEXT("[::1]:9"), "x%5B%3A%3A1%5D%3A9y",
				REFUSED, REFUSED, "x[::1]:9y", "x[::1]:9y"},
		{"an IPv6 address that is not closed", TEXT("[::1"), "x%5B%3A%3A1y",
				REFUSED, REFUSED, "x[::1y", "x[::1y"},
		{"two IPv6 addresses", TEXT("[::1][::2]"),
				"x%5B%3A%3A1%5D%5B%3A%3A2%5Dy", REFUSED, REFUSED,
				"x[::1][::2]y", "x[::1][::2]y"},
		{"a negative port", TEXT("-1"), "x-1y", "x-1y", REFUSED, "x-1y",
				"x-1y"},
		{"the syntax of a hole", TEXT("$0%1"), "x$0%251y", REFUSED, REFUSED,
				"x$0%251y", "x$0%1y"},
};

START_TEST(puts_in_the_values_that_are_allowed)
{
	int row = _i / 5;
	hole_kind_t kind = (hole_kind_t)(_i % 5);
	const char *const expected[] = {values[row].user, values[row].host,
			values[row].port, values[row].param, values[row].line};
	arena_t *arena = small_arena();
	mark_t marks[MARKS_MAX];
	str text = exact("x$0y", 4);
	fragment_t fragment = marked(&text, marks);
	str value = {NULL, 0};
	template_t template;
	char out[256];
	int bad_hole = 99;
	int len;

	if(values[row].value != NULL)
		value = exact(values[row].value, values[row].len);
	ck_assert_int_eq(
			template_make(&template, &fragment, one_kind, &kind, arena), 0);
	len = template_fill(&template, &value, out, sizeof(out) - 1, &bad_hole);
	if(expected[kind] == REFUSED) {
		ck_assert_msg(len == -1, "%s, kind %d: %.*s", values[row].title, kind,
				len, out);
		ck_assert_int_eq(bad_hole, 0);
	} else {
		ck_assert_msg(
				len >= 0, "%s, kind %d is refused", values[row].title, kind);
		out[len] = '\0';
		expect_same(values[row].title, out, expected[kind]);
	}
	exact_free(&value);
	exact_free(&text);
	arena_destroy(arena);
}
END_TEST

/* -- what is true for every value ----------------------------------------- */

static const char uri_with_holes[] = "sip:u$0v@h$1.example.com:5$2;p=q$3";

static hole_kind_t kind_in_uri(const void *context, int offset)
{
	(void)context;
	return offset < 8	 ? HOLE_USER
		   : offset < 15 ? HOLE_HOST
		   : offset < 28 ? HOLE_PORT
						 : HOLE_PARAM;
}

/* Any two bytes in any place are refused, or the result is one URI with the same
 * user, host, port and parameter round the hole. */
static void check_two_bytes(
		const template_t *template, int place, const char *bytes)
{
	char one[] = "1";
	str put_in[4] = {{one, 1}, {one, 1}, {one, 1}, {one, 1}};
	char out[128];
	str text = {out, 0};
	str param;
	uri_parts_t uri;
	int bad_hole, at;

	put_in[place].s = (char *)bytes;
	put_in[place].len = 2;
	text.len = template_fill(template, put_in, out, sizeof(out), &bad_hole);
	if(text.len < 0)
		return;
	/* the parser of URIs refuses [], which is not an IPv6 address */
	if(place == 1 && bytes[0] == '[' && bytes[1] == ']')
		return;
	EXPECT(sip_uri_parse(&text, &uri, &at) == NULL, "%.*s", STR_FMT(&text));
	EXPECT(uri.user.s[0] == 'u' && uri.user.s[uri.user.len - 1] == 'v'
					&& uri.host.s[0] == 'h'
					&& memcmp(uri.host.s + uri.host.len - 12, ".example.com",
							   12)
							   == 0
					&& uri.port.s[0] == '5' && uri.headers.s == NULL
					&& uri.params.s + uri.params.len == out + text.len
					&& sip_uri_param(&uri, "p", &param)
					&& param.len == uri.params.len - 2 && param.s[0] == 'q',
			"%.*s", STR_FMT(&text));
	EXPECT(uri.user.s == out + 4 && uri.host.s == uri.user.s + uri.user.len + 1,
			"%.*s", STR_FMT(&text));
}

START_TEST(keeps_a_uri_one_uri)
{
	arena_t *arena = small_arena();
	mark_t marks[MARKS_MAX];
	str text = exact(uri_with_holes, (int)strlen(uri_with_holes));
	fragment_t fragment = marked(&text, marks);
	template_t template;
	int first, second, place;

	ck_assert_int_eq(
			template_make(&template, &fragment, kind_in_uri, NULL, arena), 0);
	for(place = 0; place < 4; place++) {
		for(first = 0; first < 256; first++) {
			for(second = 0; second < 256; second++) {
				char bytes[2] = {(char)first, (char)second};

				check_two_bytes(&template, place, bytes);
			}
		}
	}
	exact_free(&text);
	arena_destroy(arena);
}
END_TEST

/* -- pieces and room ------------------------------------------------------ */

static const struct
{
	const char *title;
	const char *text;
	const char *pieces;
	const char *filled; /* the holes are filled with a, b, c, ... */
	bool has_holes;
} texts[] = {
		{"nothing", "", "", "", false},
		{"no hole", "abc", "abc", "abc", false},
		{"only a hole", "$0", "<0v>", "a", true},
		{"holes side by side", "$0$1", "<0v><1v>", "ab", true},
		{"a hole twice", "$1-$1", "<1v>-<1v>", "b-b", true},
		{"holes out of order", "$2x$0", "<2v>x<0v>", "cxa", true},
		{"text at both ends", "x$0y", "x<0v>y", "xay", true},
		{"an escape", "x$$y", "x$y", "x$y", false},
		{"only an escape", "$$", "$", "$", false},
		{"an escape at the end", "x$$", "x$", "x$", false},
		{"escapes side by side", "$$$$", "$$", "$$", false},
		{"an escape before a hole", "$$$0", "$<0v>", "$a", true},
		{"a hole before an escape", "$0$$", "<0v>$", "a$", true},
		{"a long mark", "x$(y z)w", "x<0v>w", "xaw", true},
};

START_TEST(is_made_and_filled)
{
	char a[] = "a", b[] = "b", c[] = "c";
	str put_in[] = {{a, 1}, {b, 1}, {c, 1}};
	hole_kind_t kind = HOLE_VALUE;
	arena_t *arena = small_arena();
	mark_t marks[MARKS_MAX];
	str text = exact(texts[_i].text, (int)strlen(texts[_i].text));
	fragment_t fragment = marked(&text, marks);
	template_t template;
	char pieces[64] = "";
	int len = (int)strlen(texts[_i].filled);
	char *out = malloc(len + 1);
	int bad_hole;

	ck_assert_int_eq(
			template_make(&template, &fragment, one_kind, &kind, arena), 0);
	describe_template(&template, pieces, sizeof(pieces));
	expect_same(texts[_i].title, pieces, texts[_i].pieces);
	ck_assert_int_eq(fragment_has_holes(&fragment), texts[_i].has_holes);
	if(!texts[_i].has_holes) {
		ck_assert_int_eq(template_plain(&fragment, arena), 0);
		ck_assert_int_eq(fragment.text.len, len);
		ck_assert_mem_eq(fragment.text.s, texts[_i].filled, len);
	}
	/* exactly the room that it needs, and one byte less */
	ck_assert_int_eq(
			template_fill(&template, put_in, out, len, &bad_hole), len);
	ck_assert_mem_eq(out, texts[_i].filled, len);
	if(len > 0)
		ck_assert_int_eq(
				template_fill(&template, put_in, out, len - 1, &bad_hole), -1);
	free(out);
	exact_free(&text);
	arena_destroy(arena);
}
END_TEST

/* An escaped value is three times as long. Each size of the room is tried. */
START_TEST(never_writes_past_its_room)
{
	hole_kind_t kind = (hole_kind_t)_i;
	const char *bytes =
			kind == HOLE_HOST || kind == HOLE_PORT ? "12345" : "1 %20";
	int full[] = {9, 7, 7, 9, 7};
	arena_t *arena = small_arena();
	mark_t marks[MARKS_MAX];
	str text = exact("x$0y", 4);
	fragment_t fragment = marked(&text, marks);
	str value = exact(bytes, 5);
	template_t template;
	int room, bad_hole;

	ck_assert_int_eq(
			template_make(&template, &fragment, one_kind, &kind, arena), 0);
	for(room = 0; room < 12; room++) {
		char *out = malloc(room);

		ck_assert_int_eq(template_fill(&template, &value, out, room, &bad_hole),
				room < full[kind] ? -1 : full[kind]);
		free(out);
	}
	exact_free(&value);
	exact_free(&text);
	arena_destroy(arena);
}
END_TEST

static int read_template(
		const str *text, arena_t *arena, diagnostics_t *diagnostics)
{
	hole_kind_t kind = HOLE_VALUE;
	mark_t marks[MARKS_MAX];
	fragment_t fragment = marked(text, marks);
	template_t template;

	/* template_parse() reports nothing: its caller knows the use of the text */
	if(template_make(&template, &fragment, one_kind, &kind, arena) < 0)
		return diagnostics_error(diagnostics, &fragment, "no memory");
	return 0;
}

START_TEST(reports_a_lack_of_memory)
{
	expect_out_of_memory_is_reported(read_template, "a$0b$$c$1d");
}
END_TEST

Suite *suite_template(void)
{
	Suite *suite = suite_create("template");
	TCase *tc = new_tcase("template");

	tcase_add_loop_test(
			tc, puts_in_the_values_that_are_allowed, 0, 5 * ROWS(values));
	tcase_add_test(tc, keeps_a_uri_one_uri);
	tcase_add_loop_test(tc, is_made_and_filled, 0, ROWS(texts));
	tcase_add_loop_test(tc, never_writes_past_its_room, 0, 5);
	tcase_add_test(tc, reports_a_lack_of_memory);
	suite_add_tcase(suite, tc);
	return suite;
}
