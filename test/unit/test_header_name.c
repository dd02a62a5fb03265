/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "sip/header_name.h"
#include "suites.h"
#include "support.h"

static const struct
{
	const char *bytes;
	int len;
	bool is_valid;
} names[] = {
		{TEXT("From"), true},
		{TEXT("X-Foo"), true},
		{TEXT("P-Asserted-Identity"), true},
		{TEXT("x"), true},
		/* RFC 3261 section 25.1: every character of a token */
		{TEXT("aZ09-.!%*_+`'~"), true},
		{TEXT(""), false},
		{TEXT("X Foo"), false},
		{TEXT(" X"), false},
		{TEXT("X\t"), false},
		{TEXT("X:"), false},
		{TEXT("X\r\nY"), false},
		{TEXT("X\0"), false},
		{TEXT("X\xc3\xa4"), false},
		{TEXT("X(y)"), false},
		{TEXT("\"X\""), false},
		{TEXT("$x"), false},
		{TEXT("&x"), false},
		{TEXT("x/y"), false},
		{TEXT("x@y"), false},
		{TEXT("[x]"), false},
		{TEXT("x;y"), false},
};

START_TEST(is_a_token)
{
	str name = exact(names[_i].bytes, names[_i].len);

	ck_assert_msg(header_name_is_valid(&name) == names[_i].is_valid, "[%.*s]",
			STR_FMT(&name));
	exact_free(&name);
}
END_TEST

/* RFC 3261 section 7.3.3 and the registry: all compact forms that there are. */
static const struct
{
	const char *compact, *name;
} compact[] = {{"a", "Accept-Contact"}, {"b", "Referred-By"},
		{"c", "Content-Type"}, {"d", "Request-Disposition"},
		{"e", "Content-Encoding"}, {"f", "From"}, {"i", "Call-ID"},
		{"j", "Reject-Contact"}, {"k", "Supported"}, {"l", "Content-Length"},
		{"m", "Contact"}, {"o", "Event"}, {"r", "Refer-To"}, {"s", "Subject"},
		{"t", "To"}, {"u", "Allow-Events"}, {"v", "Via"},
		{"x", "Session-Expires"}, {"y", "Identity"}};

static str text_of(const char *s)
{
	return exact(s, (int)strlen(s));
}

START_TEST(knows_the_compact_forms)
{
	str lower = text_of(compact[_i].compact);
	str upper = text_of(compact[_i].compact);
	str name = text_of(compact[_i].name);
	str found;

	upper.s[0] &= ~0x20;
	found = header_name_long(&lower);
	ck_assert_int_eq(found.len, name.len);
	ck_assert_mem_eq(found.s, name.s, name.len);
	found = header_name_long(&name);
	ck_assert_ptr_eq(found.s, name.s);
	ck_assert(header_name_equal(&lower, &name));
	ck_assert(header_name_equal(&name, &upper));
	ck_assert(header_name_equal(&lower, &upper));
	exact_free(&name);
	exact_free(&upper);
	exact_free(&lower);
}
END_TEST

/* Any other single byte is not a compact form but a name itself. */
START_TEST(knows_no_other_compact_forms)
{
	int c, i;

	for(c = 1; c < 256; c++) {
		char byte = (char)c;
		str name = {&byte, 1};
		bool is_compact = false;

		for(i = 0; i < ROWS(compact); i++) {
			char letter = compact[i].compact[0];

			is_compact |= byte == letter || byte == letter - 'a' + 'A';
		}
		if(header_name_is_valid(&name) && !is_compact)
			EXPECT(header_name_long(&name).s == &byte, "0x%02x", (unsigned)c);
	}
}
END_TEST

static const struct
{
	const char *a, *b;
	bool is_equal;
} pairs[] = {
		{"From", "from", true},
		{"FROM", "f", true},
		{"F", "fRoM", true},
		{"From", "Fro", false},
		{"From", "Fron", false},
		{"X-A", "X-B", false},
		{"X-A", "x-a", true},
		{"t", "f", false},
		{"p", "P", true},
		{"p", "P-Asserted-Identity", false},
		{"X_A", "X-A", false},
		{"@", "`", false},
};

START_TEST(compares_names)
{
	str a = text_of(pairs[_i].a);
	str b = text_of(pairs[_i].b);

	ck_assert_msg(header_name_equal(&a, &b) == pairs[_i].is_equal, "%s %s",
			pairs[_i].a, pairs[_i].b);
	ck_assert_int_eq(header_name_equal(&b, &a), pairs[_i].is_equal);
	exact_free(&b);
	exact_free(&a);
}
END_TEST

/* The reserved names. To is one of them: in a dial plan, it is a destination. */
static const struct
{
	const char *name;
	bool is_reserved;
} reserved[] = {
		{"From", true},
		{"f", true},
		{"To", true},
		{"t", true},
		{"Call-ID", true},
		{"i", true},
		{"CSeq", true},
		{"Via", true},
		{"v", true},
		{"Route", true},
		{"Record-Route", true},
		{"Contact", true},
		{"m", true},
		{"Max-Forwards", true},
		{"max-forwards", true},
		{"Content-Length", true},
		{"l", true},
		{"L", true},
		{"Content-Type", false},
		{"Subject", false},
		{"s", false},
		{"X-From", false},
		{"P-Asserted-Identity", false},
		{"Diversion", false},
		{"", false},
};

START_TEST(reserves_the_headers_that_a_proxy_needs)
{
	str name = text_of(reserved[_i].name);

	ck_assert_msg(header_name_is_reserved(&name) == reserved[_i].is_reserved,
			"%s", reserved[_i].name);
	exact_free(&name);
}
END_TEST

Suite *suite_header_name(void)
{
	Suite *suite = suite_create("header_name");
	TCase *tc = new_tcase("header_name");

	tcase_add_loop_test(tc, is_a_token, 0, ROWS(names));
	tcase_add_loop_test(tc, knows_the_compact_forms, 0, ROWS(compact));
	tcase_add_test(tc, knows_no_other_compact_forms);
	tcase_add_loop_test(tc, compares_names, 0, ROWS(pairs));
	tcase_add_loop_test(
			tc, reserves_the_headers_that_a_proxy_needs, 0, ROWS(reserved));
	suite_add_tcase(suite, tc);
	return suite;
}
