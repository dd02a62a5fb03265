/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "sip/sip_uri.h"
#include "text/text.h"
#include "suites.h"
#include "support.h"

/* -- the parts of a URI --------------------------------------------------- */

#define NAME_50 "aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeee"
#define NAME_500                                                            \
	NAME_50 NAME_50 NAME_50 NAME_50 NAME_50 NAME_50 NAME_50 NAME_50 NAME_50 \
			NAME_50

/* expected: SCHEME|user|host|port|params|headers, or at OFFSET: the fault */
static const struct
{
	const char *title;
	const char *text;
	int len;
	const char *expected;
} uris[] = {
		{"all parts", TEXT("sip:alice@example.com:5070;a=b;lr?x=y"),
				"sip|alice|example.com|5070|a=b;lr|x=y"},
		{"host only", TEXT("sip:h"), "sip||h|||"},
		{"scheme in any case", TEXT("SIPS:h"), "sips||h|||"},
		{"password", TEXT("sip:a:b@h"), "sip|a:b|h|||"},
		{"user with everything RFC 3261 allows",
				TEXT("sip:aZ0-_.!~*'()&=+$,;?/%41:@h"),
				"sip|aZ0-_.!~*'()&=+$,;?/%41:|h|||"},
		{"slash in the user", TEXT("sip:a/b@h"), "sip|a/b|h|||"},
		{"IPv4", TEXT("sip:a@192.0.2.1"), "sip|a|192.0.2.1|||"},
		{"IPv6", TEXT("sip:a@[::1]:5060"), "sip|a|[::1]|5060||"},
		{"IPv6 with IPv4", TEXT("sip:[::ffff:192.0.2.1];lr"),
				"sip||[::ffff:192.0.2.1]||lr|"},
		{"underscore in a host name", TEXT("sip:a_b.c"), "sip||a_b.c|||"},
		{"a name of digits and letters", TEXT("sip:1.2.3.4a"),
				"sip||1.2.3.4a|||"},
		{"parameter without value", TEXT("sip:h;lr"), "sip||h||lr|"},
		{"parameter with all that paramchar allows",
				TEXT("sip:h;x=[]/:&+$-_.!~*'()%7e"),
				"sip||h||x=[]/:&+$-_.!~*'()%7e|"},
		{"port with zeros before", TEXT("sip:h:005060"), "sip||h|005060||"},
		{"headers without parameters", TEXT("sip:h?a=b"), "sip||h|||a=b"},
		{"empty headers", TEXT("sip:h?"), "sip||h|||"},
		{"headers behind a port", TEXT("sip:h:1?a"), "sip||h|1||a"},
		{"maddr is a host", TEXT("sip:h;maddr=192.0.2.1;lr"),
				"sip||h||maddr=192.0.2.1;lr|"},
		{"maddr is an IPv6 address", TEXT("sip:h;MADDR=[::1]"),
				"sip||h||MADDR=[::1]|"},
		{"the longest", TEXT("sip:" NAME_500 NAME_500 "@12345678901234.com"),
				"sip|" NAME_500 NAME_500 "|12345678901234.com|||"},

		{"empty", TEXT(""), "at 0: a destination begins with sip: or sips:"},
		{"a scheme cut off", TEXT("sip"), "at 0: a destination begins with"},
		{"no scheme", TEXT("gw1.example.com"),
				"at 0: a destination begins with sip: or sips:"},
		{"another scheme", TEXT("tel:+491234"),
				"at 0: a destination begins with sip: or sips:"},
		{"no host", TEXT("sip:"), "at 4: there is no host"},
		{"no host behind the user", TEXT("sip:a@"), "at 6: there is no host"},
		{"no host before the port", TEXT("sip:a@:5060"),
				"at 6: there is no host"},
		{"no user before the @", TEXT("sip:@h"),
				"at 4: there is no user part before the @"},
		{"an @ in the user", TEXT("sip:a@b@h"),
				"at 7: this character is not allowed in a host"},
		{"a quote in the user", TEXT("sip:a\"b@h"),
				"at 5: this character is not allowed in a user part"},
		{"angle brackets in the user", TEXT("sip:a<b>@h"),
				"at 5: this character is not allowed in a user part"},
		{"a byte beyond ASCII in the user", TEXT("sip:\xc3\xa4@h"),
				"at 4: this character is not allowed in a user part"},
		{"a lone percent sign in the user", TEXT("sip:a%4g@h"),
				"at 5: a percent sign in a user part"},
		{"a percent sign before the @", TEXT("sip:a%4@h"),
				"at 5: a percent sign in a user part"},
		{"a blank", TEXT("sip:a b@h"), "at 5: there is no room for blanks"},
		{"a tab", TEXT("sip:a@h\t"), "at 7: there is no room for blanks"},
		{"CR LF", TEXT("sip:a@h\r\nX: y"), "at 7: there is no room for blanks"},
		{"NUL", TEXT("sip:a@h\0"), "at 7: there is no room for blanks"},
		{"DEL", TEXT("sip:a\x7f@h"), "at 5: there is no room for blanks"},
		{"a percent sign in the host", TEXT("sip:a@h%41"),
				"at 7: this character is not allowed in a host"},
		{"a comma in the host", TEXT("sip:a@h,sip:b@i"),
				"at 7: this character is not allowed in a host"},
		{"a byte beyond ASCII in the host", TEXT("sip:a@b\xc3\xbc"),
				"at 7: this character is not allowed in a host"},
		{"an unclosed IPv6 address", TEXT("sip:a@[::1"),
				"at 6: the bracket of this IPv6 address is not closed"},
		{"an IPv6 address with a zone", TEXT("sip:a@[fe80::1%eth0]"),
				"at 6: this is no IPv6 address"},
		{"an empty IPv6 address", TEXT("sip:a@[]"),
				"at 6: this is no IPv6 address"},
		{"an IPv6 address that is too long",
				TEXT("sip:[0000:0000:0000:0000:0000:0000:0000:0000:0000:0000]"),
				"at 4: this is no IPv6 address"},
		{"text behind an IPv6 address", TEXT("sip:[::1]x"),
				"at 9: this does not belong to a URI"},
		{"a bare IPv6 address", TEXT("sip:a@::1"), "at 6: there is no host"},
		{"a bare IPv6 address", TEXT("sip:a@2001:db8::1"),
				"at 11: a port is a number from 1 to 65535 (an IPv6 address "
				"stands in brackets)"},
		{"three numbers", TEXT("sip:a@10.0.1"),
				"at 6: this is no IPv4 address"},
		{"a number beyond 255", TEXT("sip:a@300.1.1.1"),
				"at 6: this is no IPv4 address"},
		{"a host that begins with a dot", TEXT("sip:.h"),
				"at 4: a host name begins with a letter or a digit"},
		{"a host that begins with a dash", TEXT("sip:-h"),
				"at 4: a host name begins with a letter or a digit"},
		{"no port behind the colon", TEXT("sip:h:"),
				"at 6: a port is a number"},
		{"letters behind the port", TEXT("sip:h:5060x"),
				"at 10: a port is a number"},
		{"a negative port", TEXT("sip:h:-1"), "at 6: a port is a number"},
		{"a slash behind the host", TEXT("sip:h/x"),
				"at 5: this does not belong to a URI"},
		{"a slash behind the port", TEXT("sip:h:1/x"),
				"at 7: this does not belong to a URI"},
		{"a semicolon at the end", TEXT("sip:h;"),
				"at 6: there is a semicolon without a parameter"},
		{"two semicolons", TEXT("sip:h;a;;b"),
				"at 8: there is a semicolon without a parameter"},
		{"a parameter without a name", TEXT("sip:h;=x"),
				"at 6: there is a semicolon without a parameter"},
		{"a parameter without a value", TEXT("sip:h;a=;b"),
				"at 8: there is no value behind the equals sign"},
		{"a comma in a parameter", TEXT("sip:h;a=b,c"),
				"at 9: this character is not allowed in a parameter"},
		{"a second equals sign", TEXT("sip:h;a=b=c"),
				"at 9: this character is not allowed in a parameter"},
		{"a quote in the name of a parameter", TEXT("sip:h;a\"=b"),
				"at 7: this character is not allowed in the name"},
		{"a lone percent sign in a parameter", TEXT("sip:h;a=%4"),
				"at 8: this character is not allowed in a parameter"},
		{"a parameter twice", TEXT("sip:h;a=b;c;A=d"),
				"at 12: this parameter stands in the URI a second time"},
		{"a parameter twice, once escaped", TEXT("sip:h;lr;%6cr"),
				"at 9: this parameter stands in the URI a second time"},
		{"maddr is no host", TEXT("sip:h;a;maddr=b/c"),
				"at 14: maddr is a host name or an address"},
		{"maddr with a port", TEXT("sip:h;maddr=1.2.3.4:5"),
				"at 12: maddr is a host name or an address"},
		{"maddr without value", TEXT("sip:h;maddr"),
				"at 11: maddr is a host name or an address"},
		{"one byte too long",
				TEXT("sip:" NAME_500 NAME_500 "@123456789012345.com"),
				"at 0: a URI is at most 1023 bytes long"},
};

