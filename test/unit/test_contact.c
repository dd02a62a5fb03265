/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "sip/contact.h"
#include "suites.h"
#include "support.h"

/* expected: URI q=THOUSANDTHS, each with a line end */
static const struct
{
	const char *title;
	const char *body;
	int len;
	const char *expected;
} bodies[] = {
		{"one in brackets", TEXT("<sip:a@h>"), "sip:a@h q=1000\n"},
		{"one without", TEXT("sip:a@h"), "sip:a@h q=1000\n"},
		{"in header order", TEXT("<sip:a@h>, <sip:b@h> ,<sip:c@h>"),
				"sip:a@h q=1000\nsip:b@h q=1000\nsip:c@h q=1000\n"},
		{"with a name", TEXT("Alice Cooper <sip:a@h>;q=0.5"),
				"sip:a@h q=500\n"},
		{"with a quoted name",
				TEXT("\"Cooper, \\\"Alice\\\" <x>\" <sip:a@h>;q=0.5, "
					 "<sip:b@h>"),
				"sip:a@h q=500\nsip:b@h q=1000\n"},
		{"parameters of the URI, and of the header",
				TEXT("<sip:a@h;q=0.1;transport=tcp>;expires=5;q=0.7"),
				"sip:a@h;q=0.1;transport=tcp q=700\n"},
		{"without brackets they are the header's",
				TEXT("sip:a@h;transport=tcp;q=0.3"), "sip:a@h q=300\n"},
		{"a comma in the URI", TEXT("<sip:a,b@h>,<sip:c@h>"),
				"sip:a,b@h q=1000\nsip:c@h q=1000\n"},
		{"a comma in a quoted parameter",
				TEXT("<sip:a@h>;x=\",q=0.1\";q=0.2,<sip:c@h>"),
				"sip:a@h q=200\nsip:c@h q=1000\n"},
		{"blanks and folded lines", TEXT("\r\n < sip:a@h > ;\r\n q = 0.25 "),
				"sip:a@h q=250\n"},
		{"q in any case", TEXT("<sip:a@h>;Q=0.1"), "sip:a@h q=100\n"},
		{"q=0", TEXT("<sip:a@h>;q=0"), "sip:a@h q=0\n"},
		{"q=1.000", TEXT("<sip:a@h>;q=1.000"), "sip:a@h q=1000\n"},
		{"q=0.", TEXT("<sip:a@h>;q=0."), "sip:a@h q=0\n"},
		{"q=0.123", TEXT("<sip:a@h>;q=0.123"), "sip:a@h q=123\n"},
		{"q=1.001", TEXT("<sip:a@h>;q=1.001"), "sip:a@h q=1000\n"},
		{"q=-1", TEXT("<sip:a@h>;q=-1"), "sip:a@h q=1000\n"},
		{"q=zz", TEXT("<sip:a@h>;q=zz"), "sip:a@h q=1000\n"},
		{"q=1e3", TEXT("<sip:a@h>;q=1e3"), "sip:a@h q=1000\n"},
		{"q without value", TEXT("<sip:a@h>;q=;x"), "sip:a@h q=1000\n"},
		{"four digits", TEXT("<sip:a@h>;q=0.1234"), "sip:a@h q=1000\n"},
		{"a star", TEXT("*"), "* q=1000\n"},
		{"empty", TEXT(""), ""},
		{"only commas", TEXT(" , ,, "), ""},
		{"garbage costs itself only", TEXT("%%% ,<<<,\"x, <sip:b@h>"),
				"%%% q=1000\n<<,\"x, <sip:b@h q=1000\n"},
		{"an open bracket", TEXT("<sip:a@h"), " q=1000\n"},
		{"an open quote", TEXT("\"x <sip:a@h>"), "\"x <sip:a@h> q=1000\n"},
		{"a backslash at the end", TEXT("\"\\"), "\"\\ q=1000\n"},
		{"no address", TEXT(";q=0.1"), " q=100\n"},
};

START_TEST(reads_a_body)
{
	str body = exact(bodies[_i].body, bodies[_i].len);
	str rest = body;
	contact_address_t address;
	char found[512] = "";

	while(contact_next(&rest, &address))
		print(found, sizeof(found), "%.*s q=%d\n", STR_FMT(&address.uri),
				address.q);
	expect_same(bodies[_i].title, found, bodies[_i].expected);
	exact_free(&body);
}
END_TEST

Suite *suite_contact(void)
{
	Suite *suite = suite_create("contact");
	TCase *cases = new_tcase("contact");

	tcase_add_loop_test(cases, reads_a_body, 0, ROWS(bodies));
	suite_add_tcase(suite, cases);
	return suite;
}
