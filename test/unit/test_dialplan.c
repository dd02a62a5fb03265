/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which rules of a plan apply to a request. Every search is done with the index
 * and rule by rule, and both must have the same result. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dialplan/dialplan.h"
#include "suites.h"
#include "support.h"

#define MATCH "[Matching Patterns]\n"
#define PLAN "[Deploy Patterns]\n"
#define GO_ON "$continue = true\n"
#define GO_ON_RULE PLAN GO_ON

#define REQUEST                                                        \
	"$request: INVITE sip:9555@example.com SIP/2.0\nFrom: "            \
	"<sip:105@example.com>;tag=1\nTo: <sip:9555@example.com>\n$addr: " \
	"10.1.2.3\n$port: 5060\n$transport: UDP\n$localhost: true\n"       \
	"$outbound: false\n$date: 2026/08/24\n$time: 17:30:05\n"

#define A10 "aaaaaaaaaa"
#define A100 A10 A10 A10 A10 A10 A10 A10 A10 A10 A10

static const struct
{
	const char *title, *plan, *request;
	const char *
			expected; /* for each rule that applies: its number, from 0, and its
						   * groups in brackets, with a | after each group */
} matches[] = {
		/* order */
		{"no rule", "", REQUEST, ""},
		{"a rule without conditions", PLAN, REQUEST, "0"},
		{"a rule without conditions, an empty request", PLAN, "", "0"},
		{"the first of two", PLAN PLAN, REQUEST, "0"},
		{"the first that matches",
				MATCH "From = zz\n" PLAN MATCH "From = 105\n" PLAN MATCH
					  "From = 10\n" PLAN,
				REQUEST, "1"},
		{"none matches", MATCH "From = zz\n" PLAN MATCH "From = zy\n" PLAN,
				REQUEST, ""},
		{"a rule without conditions is the last",
				MATCH "From = zz\n" PLAN PLAN MATCH "From = 105\n" PLAN,
				REQUEST, "1"},
		{"no condition in the section", MATCH PLAN, REQUEST, "0"},

		/* functions */
		{"a network", MATCH "$addrPrefix(\"10.1.0.0/16\") = true\n" PLAN,
				REQUEST, "0"},
		{"another one", MATCH "$addrPrefix(\"10.2.0.0/16\") = true\n" PLAN,
				REQUEST, ""},
		{"no network of the address",
				MATCH "$addrPrefix(\"10.2.0.0/16\") = false\n" PLAN MATCH
					  "$addrPrefix(\"10.2.0.0/16\") = !true\n" PLAN,
				REQUEST, "0"},
		{"networks: the other way round",
				MATCH "$addrPrefix(\"10.2.0.0/16\") = !true\n" PLAN, REQUEST,
				"0"},
		{"a range, which is not all of its network",
				MATCH
				"$addrRange(\"10.1.2.4\", \"10.1.2.9\") = true\n" PLAN MATCH
				"$addrRange(\"10.1.2.0\", \"10.1.2.3\") = true\n" PLAN,
				REQUEST, "1"},
		{"networks of what is no address, or not known",
				MATCH "$addrPrefix(\"0.0.0.0/0\", From) = true\n" PLAN MATCH
					  "$addrPrefix(\"::/0\", Via) = true\n" PLAN PLAN,
				"$addr: 10.1.2.3\nFrom: <sip:100@example.com>\nVia?", "2"},
		{"the address in a header",
				MATCH "$addrPrefix(\"2001:db8::/33\", $geturi(Contact)) = "
					  "true\n" PLAN,
				"Contact: <sip:[2001:db8:7fff::1]:5060>", "0"},
		{"a value with the name of the function",
				MATCH "$addrPrefix(\"10.2.0.0/16\") = true\n" PLAN,
				"$addrPrefix(...): true\n$addr?", "0"},

		/* captures in the arguments of functions */
		{"a capture in an argument",
				MATCH
				"To = sip:(.+)@\n$registered(\"sip:%1@h\") = (true)\n" PLAN,
				"To: <sip:100@example.com>\nregistered: sip:100@h",
				"0(100|true|)"},
		{"each rule has its own capture",
				MATCH
				"To = sip:(.)\n$registered(\"sip:%1@h\") = true\n" PLAN MATCH
				"From = sip:(.)\n$registered(\"sip:%1@h\") = true\n" PLAN,
				"To: <sip:1@h>\nFrom: <sip:2@h>\nregistered: sip:2@h", "1(2|)"},
		{"the second one, a percent sign, and a condition between",
				MATCH "To = sip:(.)(.+)@\nTo = 9\n"
					  "$getSIPuser(\"sip:%2%%41@h\") = (.+)\n" PLAN,
				"To: <sip:9x@h>", "0(9|x|x%41|)"},
		{"a whole text", MATCH "To = @(.+)>\n$localhost(\"%1\") = true\n" PLAN,
				"To: <sip:9x@ours.example>\nown: ours.example",
				"0(ours.example|)"},
		{"an address that was caught",
				MATCH
				"X-A = (.+)\n$addrPrefix(\"10.0.0.0/8\", \"%1\") = true\n" PLAN,
				"X-A: 10.9.9.9", "0(10.9.9.9|)"},
		{"the capture of a negated condition is empty",
				MATCH "To = !(x)\n$getSIPuser(\"sip:%1@h\") = ^$\n" PLAN,
				"To: y", "0(|)"},
		{"blanks, commas, quotes, brackets and an @ are escaped in a user part",
				MATCH "X-A = (.+)\n$getSIPuser(\"sip:%1@h\") = (.+)\n" PLAN,
				"X-A: a b,c\"d(e)@evil{f;x",
				"0(a b,c\"d(e)@evil{f;x|"
				"a%20b,c%22d(e)%40evil%7Bf;x|)"},
		/* conditions */
		{"all conditions must hold", MATCH "From = 105\nTo = 9555\n" PLAN,
				REQUEST, "0"},
		{"the first condition does not hold",
				MATCH "From = 106\nTo = 9555\n" PLAN, REQUEST, ""},
		{"the last condition does not hold",
				MATCH "From = 105\nTo = 9556\n" PLAN, REQUEST, ""},
		{"T47: negated, and it matches", MATCH "From = !sip:10[0-9]@\n" PLAN,
				"From: <sip:105@h>", ""},
		{"T47: negated, and it does not", MATCH "From = !sip:10[0-9]@\n" PLAN,
				"From: <sip:200@h>", "0"},
		{"a search", MATCH "$request = sip:9\n" PLAN, REQUEST, "0"},
		{"anchored", MATCH "$request = ^sip:9\n" PLAN, REQUEST, ""},
		{"case counts", MATCH "$request = ^invite\n" PLAN, REQUEST, ""},
		{"case does not matter with (?i)",
				MATCH "$request = (?i)^invite\n" PLAN, REQUEST, "0"},
		{"of each kind",
				MATCH "$addr = ^10\\.1\\.\n$port = ^5060$\n$transport = UDP\n"
					  "$localhost = true\n$outbound = false\n"
					  "$date = ^2026/08/2\n$time = ^1[78]:\n" PLAN,
				REQUEST, "0"},
		{"a header by its compact form", MATCH "f = 105\n" PLAN, REQUEST, "0"},
		{"a compact form in the request", MATCH "From = 105\n" PLAN,
				"f: <sip:105@h>", "0"},

		/* absent */
		{"an absent header is empty", MATCH "X-A = ^$\n" PLAN, REQUEST, "0"},
		{"an absent header has no characters", MATCH "X-A = .\n" PLAN, REQUEST,
				""},
		{"negated", MATCH "X-A = !.\n" PLAN, REQUEST, "0"},
		{"an empty header", MATCH "X-A = ^$\n" PLAN, "X-A: ", "0"},
		{"an empty pseudo-variable", MATCH "$pv($avp(a)) = ^$\n" PLAN, REQUEST,
				"0"},
		{"an empty variable", MATCH "&seg = ^$\n" PLAN, REQUEST, "0"},
		{"a group of an absent header", MATCH "X-A = (.*)\n" PLAN, REQUEST,
				"0(|)"},

		/* several values */
		{"the first of several values matches", MATCH "X-A = a(.)\n" PLAN,
				"X-A: a1\nX-A: b", "0(1|)"},
		{"the last of several values matches", MATCH "X-A = a(.)\n" PLAN,
				"X-A: b\nX-A: c\nX-A: a3", "0(3|)"},
		{"the first value that matches counts", MATCH "X-A = a(.)\n" PLAN,
				"X-A: b\nX-A: a2\nX-A: a3", "0(2|)"},
		{"none of several values matches", MATCH "X-A = a(.)\n" PLAN,
				"X-A: b\nX-A: c", ""},
		{"negated: none may match", MATCH "X-A = !a\n" PLAN, "X-A: b\nX-A: a",
				""},
		{"negated: none does", MATCH "X-A = !a\n" PLAN, "X-A: b\nX-A: c", "0"},
		{"two conditions may hold for two values",
				MATCH "X-A = a(.)\nX-A = b(.)\n" PLAN, "X-A: b1\nX-A: a2",
				"0(2|1|)"},
		{"a value is one value: two headers are not joined",
				MATCH "X-A = a.*b\n" PLAN, "X-A: a\nX-A: b", ""},

		/* what is not known */
		{"not known", MATCH "X-A = .*\n" PLAN, "X-A?", ""},
		{"nor negated", MATCH "X-A = !a\n" PLAN, "X-A?", ""},
		{"the rule after an unknown value is tried",
				MATCH "X-A = .*\n" PLAN PLAN, "X-A?", "1"},
		{"a literal in an unknown value", MATCH "X-A = abcdef\n" PLAN PLAN,
				"X-A?", "1"},

		/* groups */
		{"groups", MATCH "$request = sip:(9)(.+)@\n" PLAN, REQUEST,
				"0(9|555|)"},
		{"the groups of several conditions",
				MATCH "$request = sip:9(.+)@\nFrom = "
					  "sip:(.)(..)@\n" PLAN,
				REQUEST, "0(555|1|05|)"},
		{"T44: two groups on two lines",
				MATCH "$request = sip:9(.+)@\nFrom = sip:(.+)@\n" PLAN, REQUEST,
				"0(555|105|)"},
		{"a group that took no part", MATCH "From = (x)|(105)\nTo = (9)\n" PLAN,
				REQUEST, "0(|105|9|)"},
		{"the groups of a negated condition",
				MATCH "From = (10)\nTo = !(x)(y)\n$addr = ^(..)\n" PLAN,
				REQUEST, "0(10|||10|)"},
		{"one condition twice", MATCH "From = 1(.)\nFrom = 1(.)\n" PLAN,
				REQUEST, "0(0|0|)"},
		{"one condition in two rules",
				MATCH "From = 1(.)\nTo = zz\n" PLAN MATCH "To = (9)\n"
					  "From = 1(.)\n" PLAN,
				REQUEST, "1(9|0|)"},
		{"an empty group", MATCH "From = (x*)105\n" PLAN, REQUEST, "0(|)"},

		/* $continue */
		{"T46: without $continue the first one only", PLAN PLAN, REQUEST, "0"},
		{"$continue: the search goes on", PLAN GO_ON PLAN PLAN, REQUEST, "0 1"},
		{"to the end", PLAN GO_ON PLAN GO_ON, REQUEST, "0 1"},
		{"$continue: rules that do not match are passed over",
				PLAN GO_ON MATCH "From = zz\n" PLAN MATCH
								 "From = 1(.)\n" PLAN GO_ON MATCH
								 "From = zy\n" PLAN GO_ON,
				REQUEST, "0 2(0|)"},
		{"$continue = false", PLAN "$continue = false\n" PLAN, REQUEST, "0"},
		{"$continue: each rule has its own groups",
				MATCH "From = (1)(0)\n" PLAN GO_ON MATCH "From = 10(.)\n" PLAN,
				REQUEST, "0(1|0|) 1(5|)"},
		{"$continue: many rules apply",
				PLAN GO_ON PLAN GO_ON PLAN GO_ON PLAN GO_ON PLAN GO_ON PLAN
						GO_ON PLAN GO_ON PLAN GO_ON PLAN GO_ON PLAN,
				REQUEST, "0 1 2 3 4 5 6 7 8 9"},

		/* variables */
		{"a variable of the script", MATCH "&seg = ^gold$\n" PLAN, "&seg: gold",
				"0"},
		{"a variable of a rule above",
				PLAN GO_ON "$seg = gold\n" MATCH "&seg = ^gold$\n" PLAN,
				REQUEST, "0 1"},
		{"as & as well",
				PLAN GO_ON "&seg = gold\n" MATCH "&seg = ^gold$\n" PLAN,
				REQUEST, "0 1"},
		{"a variable of a rule below",
				MATCH "&seg = gold\n" PLAN PLAN GO_ON "$seg = gold\n", REQUEST,
				"1"},
		{"a variable of a rule that does not apply",
				MATCH "From = zz\n" PLAN GO_ON "$seg = gold\n" MATCH
					  "&seg = gold\n" PLAN,
				REQUEST, ""},
		{"a variable of the rule itself",
				MATCH "&seg = gold\n" PLAN GO_ON "$seg = gold\n", REQUEST, ""},
		{"a rule's hides the script's",
				PLAN GO_ON "$seg = gold\n" MATCH "&seg = iron\n" PLAN MATCH
						   "&seg = gold\n" PLAN,
				"&seg: iron", "0 2"},
		{"an empty variable overrides the script's",
				PLAN GO_ON "$seg =\n" MATCH "&seg = iron\n" PLAN MATCH
						   "&seg = ^$\n" PLAN,
				"&seg: iron", "0 2"},
		{"the last assignment counts",
				PLAN GO_ON "$seg = gold\n" PLAN GO_ON "$seg = iron\n" MATCH
						   "&seg = gold\n" PLAN MATCH "&seg = iron\n" PLAN,
				REQUEST, "0 1 3"},
		{"a variable before and after its assignment",
				MATCH "&seg = silver\n" PLAN GO_ON MATCH
					  "&seg = iron\n" PLAN GO_ON "$seg = silver\n" MATCH
					  "&seg = iron\n" PLAN GO_ON MATCH "&seg = silver\n" PLAN,
				"&seg: iron", "1 3"},
		{"a variable with groups in its value",
				MATCH "From = 1(.)(.)\n" PLAN GO_ON "$seg = <%2%1>\n" MATCH
					  "&seg = ^<(5)(.)>$\n" PLAN,
				REQUEST, "0(0|5|) 1(5|0|)"},
		{"groups of such a variable",
				MATCH "From = 1(.)5\n" PLAN GO_ON "$seg = a%1\n" MATCH
					  "&seg = (a)(.)\n" PLAN GO_ON "$seg = b%2%1\n" MATCH
					  "&seg = ^b(.*)$\n" PLAN,
				REQUEST, "0(0|) 1(a|0|) 2(0a|)"},
		{"another one", PLAN GO_ON "$seg = gold\n" MATCH "&sex = gold\n" PLAN,
				REQUEST, "0"},
		{"a variable in another case is another variable",
				PLAN GO_ON "$Seg = gold\n" MATCH "&seg = gold\n" PLAN, REQUEST,
				"0"},
		{"one without $continue has nobody below it",
				PLAN "$seg = gold\n" MATCH "&seg = gold\n" PLAN, REQUEST, "0"},
		{"negated, before and behind",
				MATCH "&seg = !gold\n" PLAN GO_ON "$seg = gold\n" MATCH
					  "&seg = !gold\n" PLAN MATCH "&seg = gold\n" PLAN,
				REQUEST, "0 2"},
		{"a rule sets several variables",
				PLAN GO_ON "$a = 1\n$b = 2\n$c = 3\n" MATCH
						   "&a = 1\n&b = 2\n&c = 4\n" PLAN MATCH
						   "&c = 3\n&b = 2\n&a = 1\n" PLAN,
				REQUEST, "0 2"},
		{"a literal in the value of a variable",
				MATCH "&seg = alphabet\n" PLAN MATCH "$addr = 10\n" PLAN GO_ON
					  "$seg = alphabet\n" MATCH "&seg = alphabet\n" PLAN,
				REQUEST, "1 2"},
		{"a header of a rule is no variable, nor is it seen",
				PLAN GO_ON "X-A = b\n" MATCH "X-A = b\n" PLAN MATCH
						   "&X-A = b\n" PLAN,
				REQUEST, "0"},
};