static void describe_uri(const str *text, char *buffer, size_t size)
{
	uri_parts_t uri;
	int at = -1;
	const char *fault = sip_uri_parse(text, &uri, &at);

	if(fault != NULL) {
		print(buffer, size, "at %d: %s", at, fault);
		return;
	}
	print(buffer, size, "%s|%.*s|%.*s|%.*s|%.*s|%.*s",
			uri.is_sips ? "sips" : "sip", STR_FMT(&uri.user),
			STR_FMT(&uri.host), STR_FMT(&uri.port), STR_FMT(&uri.params),
			STR_FMT(&uri.headers));
}

START_TEST(splits_a_uri)
{
	str text = exact(uris[_i].text, uris[_i].len);
	const char *expected = uris[_i].expected;
	char found[2048] = "";

	describe_uri(&text, found, sizeof(found));
	/* for a fault, only the beginning of the message is compared */
	if(strncmp(expected, "at ", 3) == 0)
		found[strlen(expected)] = '\0';
	expect_same(uris[_i].title, found, expected);
	exact_free(&text);
}
END_TEST

/* Any beginning of a text is read without a read past its end, and the position of a
 * fault is in the text. */
START_TEST(splits_a_uri_that_is_cut_off)
{
	static const char full[] =
			"sips:al%41ce:pw@[2001:db8::1]:5061;maddr=[::1];x=%41/b?h=%20";
	int len;

	for(len = 0; len < (int)sizeof(full); len++) {
		str text = exact(full, len);
		uri_parts_t uri;
		int at = -1;

		if(sip_uri_parse(&text, &uri, &at) != NULL)
			ck_assert(at >= 0 && at <= text.len);
		exact_free(&text);
	}
}
END_TEST

