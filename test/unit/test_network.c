/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "dialplan/network.h"
#include "suites.h"
#include "support.h"

static const struct
{
	const char *prefix, *address;
	bool is_in;
} prefixes[] = {
		{"172.16.0.0/12", "172.16.0.0", true},
		{"172.16.0.0/12", "172.31.255.255", true},
		{"172.16.0.0/12", "172.32.0.0", false},
		{"172.16.0.0/12", "172.15.255.255", false},
		{"172.16.99.1/12", "172.17.0.1", true},
		{"192.0.2.7/32", "192.0.2.7", true},
		{"192.0.2.7/32", "192.0.2.6", false},
		{"192.0.2.6/31", "192.0.2.7", true},
		{"0.0.0.0/0", "203.0.113.9", true},
		{"0.0.0.0/0", "::1", false},
		{"::/0", "::1", true},
		{"::/0", "10.0.0.1", false},
		{"2001:db8::/33", "2001:db8:7fff::1", true},
		{"2001:db8::/33", "2001:db8:8000::1", false},
		{"2001:db8::1/128", "[2001:db8::1]", true},
		{"10.0.0.0/8", "::ffff:10.1.2.3", true},
};

static str text_of(const char *text)
{
	return (str){(char *)text, (int)strlen(text)};
}

START_TEST(knows_what_is_in_a_network)
{
	str prefix_text = text_of(prefixes[_i].prefix);
	str address_text = text_of(prefixes[_i].address);
	address_t prefix, address;
	int bits;

	ck_assert(prefix_read(&prefix_text, &prefix, &bits));
	ck_assert(address_read(&address_text, &address));
	ck_assert_int_eq(
			address_has_prefix(&address, &prefix, bits), prefixes[_i].is_in);
}
END_TEST

START_TEST(refuses_what_is_no_network)
{
	static const char *const texts[] = {"", "/8", "10.0.0.0", "10.0.0.0/",
			"10.0.0.0/33", "10.0.0.0/8x", "10.0.0.0/-1", "10.0.0/8", "a/8",
			"::/129", "::/0008", "10.0.0.0 /8"};
	int i, bits;

	for(i = 0; i < ROWS(texts); i++) {
		str text = text_of(texts[i]);
		address_t prefix;

		ck_assert_msg(!prefix_read(&text, &prefix, &bits), "%s", texts[i]);
	}
}
END_TEST

START_TEST(knows_which_addresses_are_public)
{
	static const char *const global[] = {"8.8.8.8", "172.32.0.1", "100.128.0.1",
			"2a00::1", "2001:db9::1", "192.0.1.1"};
	static const char *const apart[] = {"10.1.1.1", "172.16.0.1",
			"192.168.255.1", "127.0.0.1", "169.254.1.1", "100.64.0.1",
			"0.0.0.0", "224.0.0.1", "255.255.255.255", "::1", "::", "fe80::1",
			"fc00::1", "fd12::1", "ff02::1", "2001:db8::1", "::ffff:10.0.0.1"};
	address_t address;
	str text;
	int i;

	for(i = 0; i < ROWS(global); i++) {
		text = text_of(global[i]);
		ck_assert(address_read(&text, &address));
		ck_assert_msg(address_is_global(&address), "%s", global[i]);
	}
	for(i = 0; i < ROWS(apart); i++) {
		text = text_of(apart[i]);
		ck_assert(address_read(&text, &address));
		ck_assert_msg(!address_is_global(&address), "%s", apart[i]);
	}
}
END_TEST

Suite *suite_network(void)
{
	Suite *suite = suite_create("network");
	TCase *tc = new_tcase("network");

	tcase_add_loop_test(tc, knows_what_is_in_a_network, 0, ROWS(prefixes));
	tcase_add_test(tc, refuses_what_is_no_network);
	tcase_add_test(tc, knows_which_addresses_are_public);
	suite_add_tcase(suite, tc);
	return suite;
}