/* Write out which rules apply. */
static void describe(
		const applied_rule_t *applied, int count, char *buffer, size_t size)
{
	int i, k;

	for(i = 0; i < count; i++) {
		const rule_t *rule = applied[i].rule;

		print(buffer, size, i == 0 ? "%d" : " %d", rule->id);
		for(k = 0; k < rule->n_groups; k++)
			print(buffer, size, "%s%.*s|", k == 0 ? "(" : "",
					STR_FMT(&applied[i].groups[k]));
		print(buffer, size, rule->n_groups > 0 ? ")" : "");
	}
}

static void hear_nothing(void *context, const rule_t *rule, outcome_t outcome,
		const condition_t *condition, const str *values, int n_values)
{
	(void)context;
	(void)rule;
	(void)outcome;
	(void)condition;
	(void)values;
	(void)n_values;
}

static void hear_no_limit(
		void *context, const rule_t *rule, const condition_t *condition)
{
	(void)context;
	(void)rule;
	(void)condition;
	ck_abort_msg("a search ran into a limit");
}

/* Counts the rules that hold, also those that the index leaves out. */
static int holding;

static void hear_holding(void *context, const rule_t *rule, outcome_t outcome,
		const condition_t *condition, const str *values, int n_values)
{
	(void)context;
	(void)rule;
	(void)condition;
	(void)values;
	(void)n_values;
	holding += outcome == OUTCOME_HOLDS;
}