/* Each character in each place, compared with the grammar of RFC 3261 25.1. */
START_TEST(knows_the_grammar)
{
	static const char alphanum[] = "abcdefghijklmnopqrstuvwxyz"
								   "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
	int code;

	for(code = 1; code < 256; code++) {
		char c = (char)code;
		bool is_unreserved =
				strchr(alphanum, c) != NULL || strchr("-_.!~*'()", c) != NULL;

		EXPECT(sip_uri_is_user_char(c)
						== (is_unreserved || strchr("&=+$,;?/", c) != NULL),
				"%02x", code);
		EXPECT(sip_uri_is_param_char(c)
						== (is_unreserved || strchr("[]/:&+$", c) != NULL),
				"%02x", code);
		EXPECT(sip_uri_is_host_char(c)
						== (strchr(alphanum, c) != NULL
								|| strchr(".-_", c) != NULL),
				"%02x", code);
	}
	ck_assert(!sip_uri_is_user_char('\0') && !sip_uri_is_param_char('\0')
			  && !sip_uri_is_host_char('\0'));
}
END_TEST

/* -- port and parameters -------------------------------------------------- */

static const struct
{
	const char *text;
	int port;
} ports[] = {
		{"sip:h", 0},
		{"sip:h:1", 1},
		{"sip:h:5060", 5060},
		{"sip:h:65535", 65535},
		{"sip:h:000005060", 5060},
		{"sip:h:0", -1},
		{"sip:h:00", -1},
		{"sip:h:65536", -1},
		{"sip:h:4294967297", -1},
		{"sip:h:18446744073709551617", -1},
		{"sip:h:99999999999999999999999999999999999999", -1},
};

