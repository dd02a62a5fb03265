/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <string.h>

#include "dialplan/subject.h"
#include "suites.h"
#include "support.h"

#define NO_HEADER \
	"] is no name of a header: From, $request or $pv($fU) would be right"
#define NO_FUNCTION                                                         \
	"] is not known here: $request, $addr, $port, $transport, $localhost, " \
	"$outbound, $registered, $date, $time, or a pseudo-variable as in "     \
	"$pv($fU), would "                                                      \
	"be right"
#define NO_NAME                                                           \
	"] is no name: letters, digits, dots, dashes and underscores behind " \
	"the & would be right"
#define NO_DOLLAR                                                        \
	"]: a pseudo-variable begins with a dollar sign: $pv($fU) would be " \
	"right"
#define NO_BRACKET \
	"]: the bracket behind $pv closes at the end: $pv($fU) would be right"

/* -- the kinds ------------------------------------------------------------ */

static const struct
{
	const char *text;
	const char *expected; /* as describe_subject() has it; NULL: refused */
	const char *errors;
} subjects[] = {
		{"From", "From", ""},
		{"from", "from", ""},
		{"f", "From", ""},
		{"T", "To", ""},
		{"X-Any.Thing!", "X-Any.Thing!", ""},
		{"Call-ID", "Call-ID", ""},
		{"$request", "$request", ""},
		{"$REQUEST", "$request", ""},
		{"$addr", "$addr", ""},
		{"$port", "$port", ""},
		{"$Transport", "$transport", ""},
		{"$localhost", "$localhost", ""},
		{"$outbound", "$outbound", ""},
		{"$date", "$date", ""},
		{"$time", "$time", ""},
		{"&seg", "&seg", ""},
		{"&failover.x-y_Z.9", "&failover.x-y_Z.9", ""},
		{"$pv($fU)", "$pv($fU)", ""},
		{"$PV($fU)", "$pv($fU)", ""},
		{"$pv($xavp(a=>b))", "$pv($xavp(a=>b))", ""},
		{"$pv($(ru{uri.user}))", "$pv($(ru{uri.user}))", ""},
		{"$pv($sht(a=>$rU))", "$pv($sht(a=>$rU))", ""},
		{"$pv($hdr(X=Y))", "$pv($hdr(X=Y))", ""},
		{"$pv(fU)", NULL, "1:5 [$pv(fU)" NO_DOLLAR},
		{"$pv()", NULL, "1:5 [$pv()" NO_DOLLAR},
		{"$pv($)", NULL, "1:5 [$pv($)" NO_DOLLAR},
		{"$pv( $fU)", NULL, "1:5 [$pv( $fU)" NO_DOLLAR},
		{"$pv($fU", NULL, "1:1 [$pv($fU" NO_BRACKET},
		{"$pv($fU) x", NULL, "1:1 [$pv($fU) x" NO_BRACKET},
		{"$pv($fU))", NULL, "1:1 [$pv($fU))" NO_BRACKET},
		{"$pv($sht(a=>b)", NULL, "1:1 [$pv($sht(a=>b)" NO_BRACKET},
		{"$pv", NULL, "1:1 [$pv" NO_FUNCTION},
		{"$", NULL, "1:1 [$" NO_FUNCTION},
		{"$fU", NULL, "1:1 [$fU] is a pseudo-variable: write $pv($fU)"},
		{"$hdr(X)", NULL,
				"1:1 [$hdr(X)] is a pseudo-variable: write $pv($hdr(X))"},
		{"$(hdr(X)[0])", NULL,
				"1:1 [$(hdr(X)[0])] is a pseudo-variable: write "
				"$pv($(hdr(X)[0]))"},
		{"$FU", NULL, "1:1 [$FU" NO_FUNCTION},
		{"$(", NULL, "1:1 [$(" NO_FUNCTION},
		{"$avp(x", NULL, "1:1 [$avp(x" NO_FUNCTION},
		{"$From", NULL,
				"1:1 [$From] is not known here: the header is From, without $"},
		{"$reqest", NULL,
				"1:1 [$reqest] is not known here: was $request meant? Else "
				"$request, $addr, $port, ..."},
		{"$trasnport", NULL,
				"1:1 [$trasnport] is not known here: was $transport meant? "
				"..."},
		{"$geturi(From)", "$geturi(X)", ""},
		{"$geturi( to )", "$geturi(X)", ""},
		{"$GetSIPuser(From)", "$getSIPuser(X)", ""},
		{"$getuser(From)", NULL,
				"1:1 [$getuser(From)] is not known here: write "
				"$getSIPuser(From), or $getSIPuser(To)"},
		{"$registered", "$registered", ""},
		{"$registered( From )", "$registered(X)", ""},
		{"$Registered (From)", "$registered(X)", ""},
		{"$localhost(From)", "$localhost(X)", ""},
		{"$localhost(\"a.example.com\")", "$localhost(X)", ""},
		{"$outbound($request)", "$outbound", ""},
		{"$outbound(\"sip:a@b\")", "$outbound(X)", ""},
		{"$addrprefix(\"172.16.0.0/12\")", "$addrPrefix(...)", ""},
		{"$addrPrefix(\"2001:db8::/32\", $addr)", "$addrPrefix(...)", ""},
		{"$addrPrefix(\"10.0.0.0/8\", $geturi(Contact))", "$addrPrefix(...)",
				""},
		{"$addrPrefix(\"10.0.0.0/33\")", NULL,
				"1:1 [$addrPrefix(\"10.0.0.0/33\")]: the first argument is no "
				"network: ..."},
		{"$addrPrefix(10.0.0.0/8)", NULL,
				"1:13 [10.0.0.0/8] is no argument: the name of a header, ..."},
		{"$addrPrefix(\"10.0.0.0/8\", $addr, x)", NULL,
				"1:13 [\"10.0.0.0/8\", $addr, x]: $addrPrefix(..."},
		{"$addrPrefix", NULL,
				"1:1 [$addrPrefix]: it has its arguments in brackets behind "
				"it: ..."},
		{"$addrRange(\"10.1.1.0\",\"10.1.2.0\")", "$addrRange(...)", ""},
		{"$addrRange(\"10.1.2.0\",\"10.1.1.0\")", NULL,
				"1:1 [...]: these are no two addresses of one family, ..."},
		{"$addrRange(\"10.1.2.0\",\"::1\")", NULL,
				"1:1 [...]: these are no two addresses of one family, ..."},
		{"$addrRange(\"10.1.2.0\")", NULL,
				"1:12 [\"10.1.2.0\"]: $addrRange(..."},
		{"$globaladdr($addr)", "$globalAddr(X)", ""},
		{"$globalAddr(\"%1\")", NULL,
				"1:13 [\"%1\"]: what a condition has caught cannot stand in an "
				"argument here: ..."},
		{"$globalAddr()", NULL, "1:13 []: true if X is, ..."},
		{"&net.sip.x", NULL,
				"1:1 [&net.sip.x] is a setting of that server, and none here: "
				"..."},
		{"&&x", NULL,
				"1:1 [&&x]: a variable of the whole server is $pv($shv(name)) "
				"here"},
		{"$request()", NULL,
				"1:1 [$request()] is not known here: was $request meant? ..."},
		{"$svkdialplan.calleeexists", NULL,
				"1:1 [$svkdialplan.calleeexists] is not known here: let the "
				"script find it out and put it into "
				"$xavp(failover=>calleeexists), and write &calleeexists"},
		{"$a.b.c-d(\"%1\")", NULL,
				"1:1 [$a.b.c-d(\"%1\")] is not known here: let the script find "
				"it out and put it into $xavp(failover=>c-d), and write &c-d"},
		{"$isbusy(x)", NULL,
				"1:1 [$isbusy(x)] is not known here: let the script find it "
				"out "
				"and put it into $xavp(failover=>isbusy), and write &isbusy"},
		{"$plugin.", NULL, "1:1 [$plugin." NO_FUNCTION},
		{"$plugin(x", NULL, "1:1 [$plugin(x" NO_FUNCTION},
		{"&", NULL, "1:1 [&" NO_NAME},
		{"&a b", NULL, "1:1 [&a b" NO_NAME},
		{"&a=>b", NULL, "1:1 [&a=>b" NO_NAME},
		{"&a(b)", NULL, "1:1 [&a(b)" NO_NAME},
		{"&\xc3\xa4", NULL, "1:1 [&\xc3\xa4" NO_NAME},
		{"X Y", NULL, "1:1 [X Y" NO_HEADER},
		{"From(1)", NULL, "1:1 [From(1)" NO_HEADER},
		{"\"From\"", NULL, "1:1 [\"From\"" NO_HEADER},
		{"[From", NULL, "1:1 [[From" NO_HEADER},
};