/* Listeners for no event, for limits, and for limits and rules. */
static const match_listener_t listeners[] = {
		{NULL, NULL, NULL},
		{hear_no_limit, NULL, NULL},
		{hear_no_limit, hear_holding, NULL},
};

static void expect_match(const char *title, const dialplan_t *plan,
		matcher_t *matcher, request_t *request, const char *expected)
{
	int i;

	for(i = -1; i < ROWS(listeners); i++) {
		const applied_rule_t *applied;
		char found[512] = "";
		int count;

		request->asked = 0;
		holding = 0;
		count = dialplan_match(plan, matcher, &request->source,
				i < 0 ? NULL : &listeners[i], &applied);
		ck_assert_int_ge(count, 0);
		if(i >= 0 && listeners[i].on_rule != NULL)
			ck_assert_int_eq(holding, count);
		describe(applied, count, found, sizeof(found));
		expect_same(title, found, expected);
		/* each subject is asked once, and again after a rule that sets variables */
		ck_assert_int_le(request->asked, plan->n_subjects * (count + 1));
	}
}

START_TEST(finds_the_rules_that_apply)
{
	matcher_t *matcher = matcher_create(&counting);
	loaded_t loaded;
	request_t request;

	load(&loaded, matches[_i].plan);
	request_init(&request, matches[_i].request);
	expect_match(matches[_i].title, loaded.plan, matcher, &request,
			matches[_i].expected);
	/* a second search has the same result: nothing remains of the first */
	expect_match(matches[_i].title, loaded.plan, matcher, &request,
			matches[_i].expected);
	request_free(&request);
	matcher_destroy(matcher);
	unload(&loaded);
	ck_assert_int_eq(counting_live(), 0);
}
END_TEST