START_TEST(reads_ports)
{
	str text = exact(ports[_i].text, (int)strlen(ports[_i].text));
	uri_parts_t uri;
	int at;

	ck_assert_ptr_null(sip_uri_parse(&text, &uri, &at));
	ck_assert_int_eq(sip_uri_port(&uri), ports[_i].port);
	exact_free(&text);
}
END_TEST

static const struct
{
	const char *text;
	const char *name;
	const char *value; /* NULL: not there */
} params[] = {
		{"sip:h", "lr", NULL},
		{"sip:h;lr", "lr", ""},
		{"sip:h;lr", "l", NULL},
		{"sip:h;lrx", "lr", NULL},
		{"sip:h;a=b;Transport=TCP;c", "transport", "TCP"},
		{"sip:h;a=transport", "transport", NULL},
		{"sip:h;transport", "transport", ""},
		{"sip:h;a=b", "a", "b"},
};

START_TEST(finds_parameters)
{
	str text = exact(params[_i].text, (int)strlen(params[_i].text));
	bool is_there = params[_i].value != NULL;
	str value = {NULL, -1};
	uri_parts_t uri;
	int at;

	ck_assert_ptr_null(sip_uri_parse(&text, &uri, &at));
	ck_assert_int_eq(sip_uri_param(&uri, params[_i].name, &value), is_there);
	ck_assert_int_eq(sip_uri_param(&uri, params[_i].name, NULL), is_there);
	if(is_there) {
		ck_assert_int_eq(value.len, (int)strlen(params[_i].value));
		ck_assert_mem_eq(value.s, params[_i].value, value.len);
	}
	exact_free(&text);
}
END_TEST

/* -- comparison ----------------------------------------------------------- */

static const struct
{
	const char *title;
	const char *a, *b;
	bool are_equal;
} pairs[] = {
		/* the examples of RFC 3261 section 19.1.4, in its order */
		{"RFC: escape, case of host and of parameter",
				"sip:%61lice@atlanta.com;transport=TCP",
				"sip:alice@AtLanTa.CoM;Transport=tcp", true},
		{"RFC: one has a new parameter", "sip:carol@chicago.com",
				"sip:carol@chicago.com;newparam=5", true},
		{"RFC: one has another parameter", "sip:carol@chicago.com",
				"sip:carol@chicago.com;security=on", true},
		{"RFC: each has one", "sip:carol@chicago.com;newparam=5",
				"sip:carol@chicago.com;security=on", true},
		{"RFC: order of parameters",
				"sip:biloxi.com;transport=tcp;method=REGISTER?to=sip:bob%"
				"40biloxi.com",
				"sip:biloxi.com;method=REGISTER;transport=tcp?to=sip:bob%"
				"40biloxi.com",
				true},
		{"RFC: order of headers",
				"sip:alice@atlanta.com?subject=project%20x&priority=urgent",
				"sip:alice@atlanta.com?priority=urgent&subject=project%20x",
				true},
		{"RFC: case of the user", "SIP:ALICE@AtLanTa.CoM;Transport=udp",
				"sip:alice@AtLanTa.CoM;Transport=UDP", false},
		{"RFC: a default port is not no port", "sip:bob@biloxi.com",
				"sip:bob@biloxi.com:5060", false},
		{"RFC: a default transport is not no transport", "sip:bob@biloxi.com",
				"sip:bob@biloxi.com;transport=udp", false},
		{"RFC: port and transport", "sip:bob@biloxi.com",
				"sip:bob@biloxi.com:6000;transport=tcp", false},
		{"RFC: a name is not its address", "sip:bob@phone21.boxesbybob.com",
				"sip:bob@192.0.2.4", false},
		{"RFC: equality is not transitive", "sip:carol@chicago.com;security=on",
				"sip:carol@chicago.com;security=off", false},
		/* the RFC says that these two differ; here they are equal, because a proxy
		 * takes no headers from a Contact (sip_uri.h) */
		{"headers are not compared", "sip:carol@chicago.com",
				"sip:carol@chicago.com?Subject=next%20meeting", true},

		{"sip is not sips", "sip:a@h", "sips:a@h", false},
		{"case of the scheme", "sip:a@h", "SIP:a@h", true},
		{"a user, and none", "sip:h", "sip:a@h", false},
		{"the password counts", "sip:a:b@h", "sip:a:c@h", false},
		{"one user begins like the other", "sip:ab@h", "sip:a@h", false},
		{"an escape is as good as its character", "sip:%7ea@h", "sip:~a@h",
				true},
		{"case of an escape", "sip:%c3%a4@h", "sip:%C3%A4@h", true},
		{"an escaped reserved character is another one", "sip:a%3bb@h",
				"sip:a;b@h", false},
		{"an escaped colon is no password", "sip:a%3ab@h", "sip:a:b@h", false},
		{"two escaped reserved characters", "sip:a%3bb@h", "sip:a%3Bb@h", true},
		{"an escape in the value of a parameter", "sip:h;x=%62", "sip:h;x=B",
				true},
		{"an escape in the name of a parameter", "sip:h;%78=b", "sip:h;x=c",
				false},
		{"an escape in a counting name", "sip:h;tt%6c=1", "sip:h", false},
		{"hosts", "sip:a@h", "sip:a@i", false},
		{"one host begins like the other", "sip:a@h", "sip:a@hi", false},
		{"ports", "sip:a@h:1", "sip:a@h:2", false},
		{"zeros before a port", "sip:a@h:5060", "sip:a@h:05060", true},
		{"case of IPv6", "sip:[2001:DB8::1]", "sip:[2001:db8::1]", true},
		{"user counts", "sip:h;user=phone", "sip:h", false},
		{"ttl counts", "sip:h;ttl=1", "sip:h", false},
		{"method counts", "sip:h;method=INVITE", "sip:h", false},
		{"maddr counts", "sip:h;maddr=i", "sip:h", false},
		{"transport counts", "sip:h;transport=tcp", "sip:h;lr", false},
		{"lr does not count", "sip:h;lr", "sip:h", true},
		{"counting ones that agree", "sip:h;TTL=1;user=phone",
				"sip:h;user=PHONE;ttl=1", true},
		{"counting ones that do not", "sip:h;ttl=1", "sip:h;ttl=2", false},
		{"with a value and without", "sip:h;x=1", "sip:h;x", false},
};

