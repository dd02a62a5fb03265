/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "sip/header_line.h"
#include "suites.h"
#include "support.h"

#define BEGIN "SIP/2.0 302 Moved Temporarily\r\nVia: SIP/2.0/UDP h;branch=1\r\n"

/* expected: each body, in brackets */
static const struct
{
	const char *title;
	const char *name;
	const char *message;
	int len;
	const char *expected;
} messages[] = {
		{"one", "Contact", TEXT(BEGIN "Contact: <sip:a@h>\r\n\r\n"),
				"[<sip:a@h>]"},
		{"several, in their order", "Contact",
				TEXT(BEGIN "Contact: a\r\nTo: x\r\nContact: b\r\n\r\n"),
				"[a][b]"},
		{"in the compact form", "Contact", TEXT(BEGIN "m: a\r\n\r\n"), "[a]"},
		{"asked in the compact form", "M", TEXT(BEGIN "contact: a\r\n\r\n"),
				"[a]"},
		{"in any case of letters", "Contact", TEXT("CONTACT:a\r\nM:b\r\n\r\n"),
				"[a][b]"},
		{"blanks before the colon, and round the value", "Contact",
				TEXT("Contact \t:  \t a \t\r\n\r\n"), "[a]"},
		{"on several lines", "Contact",
				TEXT("Contact:\r\n <sip:a@h>,\r\n\t<sip:b@h>\r\nTo: x\r\n\r\n"),
				"[<sip:a@h>,\r\n\t<sip:b@h>]"},
		{"a line that goes on is no header of its own", "Contact",
				TEXT("Subject: x\r\n Contact: a\r\n\r\n"), ""},
		{"with ends of lines that lack their CR", "Contact",
				TEXT("Contact: a\nTo: x\nContact: b\n\nContact: c\n"),
				"[a][b]"},
		{"without a value", "Contact", TEXT("Contact:\r\nContact: \r\n\r\n"),
				"[][]"},
		{"names that only begin or end alike", "Contact",
				TEXT("Contacts: a\r\nX-Contact: b\r\nConta: c\r\n\r\n"), ""},
		{"behind the headers there is none", "Contact",
				TEXT(BEGIN "\r\nContact: a\r\n"), ""},
		{"lines without a colon are passed over", "Contact",
				TEXT("Contact\r\nwhat is this\r\nContact: a\r\n\r\n"), "[a]"},
		{"a message that is cut off in a value", "Contact", TEXT("Contact: a"),
				""},
		{"in a name", "Contact", TEXT("Contact: a\r\nConta"), "[a]"},
		{"in a line that goes on", "Contact", TEXT("Contact: a\r\n "), ""},
		{"a NUL is a character like any other", "Contact",
				TEXT("To: \0\r\nContact: a\r\n\r\n"), "[a]"},
		{"nothing", "Contact", TEXT(""), ""},
};

START_TEST(finds_the_headers_of_a_name)
{
	str message = exact(messages[_i].message, messages[_i].len);
	str rest = message;
	str name = {(char *)messages[_i].name, (int)strlen(messages[_i].name)};
	char found[256] = "";
	str body;

	while(header_line_next(&rest, &name, &body))
		print(found, sizeof(found), "[%.*s]", STR_FMT(&body));
	expect_same(messages[_i].title, found, messages[_i].expected);
	ck_assert_int_eq(rest.len, 0);
	exact_free(&message);
}
END_TEST

Suite *suite_header_line(void)
{
	Suite *suite = suite_create("header line");
	TCase *cases = new_tcase("header line");

	tcase_add_loop_test(cases, finds_the_headers_of_a_name, 0, ROWS(messages));
	suite_add_tcase(suite, cases);
	return suite;
}