START_TEST(reads_a_left_hand_side)
{
	str text = exact(subjects[_i].text, (int)strlen(subjects[_i].text));
	fragment_t fragment = fragment_of(&text);
	collector_t collector;
	subject_t subject;
	char found[128] = "";
	int result;

	memset(&subject, 0xff, sizeof(subject));
	collector_init(&collector);
	result = subject_parse(&fragment, &subject, &collector.diagnostics);
	expect_reported(subjects[_i].text, &collector, subjects[_i].errors);
	ck_assert_int_eq(result, subjects[_i].expected == NULL ? -1 : 0);
	if(result == 0) {
		describe_subject(&subject, found, sizeof(found));
		expect_same(subjects[_i].text, found, subjects[_i].expected);
		ck_assert_ptr_eq(subject.where.text.s, text.s);
		ck_assert_int_eq(subject.where.text.len, text.len);
	}
	exact_free(&text);
}
END_TEST

/* -- functions that only the Brekeke server has --------------------------- */

/* Every function that the vendor's pages use in a condition, with arguments and
 * without. */
static const char *const foreign[] = {"$addrPort", "$addrType", "$alias",
		"$alias(To)", "$alias.lookup(\"%1\")", "$alias.reverse(\"%1\")",
		"$and(a,b)", "$auth", "$body", "$getDisplayName(From)",
		"$getuser(From)", "$ifdst", "$ifsrc", "$math.dec(1)",
		"$math.inc($getSIPuser(To))", "$math.range(\"1\",\"5\",To)",
		"$mydomain", "$not(x)", "$or(a,b)", "$param(Via,\"branch\")",
		"$pbx.src", "$pbx.precheck", "$pn.user(x)", "$regaddr",
		"$registeredaddr", "$regUri(\"bob\")", "$sid", "$soapget(x)",
		"$str.lowercase(User-Agent)", "$usrdir.lookup(\"mike\")", "$webget(x)",
		"$useragent"};