/* One matcher for all plans, forwards and backwards: nothing of an earlier plan or
 * request remains. */
START_TEST(is_used_for_one_plan_after_the_other)
{
	matcher_t *matcher = matcher_create(&counting);
	static loaded_t loaded[ROWS(matches)];
	unsigned state = 1;
	int round, i;

	for(i = 0; i < ROWS(matches); i++)
		load(&loaded[i], matches[i].plan);
	for(round = 0; round < 6 * ROWS(matches); round++) {
		request_t request;

		state = state * 1664525u + 1013904223u;
		i = round < ROWS(matches)		? round
			: round < 2 * ROWS(matches) ? 2 * ROWS(matches) - 1 - round
										: (int)((state >> 8) % ROWS(matches));
		request_init(&request, matches[i].request);
		expect_match(matches[i].title, loaded[i].plan, matcher, &request,
				matches[i].expected);
		request_free(&request);
	}
	for(i = 0; i < ROWS(matches); i++)
		unload(&loaded[i]);
	matcher_destroy(matcher);
	ck_assert_int_eq(counting_live(), 0);
}
END_TEST

/* -- listeners ------------------------------------------------------------ */

static const char *const outcomes[] = {[OUTCOME_HOLDS] = "holds",
		[OUTCOME_FAILS] = "fails",
		[OUTCOME_UNKNOWN] = "unknown",
		[OUTCOME_LIMIT] = "limit",
		[OUTCOME_MISFIT] = "misfit"};

typedef struct heard
{
	char rules[1024];
	int limits;
} heard_t;

static void hear_rule(void *context, const rule_t *rule, outcome_t outcome,
		const condition_t *condition, const str *values, int n_values)
{
	heard_t *heard = context;
	int i;

	print(heard->rules, sizeof(heard->rules), "%d %s", rule->id,
			outcomes[outcome]);
	ck_assert_int_eq(condition == NULL, outcome == OUTCOME_HOLDS);
	if(condition != NULL) {
		print(heard->rules, sizeof(heard->rules),
				" at %d:", condition->where.line);
		describe_subject(
				condition->test->subject, heard->rules, sizeof(heard->rules));
	}
	for(i = 0; i < n_values; i++)
		print(heard->rules, sizeof(heard->rules), " [%.20s]",
				values[i].len == 0 ? "" : values[i].s);
	print(heard->rules, sizeof(heard->rules), "\n");
}

static void hear_limit(
		void *context, const rule_t *rule, const condition_t *condition)
{
	heard_t *heard = context;

	ck_assert_ptr_nonnull(rule);
	ck_assert_ptr_nonnull(condition);
	heard->limits++;
}

START_TEST(tells_a_listener_of_each_rule)
{
	heard_t heard = {"", 0};
	match_listener_t listener = {hear_limit, hear_rule, &heard};
	matcher_t *matcher = matcher_create(&counting);
	const applied_rule_t *applied;
	static char values[4][24] = {"a", "b", "c", ""};
	loaded_t loaded;
	request_t request;
	int i;

	load(&loaded, MATCH "From = a\nTo = x\n" PLAN MATCH "From = !a\n" PLAN MATCH
						"From = a\nX-A = a\n" PLAN MATCH "From = a\n" PLAN GO_ON
						"$seg = s\n" MATCH "&seg = t\n" PLAN MATCH
						"X-B = b\n" PLAN MATCH "X-C = c\n" PLAN PLAN MATCH
						"From = b\n" PLAN);
	request_init(&request, "X-A?");
	/* texts with a NUL at the end, to be shown */
	request_add(&request, "From", values[0], sizeof(values[0]));
	request_add(&request, "To", values[1], sizeof(values[1]));
	request_add(&request, "X-B", values[0], sizeof(values[0]));
	request_add(&request, "X-B", values[2], sizeof(values[2]));
	i = dialplan_match(
			loaded.plan, matcher, &request.source, &listener, &applied);
	ck_assert_int_eq(i, 2);
	/* a filled text has a NUL at its end, and so has the text of an absent header */
	expect_same("heard", heard.rules,
			"0 fails at 3:To [b]\n"
			"1 fails at 6:From [a]\n"
			"2 unknown at 10:X-A\n"
			"3 holds\n"
			"4 fails at 18:&seg [s]\n"
			"5 fails at 21:X-B [a] [c]\n"
			"6 fails at 24:X-C []\n"
			"7 holds\n");
	ck_assert_int_eq(heard.limits, 0);
	request_free(&request);
	matcher_destroy(matcher);
	unload(&loaded);
}
END_TEST

