/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "dialplan/function.h"
#include "suites.h"
#include "support.h"

/* -- a request ------------------------------------------------------------ */

static int values(void *context, const subject_t *subject, arena_t *arena,
		const str **values_)
{
	static const str from =
			str_init("\"A, B\" <sip:bob:pw@Ours.example:5070;x=1>;tag=1");
	static const str contact = str_init("<sip:100@10.1.2.3:5062>");
	static const str line = str_init("INVITE sip:7@[2001:db8::1] SIP/2.0");
	static const str addr = str_init("172.17.0.1");

	(void)arena;
	(void)context;
	switch(subject->kind) {
		case SUBJECT_ADDR:
			*values_ = &addr;
			return 1;
		case SUBJECT_REQUEST:
			*values_ = &line;
			return 1;
		default:
			break;
	}
	if(subject->name.len == 4 && memcmp(subject->name.s, "From", 4) == 0) {
		*values_ = &from;
		return 1;
	}
	if(subject->name.len == 7 && subject->name.s[0] == 'C') {
		*values_ = &contact;
		return 1;
	}
	return subject->name.s[0] == 'Z' ? SOURCE_UNKNOWN : 0;
}

static int is_own(void *context, const str *host, int port)
{
	(void)context;
	return (port == 0 || port == 5070) && host->len == 12
		   && (host->s[0] == 'O' || host->s[0] == 'o');
}

static int is_registered(void *context, const str *uri)
{
	(void)context;
	return memcmp(uri->s, "sip:7@", 6) == 0;
}

static const struct
{
	const char *text, *expected; /* NULL: unknown */
} calls[] = {
		{"$addrPrefix(\"172.16.0.0/12\")", "true"},
		{"$addrPrefix(\"172.16.0.0/12\", $addr)", "true"},
		{"$addrPrefix(\"10.0.0.0/8\")", "false"},
		{"$addrPrefix(\"10.0.0.0/8\", $geturi(Contact))", "true"},
		{"$addrPrefix(\"10.0.0.0/8\", Contact)", "true"},
		{"$addrPrefix(\"2001:db8::/32\", $request)", "true"},
		{"$addrPrefix(\"10.0.0.0/8\", From)", "false"},
		{"$addrPrefix(\"10.0.0.0/8\", To)", "false"},
		{"$addrPrefix(\"10.0.0.0/8\", \"10.0.0.1\")", "true"},
		{"$addrRange(\"172.17.0.1\", \"172.17.0.1\")", "true"},
		{"$addrRange(\"172.17.0.2\", \"172.17.0.9\")", "false"},
		{"$addrRange(\"10.0.0.0\", \"172.17.0.0\")", "false"},
		{"$addrRange(\"10.0.0.0\", \"11.0.0.0\", Contact)", "true"},
		{"$globalAddr($addr)", "false"},
		{"$globalAddr(\"8.8.8.8\")", "true"},
		{"$globalAddr(\"sip:a@8.8.8.8:5060\")", "true"},
		{"$globalAddr(\"[2a00::1]:5060\")", "true"},
		{"$globalAddr(\"gw.example.com\")", "false"},
		{"$globalAddr(To)", "false"},
		{"$geturi(From)", "sip:bob:pw@Ours.example:5070;x=1"},
		{"$geturi($request)", "sip:7@[2001:db8::1]"},
		{"$geturi(\"sip:a@b;user=phone\")", "sip:a@b;user=phone"},
		{"$geturi(To)", ""},
		{"$getSIPuser(From)", "bob"},
		{"$getSIPuser($request)", "7"},
		{"$getSIPuser(\"tel:+1555;rn=2\")", "+1555;rn=2"},
		{"$getSIPuser(To)", ""},
		{"$localhost(From)", "true"},
		{"$outbound(From)", "false"},
		{"$localhost(Contact)", "false"},
		{"$outbound(Contact)", "true"},
		{"$localhost(\"ours.example\")", "true"},
		{"$localhost(\"ours.example:5070\")", "true"},
		{"$localhost(\"ours.example:5071\")", "false"},
		{"$localhost(To)", "false"},
		{"$outbound(To)", "false"},
		{"$outbound(\"no host\")", "false"},
		{"$registered", "true"},
		{"$registered(From)", "false"},
		{"$registered(To)", "false"},
		{"$registered($geturi($request))", "true"},
		{"$getSIPuser(Zz)", NULL},
		{"$registered(Zz)", NULL},
};

START_TEST(works_out_its_value)
{
	function_world_t world = {.source = {.values = values},
			.is_own = is_own,
			.is_registered = is_registered};
	str text = exact(calls[_i].text, (int)strlen(calls[_i].text));
	fragment_t fragment = fragment_of(&text);
	arena_t *arena = small_arena();
	const str *found;
	collector_t collector;
	subject_t subject;
	char shown[128] = "";
	int count;

	collector_init(&collector);
	ck_assert_msg(
			subject_parse(&fragment, &subject, &collector.diagnostics) == 0,
			"%s", collector.text);
	ck_assert(subject_is_function(subject.kind));
	count = function_values(&world, &subject, arena, &found);
	if(calls[_i].expected == NULL) {
		ck_assert_int_eq(count, SOURCE_UNKNOWN);
	} else {
		ck_assert_int_eq(count, 1);
		print(shown, sizeof(shown), "%.*s", STR_FMT(found));
		expect_same(calls[_i].text, shown, calls[_i].expected);
	}
	arena_destroy(arena);
	exact_free(&text);
}
END_TEST

Suite *suite_function(void)
{
	Suite *suite = suite_create("function");
	TCase *tc = new_tcase("function");

	tcase_add_loop_test(tc, works_out_its_value, 0, ROWS(calls));
	suite_add_tcase(suite, tc);
	return suite;
}