START_TEST(says_what_to_write_instead)
{
	str text = exact(foreign[_i], (int)strlen(foreign[_i]));
	fragment_t fragment = fragment_of(&text);
	collector_t collector;
	subject_t subject;
	char expected[256] = "";

	collector_init(&collector);
	ck_assert_int_eq(
			subject_parse(&fragment, &subject, &collector.diagnostics), -1);
	print(expected, sizeof(expected), "1:1 [%s] is not known here: ...",
			foreign[_i]);
	expect_reported(foreign[_i], &collector, expected);
	exact_free(&text);
}
END_TEST

/* For $alias and $param, the message names the $pv(...) to write instead. */
START_TEST(names_the_pseudo_variable)
{
	static const char *const functions[] = {"$param(Via,\"x\")",
			"$alias.lookup(\"%1\")", "$alias.reverse(\"%1\")", "$alias(x)"};
	int i;

	for(i = 0; i < ROWS(functions); i++) {
		str text = exact(functions[i], (int)strlen(functions[i]));
		fragment_t fragment = fragment_of(&text);
		collector_t collector;
		subject_t subject;
		const char *pv;

		collector_init(&collector);
		subject_parse(&fragment, &subject, &collector.diagnostics);
		pv = strstr(collector.text, "write $pv($");
		ck_assert_msg(pv != NULL, "%s", collector.text);
		exact_free(&text);
	}
}
END_TEST

/* -- the end of a subject ------------------------------------------------- */

static const struct
{
	const char *line;
	int expected;
} lines[] = {
		{"From = x", 5},
		{"From=x=y", 4},
		{"=", 0},
		{"", -1},
		{"From", -1},
		{"$pv($xavp(a=>b)) = x", 17},
		{"$pv($xavp(a=>b))=x=>y", 16},
		{"$pv($xavp(a=>b) = x", 11},
		{"$pv((((=", 7},
		{")From = x", 6},
		{"From = (a=b)", 5},
		{"$alias.lookup(\"a=b\") = (.+)", 21},
};

START_TEST(ends_at_its_equals_sign)
{
	str text = exact(lines[_i].line, (int)strlen(lines[_i].line));
	fragment_t line = fragment_of(&text);

	ck_assert_msg(subject_end(&line) == lines[_i].expected, "%s: %d",
			lines[_i].line, subject_end(&line));
	exact_free(&text);
}
END_TEST

/* -- keys ----------------------------------------------------------------- */

static const struct
{
	const char *a, *b;
	bool is_same;
} keys[] = {
		{"From", "FROM", true},
		{"From", "f", true},
		{"From", "To", false},
		{"$request", "$REQUEST", true},
		{"$request", "$addr", false},
		{"&seg", "&seg", true},
		{"&seg", "&Seg", false},
		{"seg", "&seg", false},
		{"$pv($fU)", "$PV($fU)", true},
		{"$pv($fU)", "$pv($fu)", false},
		{"&x", "$pv($x)", false},
		{"$date", "$time", false},
};

static str key_of(const char *written, arena_t *arena)
{
	str text = {(char *)written, (int)strlen(written)};
	fragment_t fragment = fragment_of(&text);
	diagnostics_t diagnostics = {0};
	subject_t subject;
	str key;

	ck_assert_int_eq(subject_parse(&fragment, &subject, &diagnostics), 0);
	ck_assert_int_eq(subject_key(&subject, arena, &key), 0);
	return key;
}