/* -- limits --------------------------------------------------------------- */

/* Expressions that are slow by design, each with texts of each of these lengths. They
 * match nobody, negated or not. */
static const char *const slow[] = {
		"(a+)+$", "a+[cd]", "(\\w++)[cd]", "(.+)+x", "(a|aa)+[xy]"};
static const int slow_sizes[] = {
		PATTERN_TEXT_BYTES_MAX, 2 * 1024, 4 * 1024, 64 * 1024};

#define SLOW_MS 5

START_TEST(gives_up_a_slow_search)
{
	static char bytes[64 * 1024];
	const char *pattern = slow[_i / ROWS(slow_sizes)];
	int size = slow_sizes[_i % ROWS(slow_sizes)];
	heard_t heard = {"", 0};
	match_listener_t by_index = {hear_limit, NULL, &heard};
	match_listener_t one_by_one = {hear_limit, hear_nothing, &heard};
	matcher_t *matcher = matcher_create(&counting);
	char plan[512] = "";
	loaded_t loaded;
	request_t request;
	int by_index_of = strchr(pattern, 'x') == pattern + 5 ? 1 : 2;
	double least = 1e9;
	int round;

	print(plan, sizeof(plan),
			MATCH "X-A = %s\n" PLAN MATCH "X-A = !%s\n" PLAN MATCH
				  "From = x\n" PLAN PLAN,
			pattern, pattern);
	load(&loaded, plan);
	memset(bytes, 'a', size);
	/* only the last byte does not match, however short the text is */
	bytes[size - 1] = ' ';
	request_init(&request, "");
	request_add(&request, "X-A", bytes, size);
	for(round = 0; round < 6; round++) {
		const applied_rule_t *applied;
		double since = spent_ms();
		int count;

		heard.limits = 0;
		count = dialplan_match(loaded.plan, matcher, &request.source,
				round % 2 ? &by_index : &one_by_one, &applied);
		since = spent_ms() - since;
		least = since < least ? since : least;
		ck_assert_int_eq(count, 1);
		/* a search that ends at its limit is neither true nor false; another
		 * search finds that nothing matches; the index finds that there is no x */
		if(heard.limits == 0)
			ck_assert_int_eq(applied[0].rule->id, 1);
		else
			ck_assert_msg(
					applied[0].rule->id == 3
							&& heard.limits == (round % 2 ? by_index_of : 2),
					"%s on %d: rule %d, %d limits", pattern, size,
					applied[0].rule->id, heard.limits);
		if(size > PATTERN_TEXT_BYTES_MAX && strstr(pattern, "++") != NULL)
			ck_assert_int_gt(heard.limits, 0);
	}
	/* the time of two searches */
	ck_assert_msg(least < 2 * SLOW_MS * SLOWNESS, "%s on %d: %.1f ms", pattern,
			size, least);
	request_free(&request);
	matcher_destroy(matcher);
	unload(&loaded);
}
END_TEST

/* A value that is too long is not searched (with a lookaround, not even an empty one
 * may be). Another value may match. */
static const struct
{
	const char *title, *plan;
	bool is_long_first;
	const char *expected;
	int limits;
} long_values[] = {
		{"the short one holds", MATCH "X-A = b(.)(?=)\n" PLAN, true, "0(c|)",
				1},
		{"it held before", MATCH "X-A = b(.)(?=)\n" PLAN, false, "0(c|)", 0},
		{"the short one does not hold", MATCH "X-A = x(?=)\n" PLAN, true, "",
				1},
		{"negated, the short one matches", MATCH "X-A = !b(?=)\n" PLAN, true,
				"", 1},
		{"negated, the short one does not match", MATCH "X-A = !x(?=)\n" PLAN,
				true, "", 1},
		{"negated, it did not match before", MATCH "X-A = !x(?=)\n" PLAN, false,
				"", 1},
};

/* A rule that the index leaves out uses no steps of the other rules, with or without a
 * listener: an explanation of a call must have the same result as the call. */
START_TEST(has_the_same_result_with_a_listener)
{
	heard_t heard = {"", 0};
	match_listener_t listener = {NULL, hear_rule, &heard};
	matcher_t *matcher = matcher_create(&counting);
	char letters[304];
	loaded_t loaded;
	request_t request;
	int i;

	load(&loaded, MATCH "X-A = (a+)+lit\n" PLAN MATCH
						"X-B = ^((a|aa)+b?c$|a*!$)\n" PLAN PLAN);
	memset(letters, 'a', 300);
	memcpy(letters + 300, "t il", 4);
	request_init(&request, "");
	request_add(&request, "X-A", letters, 304);
	request_add(&request, "X-B", "aaaaaaaaaaaaaaaa!", 17);
	for(i = 0; i < 2; i++) {
		const applied_rule_t *applied;
		int count = dialplan_match(loaded.plan, matcher, &request.source,
				i == 0 ? NULL : &listener, &applied);

		ck_assert_int_eq(count, 1);
		ck_assert_int_eq(applied[0].rule->id, 1);
	}
	ck_assert_ptr_nonnull(strstr(heard.rules, "0 limit at"));
	ck_assert_ptr_nonnull(strstr(heard.rules, "1 holds"));
	request_free(&request);
	matcher_destroy(matcher);
	unload(&loaded);
}
END_TEST