START_TEST(knows_an_address_from_a_name)
{
	static const struct
	{
		const char *host;
		bool is_address;
	} rows[] = {{"192.0.2.1", true}, {"[2001:db8::1]", true},
			{"gw1.example.com", false}, {"1.example", false}, {"h", false}};
	size_t i;

	for(i = 0; i < ROWS(rows); i++) {
		str host = str_of(rows[i].host);

		ck_assert_msg(sip_host_is_address(&host) == rows[i].is_address, "%s",
				rows[i].host);
	}
}
END_TEST

START_TEST(compares)
{
	str text_a = exact(pairs[_i].a, (int)strlen(pairs[_i].a));
	str text_b = exact(pairs[_i].b, (int)strlen(pairs[_i].b));
	uri_parts_t a, b;
	int at;

	ck_assert_ptr_null(sip_uri_parse(&text_a, &a, &at));
	ck_assert_ptr_null(sip_uri_parse(&text_b, &b, &at));
	ck_assert_msg(sip_uri_equal(&a, &b) == pairs[_i].are_equal, "%s: %s %s",
			pairs[_i].title, pairs[_i].a, pairs[_i].b);
	ck_assert_msg(sip_uri_equal(&b, &a) == pairs[_i].are_equal,
			"%s, the other way round: %s %s", pairs[_i].title, pairs[_i].b,
			pairs[_i].a);
	ck_assert(sip_uri_equal(&a, &a) && sip_uri_equal(&b, &b));
	exact_free(&text_a);
	exact_free(&text_b);
}
END_TEST

Suite *suite_sip_uri(void)
{
	Suite *suite = suite_create("sip_uri");
	TCase *tc = new_tcase("sip_uri");

	tcase_add_loop_test(tc, splits_a_uri, 0, ROWS(uris));
	tcase_add_test(tc, splits_a_uri_that_is_cut_off);
	tcase_add_test(tc, knows_the_grammar);
	tcase_add_loop_test(tc, reads_ports, 0, ROWS(ports));
	tcase_add_loop_test(tc, finds_parameters, 0, ROWS(params));
	tcase_add_test(tc, knows_an_address_from_a_name);
	tcase_add_loop_test(tc, compares, 0, ROWS(pairs));
	suite_add_tcase(suite, tc);
	return suite;
}