START_TEST(has_a_key)
{
	arena_t *arena = small_arena();
	str a = key_of(keys[_i].a, arena);
	str b = key_of(keys[_i].b, arena);

	ck_assert_msg(str_equal(&a, &b) == keys[_i].is_same, "%s %s", keys[_i].a,
			keys[_i].b);
	arena_destroy(arena);
}
END_TEST

START_TEST(has_no_key_without_memory)
{
	arena_t *arena = small_arena();
	subject_t subject = {.kind = SUBJECT_REQUEST};
	str key;

	counting_fail_at(1);
	ck_assert_int_eq(subject_key(&subject, arena, &key), -1);
	counting_fail_at(0);
	arena_destroy(arena);
}
END_TEST

/* -- the table ------------------------------------------------------------ */

START_TEST(explains_each_kind)
{
	const subject_row_t *row = &subject_table()[_i];

	ck_assert_ptr_nonnull(row->explanation);
	ck_assert_uint_gt(strlen(row->explanation), 10);
	ck_assert_ptr_null(strchr(row->explanation, '\n'));
	ck_assert_int_eq(row->name == NULL, _i == SUBJECT_HEADER);
}
END_TEST

/* -- variables, dates and times ------------------------------------------- */

static const struct
{
	const char *text;
	const char *expected; /* NULL: refused */
} variables[] = {
		{"$rtp", "rtp"},
		{"&seg", "seg"},
		{"$a.b-c_D9", "a.b-c_D9"},
		{"$0", "0"},
		{"$", NULL},
		{"&", NULL},
		{"$a b", NULL},
		{"$(a)", NULL},
		{"&a[0]", NULL},
		{"$a:b", NULL},
		{"$a/b", NULL},
		{"$$", NULL},
};

START_TEST(reads_the_name_of_a_variable)
{
	str text = exact(variables[_i].text, (int)strlen(variables[_i].text));
	fragment_t fragment = fragment_of(&text);
	collector_t collector;
	char expected[256] = "";
	str name = {NULL, -1};
	int result;

	collector_init(&collector);
	result = subject_read_variable(&fragment, &name, &collector.diagnostics);
	ck_assert_int_eq(result, variables[_i].expected == NULL ? -1 : 0);
	if(result < 0)
		print(expected, sizeof(expected),
				"1:1 [%s] is no name: letters, digits, dots, dashes and "
				"underscores behind the %c would be right",
				variables[_i].text, variables[_i].text[0]);
	else
		ck_assert_msg(name.len == (int)strlen(variables[_i].expected)
							  && name.s == text.s + 1,
				"%s", variables[_i].text);
	expect_reported(variables[_i].text, &collector, expected);
	exact_free(&text);
}
END_TEST

static const struct
{
	const char *text;
	bool is_date, is_time;
} instants[] = {
		{"2026/08/24", true, false},
		{"0000/00/00", true, false},
		{"12:34:56", false, true},
		{"00:00:00", false, true},
		{"2026-08-24", false, false},
		{"2026/8/24", false, false},
		{"26/08/24", false, false},
		{"2026/08/2x", false, false},
		{"2026/08/245", false, false},
		{"12:34", false, false},
		{"12.34.56", false, false},
		{"1a:34:56", false, false},
		{"", false, false},
		{"12:34:5", false, false},
};

START_TEST(knows_dates_and_times)
{
	str text = exact(instants[_i].text, (int)strlen(instants[_i].text));

	ck_assert_int_eq(subject_is_date(&text), instants[_i].is_date);
	ck_assert_int_eq(subject_is_time(&text), instants[_i].is_time);
	exact_free(&text);
}
END_TEST

Suite *suite_subject(void)
{
	Suite *suite = suite_create("subject");
	TCase *tc = new_tcase("subject");

	tcase_add_loop_test(tc, reads_a_left_hand_side, 0, ROWS(subjects));
	tcase_add_loop_test(tc, says_what_to_write_instead, 0, ROWS(foreign));
	tcase_add_test(tc, names_the_pseudo_variable);
	tcase_add_loop_test(tc, ends_at_its_equals_sign, 0, ROWS(lines));
	tcase_add_loop_test(tc, has_a_key, 0, ROWS(keys));
	tcase_add_test(tc, has_no_key_without_memory);
	tcase_add_loop_test(tc, explains_each_kind, 0, SUBJECT_KINDS);
	tcase_add_loop_test(tc, reads_the_name_of_a_variable, 0, ROWS(variables));
	tcase_add_loop_test(tc, knows_dates_and_times, 0, ROWS(instants));
	suite_add_tcase(suite, tc);
	return suite;
}