START_TEST(passes_over_a_long_value)
{
	static char bytes[PATTERN_TEXT_BYTES_MAX + 1];
	heard_t heard = {"", 0};
	match_listener_t listener = {hear_limit, hear_nothing, &heard};
	matcher_t *matcher = matcher_create(&counting);
	const applied_rule_t *applied;
	char found[64] = "";
	loaded_t loaded;
	request_t request;
	int count;

	memset(bytes, 'b', sizeof(bytes));
	load(&loaded, long_values[_i].plan);
	request_init(&request, "");
	if(long_values[_i].is_long_first)
		request_add(&request, "X-A", bytes, sizeof(bytes));
	request_add(&request, "X-A", "bc", 2);
	if(!long_values[_i].is_long_first)
		request_add(&request, "X-A", bytes, sizeof(bytes));
	count = dialplan_match(
			loaded.plan, matcher, &request.source, &listener, &applied);
	describe(applied, count, found, sizeof(found));
	expect_same(long_values[_i].title, found, long_values[_i].expected);
	ck_assert_msg(heard.limits == long_values[_i].limits, "%s: %d limits",
			long_values[_i].title, heard.limits);
	/* the longest value that is searched */
	ck_assert_int_eq(dialplan_match(loaded.plan, matcher, &request.source, NULL,
							 &applied),
			count);
	request_free(&request);
	matcher_destroy(matcher);
	unload(&loaded);
}
END_TEST

/* -- many rules ----------------------------------------------------------- */

#define MANY 20000

/* Each rule that the index finds is found in a short time. */
START_TEST(finds_one_of_many)
{
	static const int wanted[] = {0, 1, 63, 64, 4095, 4096, MANY - 1, MANY};
	char *text = malloc(MANY * 128);
	matcher_t *matcher = matcher_create(&counting);
	loaded_t loaded;
	double ms;
	int len = 0;
	int i;

	for(i = 0; i < MANY; i++)
		len += sprintf(text + len,
				MATCH "$request = ^INVITE sip:(9%d)@\n" PLAN "To = sip:%%1@h\n",
				i);
	load_bytes(&loaded, text, len);
	free(text);
	for(i = 0; i < ROWS(wanted); i++) {
		char line[128] = "", expected[64] = "";
		request_t request;
		const applied_rule_t *applied;
		int round;

		print(line, sizeof(line), "$request: INVITE sip:9%d@h SIP/2.0",
				wanted[i]);
		if(wanted[i] < MANY)
			print(expected, sizeof(expected), "%d(9%d|)", wanted[i], wanted[i]);
		request_init(&request, line);
		expect_match(line, loaded.plan, matcher, &request, expected);
		ms = spent_ms();
		for(round = 0; round < 100; round++)
			dialplan_match(
					loaded.plan, matcher, &request.source, NULL, &applied);
		ms = (spent_ms() - ms) / 100;
		ck_assert_msg(ms < 0.1 * SLOWNESS, "%s: %.3f ms", line, ms);
		request_free(&request);
	}
	matcher_destroy(matcher);
	unload(&loaded);
}
END_TEST

/* Rules that share a condition each get its groups, and one search finds them: a caller
 * must not get more time for a search because there is one rule more. */
START_TEST(finds_the_groups_of_many_once)
{
	char *text = calloc(1, 100000);
	matcher_t *matcher = matcher_create(&counting);
	const applied_rule_t *applied;
	double least = 1e9;
	loaded_t loaded;
	request_t request;
	int i;

	for(i = 0; i < 1000; i++)
		strcat(text, MATCH "X-A = (a|aa)+(!)\n" GO_ON_RULE);
	load(&loaded, text);
	free(text);
	/* the search needs many steps to reach the end */
	request_init(&request, "X-A: aaaaaaaaaaaaabaaaaaaaaaaaaa!");
	for(i = 0; i < 5; i++) {
		double since = spent_ms();

		ck_assert_int_eq(dialplan_match(loaded.plan, matcher, &request.source,
								 NULL, &applied),
				1000);
		since = spent_ms() - since;
		least = since < least ? since : least;
	}
	for(i = 0; i < 1000; i++) {
		ck_assert_mem_eq(applied[i].groups[0].s, "a", 1);
		ck_assert_mem_eq(applied[i].groups[1].s, "!", 1);
	}
	ck_assert_msg(least < SLOW_MS * SLOWNESS, "%.1f ms", least);
	request_free(&request);
	matcher_destroy(matcher);
	unload(&loaded);
}
END_TEST

START_TEST(applies_many_rules)
{
	char *text = calloc(1, 100000);
	matcher_t *matcher = matcher_create(&counting);
	const applied_rule_t *applied;
	loaded_t loaded;
	request_t request;
	int count, i;

	strcat(text, PLAN GO_ON "$n = 0\n");
	for(i = 0; i < 999; i++)
		sprintf(text + strlen(text),
				MATCH "&n = ^(%d)$\n" PLAN GO_ON "$n = %d\n", i, i + 1);
	load(&loaded, text);
	free(text);
	request_init(&request, "");
	for(i = -1; i < ROWS(listeners); i++) {
		count = dialplan_match(loaded.plan, matcher, &request.source,
				i < 0 ? NULL : &listeners[i], &applied);
		ck_assert_int_eq(count, 1000);
		ck_assert_int_eq(applied[999].groups[0].len, 3);
		ck_assert_mem_eq(applied[999].groups[0].s, "998", 3);
	}
	request_free(&request);
	matcher_destroy(matcher);
	unload(&loaded);
}
END_TEST

/* -- no memory ------------------------------------------------------------ */

/* If an allocation fails, the function reports it. With memory again, it works as
 * before. */
static void expect_out_of_memory_in_match(void (*fail_at)(int n),
		const dialplan_t *plan, request_t *request,
		const match_listener_t *listener, int expected)
{
	int result = -1;
	int n;

	for(n = 1; result < 0; n++) {
		const applied_rule_t *applied;
		matcher_t *matcher;
		bool has_failed;

		fail_at(n);
		matcher = matcher_create(&counting);
		if(matcher != NULL)
			result = dialplan_match(
					plan, matcher, &request->source, listener, &applied);
		has_failed = counting_has_failed();
		counting_fail_at(0);
		ck_assert_msg((result < 0) == has_failed,
				"%d when the %d. allocation failed", result, n);
		if(matcher != NULL)
			ck_assert_int_eq(dialplan_match(plan, matcher, &request->source,
									 listener, &applied),
					expected);
		matcher_destroy(matcher);
	}
	ck_assert_int_ge(n, 5);
}

START_TEST(reports_a_lack_of_memory)
{
	static char value[PATTERN_TEXT_BYTES_MAX];
	loaded_t loaded;
	request_t request;
	match_listener_t one_by_one = {NULL, hear_nothing, NULL};
	int before;

	load(&loaded,
			MATCH "X-A = (a+)\n" PLAN GO_ON "$a = %1\n" MATCH
				  "&a = (a+)\n" PLAN GO_ON "$b = %1%1%1\n$c = %1%1%1\n"
				  "$d = %1%1%1\n$e = %1%1%1\n$f = %1%1%1\n"
				  "$g = %1%1%1\n" MATCH "From = x\n" PLAN MATCH
				  "&g = ^a\n" PLAN GO_ON "$a = b\n" MATCH "&g = ^$\n" PLAN MATCH
				  "&a = b\n" PLAN GO_ON PLAN GO_ON PLAN GO_ON PLAN);
	/* more data than the first block of a match can hold */
	memset(value, 'a', sizeof(value));
	request_init(&request, "From: y");
	request_add(&request, "X-A", value, sizeof(value));
	before = counting_live();
	expect_out_of_memory_in_match(
			counting_fail_at, loaded.plan, &request, NULL, 7);
	expect_out_of_memory_in_match(
			counting_fail_at, loaded.plan, &request, &one_by_one, 7);
	expect_out_of_memory_in_match(
			counting_fail_once, loaded.plan, &request, NULL, 7);
	ck_assert_int_eq(counting_live(), before);
	request_free(&request);
	unload(&loaded);
}
END_TEST

/* A search without memory has no result, whether it is the search for a rule or the one
 * for its groups. */
START_TEST(reports_a_lack_of_memory_in_a_search)
{
	matcher_t *matcher = matcher_create(&counting);
	const applied_rule_t *applied;
	loaded_t loaded;
	request_t request;
	int n, count;

	load(&loaded, MATCH "X-A = (a)\nX-B = !(b)\n" PLAN GO_ON MATCH
						"X-B = (c|(d))\n" PLAN "To = sip:%1@h\n" PLAN);
	request_init(&request, "X-A: a\nX-B: c");
	for(n = 1, count = -1; count < 0; n++) {
		searches_fail_at(n);
		count = dialplan_match(
				loaded.plan, matcher, &request.source, NULL, &applied);
		searches_fail_at(0);
		expect_match("again", loaded.plan, matcher, &request, "0(a||) 1(c||)");
	}
	/* three tests; two of them are searched again for their groups */
	ck_assert_int_eq(n - 2, 3 + 2);
	request_free(&request);
	matcher_destroy(matcher);
	unload(&loaded);
}
END_TEST

#define GROUPS_32 \
	"()()()()()()()()()()()()()()()()()()()()()()()()()()()()()()()()"

/* The groups of all rules do not fit into the first block, the matcher has too many
 * subjects for it, and the list of the rules that apply grows beyond it. */
START_TEST(reports_a_lack_of_memory_for_large_plans)
{
	char *text = calloc(1, 300000);
	match_listener_t one_by_one = {NULL, hear_nothing, NULL};
	loaded_t loaded;
	request_t request;
	int i;

	for(i = 0; i < 40; i++)
		sprintf(text + strlen(text), MATCH "X-%d = " GROUPS_32 "\n" GO_ON_RULE,
				i);
	for(i = 0; i < 600; i++)
		strcat(text, GO_ON_RULE);
	load(&loaded, text);
	free(text);
	request_init(&request, "");
	expect_out_of_memory_in_match(
			counting_fail_at, loaded.plan, &request, NULL, 640);
	expect_out_of_memory_in_match(
			counting_fail_once, loaded.plan, &request, NULL, 640);
	expect_out_of_memory_in_match(
			counting_fail_once, loaded.plan, &request, &one_by_one, 640);
	request_free(&request);
	unload(&loaded);
}
END_TEST

/* If the source of values has no memory, neither a condition nor the index has a result. */
START_TEST(reports_a_lack_of_memory_of_the_source)
{
	matcher_t *matcher = matcher_create(&counting);
	const applied_rule_t *applied;
	loaded_t loaded;
	request_t request;
	int i;

	load(&loaded,
			MATCH "X-A = !abcdef\n" PLAN MATCH "X-B = abcdef\n" PLAN PLAN);
	request_init(&request, "");
	for(i = -1; i < ROWS(listeners); i++) {
		const match_listener_t *listener = i < 0 ? NULL : &listeners[i];

		request.fails = true;
		ck_assert_int_eq(dialplan_match(loaded.plan, matcher, &request.source,
								 listener, &applied),
				-1);
		request.fails = false;
		ck_assert_int_eq(dialplan_match(loaded.plan, matcher, &request.source,
								 listener, &applied),
				1);
	}
	request_free(&request);
	matcher_destroy(matcher);
	matcher_destroy(NULL);
	unload(&loaded);
}
END_TEST

/* -- captures that do not fit into an argument ------------------------------ */

/* Each condition stands in two rules, once negated; neither rule applies. */
static const struct
{
	const char *text; /* the argument in both rules */
	const char *value;
} misfits[] = {
		{"sip:a@%1", "ours.example;maddr=evil"},
		{"sip:a@%1", "ours.example evil"},
		{"sip:a@%1", "evil@ours.example"},
		{"sip:a@%1", "ours.example,evil"},
		{"sip:a@%1", "{ours.example}"},
		{"sip:a@%1", "ours.example\r\nX: y"},
		{"sip:%1@ours.example", "a\rb"},
		{"sip:%1@ours.example", "a\nb"},
		{"%1", "ours.example\n"},
		{"%1%1%1", A100 A100 A100 A100},
};

static void count_limit(
		void *context, const rule_t *rule, const condition_t *condition)
{
	int *count = context;

	(void)rule;
	(void)condition;
	++*count;
}

START_TEST(does_not_hold_if_a_capture_does_not_fit)
{
	int count = 0;
	match_listener_t listener = {.on_limit = count_limit, .context = &count};
	matcher_t *matcher = matcher_create(&counting);
	const applied_rule_t *applied;
	char text[512] = "";
	loaded_t loaded;
	request_t request;

	print(text, sizeof(text),
			MATCH "X = (?s)^(.+)$\n$localhost(\"%s\") = true\n" PLAN MATCH
				  "X = (?s)^(.+)$\n$localhost(\"%s\") = !true\n" PLAN,
			misfits[_i].text, misfits[_i].text);
	load(&loaded, text);
	request_init(&request, "own: ours.example");
	request_add(
			&request, "X", misfits[_i].value, (int)strlen(misfits[_i].value));
	ck_assert_int_eq(dialplan_match(loaded.plan, matcher, &request.source,
							 &listener, &applied),
			0);
	ck_assert_int_eq(count, 2);
	request_free(&request);
	matcher_destroy(matcher);
	unload(&loaded);
}
END_TEST

/* -- networks at random --------------------------------------------------- */

#define NETWORK_PLANS 40
#define NETWORK_RULES 60
#define NETWORK_REQUESTS 60

static unsigned network_state;

static unsigned network_random(unsigned limit)
{
	network_state = network_state * 1664525u + 1013904223u;
	return (network_state >> 8) % limit;
}

/* An address out of few, IPv4 or IPv6. */
static const char *random_address(char *buffer, size_t size)
{
	if(network_random(4) == 0)
		snprintf(buffer, size, "2001:db8:%x::%x", network_random(4),
				network_random(3));
	else
		snprintf(buffer, size, "%u.%u.0.%u", network_random(2) ? 10 : 138,
				network_random(4) * 63, network_random(3));
	return buffer;
}

static void random_condition(char *text, size_t size)
{
	static const char *const ends[] = {") = true\n", ") = ^true$\n",
			") = false\n", ") = !false\n", ") = !true\n", ") = .\n",
			", $addr) = true\n", ", X-A) = true\n",
			", \"10.63.0.1\") = true\n"};
	const char *end = ends[network_random(ROWS(ends))];
	char address[64];
	bool is_six;

	random_address(address, sizeof(address));
	is_six = strchr(address, ':') != NULL;
	if(network_random(4) > 0) {
		print(text, size, "$addrPrefix(\"%s/%u\"%s", address,
				network_random(is_six ? 129 : 33), end);
		return;
	}
	print(text, size, "$addrRange(\"%s\", \"%s\"%s",
			is_six ? "2001:db8::" : "10.0.0.0", address, end);
}

static void count_holding(void *context, const rule_t *rule, outcome_t outcome,
		const condition_t *condition, const str *values, int n_values)
{
	int *count = context;

	(void)rule;
	(void)condition;
	(void)values;
	(void)n_values;
	*count += outcome == OUTCOME_HOLDS;
}

/* A listener is told of each rule that holds; the index must have found each of them. */
START_TEST(finds_all_networks_of_an_address)
{
	char *text = calloc(1, 100000);
	matcher_t *matcher = matcher_create(&counting);
	loaded_t loaded;
	int i;

	network_state = 1 + (unsigned)_i;
	for(i = 0; i < NETWORK_RULES; i++) {
		print(text, 100000, MATCH);
		random_condition(text, 100000);
		print(text, 100000, GO_ON_RULE);
	}
	load(&loaded, text);
	for(i = 0; i < NETWORK_REQUESTS; i++) {
		int count = 0;
		match_listener_t listener = {
				.on_rule = count_holding, .context = &count};
		const applied_rule_t *applied;
		char lines[256] = "", address[64];
		request_t request;

		print(lines, sizeof(lines), "$addr: %s\nX-A: <sip:[%s]>",
				random_address(address, sizeof(address)), address);
		request_init(&request, lines);
		ck_assert_int_eq(dialplan_match(loaded.plan, matcher, &request.source,
								 &listener, &applied),
				count);
		request_free(&request);
	}
	free(text);
	matcher_destroy(matcher);
	unload(&loaded);
}
END_TEST

Suite *suite_dialplan(void)
{
	Suite *suite = suite_create("dialplan");
	TCase *tc = new_tcase("dialplan");

	tcase_set_timeout(tc, 60);
	tcase_add_loop_test(tc, finds_the_rules_that_apply, 0, ROWS(matches));
	tcase_add_test(tc, is_used_for_one_plan_after_the_other);
	tcase_add_test(tc, tells_a_listener_of_each_rule);
	tcase_add_loop_test(
			tc, gives_up_a_slow_search, 0, ROWS(slow) * ROWS(slow_sizes));
	tcase_add_test(tc, has_the_same_result_with_a_listener);
	tcase_add_loop_test(tc, passes_over_a_long_value, 0, ROWS(long_values));
	tcase_add_test(tc, finds_one_of_many);
	tcase_add_loop_test(
			tc, does_not_hold_if_a_capture_does_not_fit, 0, ROWS(misfits));
	tcase_add_loop_test(tc, finds_all_networks_of_an_address, 0, NETWORK_PLANS);
	tcase_add_test(tc, finds_the_groups_of_many_once);
	tcase_add_test(tc, applies_many_rules);
	tcase_add_test(tc, reports_a_lack_of_memory);
	tcase_add_test(tc, reports_a_lack_of_memory_for_large_plans);
	tcase_add_test(tc, reports_a_lack_of_memory_in_a_search);
	tcase_add_test(tc, reports_a_lack_of_memory_of_the_source);
	suite_add_tcase(suite, tc);
	return suite;
}
