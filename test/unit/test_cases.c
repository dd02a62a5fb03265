/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The cases T1 to T55, which describe the behaviour of the language. Each case goes
 * from the text of a plan to the attempts and the final reply, with a clock that only
 * moves between events. A case that only a running server can show is named here and
 * tested in test/wire. */
#define _GNU_SOURCE /* strsep() */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sip/contact.h"
#include "dialplan_parse.h"
#include "call/policy.h"
#include "sip/response.h"
#include "dialplan/route.h"
#include "suites.h"
#include "support.h"

#define CASES 55

#define MATCH "[Matching Patterns]\n"
#define PLAN "[Deploy Patterns]\n"
#define P0 PLAN "To = sip:100@a\n$session = failover sip:101@b sip:102@c\n"
#define EXAMPLE_2                                        \
	PLAN "To = sip:100@a\n$transport = TCP\n$session = " \
		 "failover sip:101@b/TCP sip:102@c/TCP\n"
#define EXAMPLE_4                                          \
	PLAN "To = sip:100@a\n$session = failover sip:101@b\n" \
		 "&failover.pattern.response = 4..\n"
#define EXAMPLE_5                                \
	PLAN "To = sip:100@a\n$session = failover\n" \
		 "&failover.pattern.response = 30.\n&failover.redirection = true\n"
#define INVITE "$request: INVITE sip:555@example.com SIP/2.0\n"

#define A "sip:100@a/UDP"
#define B "sip:101@b/UDP"
#define C "sip:102@c/UDP"

/* A case. If all destinations have failed, the setting `reply` chooses the final reply. */
typedef struct play_case
{
	int number;
	const char *plan;
	const char *request; /* for the conditions */
	/* the events, as words: CODE[=CONTACTS] is a final or provisional reply; +MS is
	 * this time in ms; silent: no reply until timer.inviting ends; hangs: no final
	 * reply until timer.provisional ends; unsendable: the attempt cannot be sent */
	const char *happens;
	/* each attempt, URI/TRANSPORT@MS, then the final reply, CODE@MS; without the
	 * final reply, the call goes on */
	const char *course;
	int room;			/* how many attempts the server allows */
	const char *errors; /* the plan is refused with these errors */
	/* the case is not played if one of these is set */
	const char *wire;		/* why only a running server can show it */
	const char *overridden; /* this rule replaces the case, or a part of it */
} play_case_t;

#define PLAYED_IN(room_, number_, plan_, request_, happens_, course_) \
	{                                                                 \
		.number = number_, .plan = plan_, .request = request_,        \
		.happens = happens_, .course = course_, .room = room_         \
	}
#define PLAYED(...) PLAYED_IN(30, __VA_ARGS__)
#define REFUSED(number_, plan_, errors_)                    \
	{                                                       \
		.number = number_, .plan = plan_, .errors = errors_ \
	}
#define ON_THE_WIRE(number_, why_)      \
	{                                   \
		.number = number_, .wire = why_ \
	}
#define OVERRIDDEN(number_, sentence_)             \
	{                                              \
		.number = number_, .overridden = sentence_ \
	}

static const play_case_t cases[] = {
		PLAYED(1, P0, INVITE, "200", A "@0 200@0"),
		PLAYED(2, P0, INVITE, "silent", A "@0 " B "@10000"),
		PLAYED(3, P0, INVITE, "503", A "@0 " B "@0"),
		PLAYED(4, P0, INVITE, "486", A "@0 " B "@0"),
		PLAYED(5, P0, INVITE, "404 500 200", A "@0 " B "@0 " C "@0 200@0"),
		PLAYED(6, P0, INVITE, "404 500 480", A "@0 " B "@0 " C "@0 480@0"),
		PLAYED(7, P0, INVITE, "silent silent silent",
				A "@0 " B "@10000 " C "@20000 408@30000"),
		PLAYED(8, P0, INVITE, "+100 100 hangs", A "@0 " B "@20100"),
		PLAYED(9, P0, INVITE, "+100 180 hangs", A "@0 " B "@20100"),
		OVERRIDDEN(9, "no final reply within `timer.provisional` of the FIRST "
					  "1xx (100 included): there is no mode in which ringing "
					  "stops the timer"),
		PLAYED(10, P0, INVITE, "180 +3000 180 +3000 180 +3000 183 hangs",
				A "@0 " B "@20000"),
		PLAYED(11, P0, INVITE, "+2000 180 +13000 200", A "@0 200@15000"),
		PLAYED(12, P0 "&failover.timer.inviting = 30\n", INVITE, "silent",
				A "@0 " B "@30000"),
		PLAYED(13,
				P0
				"&failover.timer.inviting = 2\n&failover.timer.provisional = "
				"3\n",
				INVITE, "silent 100 hangs 200",
				A "@0 " B "@2000 " C "@5000 200@5000"),
		PLAYED(14, EXAMPLE_4, INVITE, "404", A "@0 " B "@0"),
		PLAYED(15, EXAMPLE_4, INVITE, "503", A "@0 503@0"),
		PLAYED(16, EXAMPLE_4, INVITE, "silent", A "@0 " B "@10000"),
		PLAYED(17, EXAMPLE_4, INVITE, "408", A "@0 " B "@0"),
		PLAYED(17, P0 "&failover.pattern.response = 5..\n", INVITE, "408",
				A "@0 408@0"),
		PLAYED(17, P0 "&failover.pattern.response = 5..\n", INVITE, "silent",
				A "@0 " B "@10000"),
		PLAYED(18, P0 "&failover.pattern.response = 503|480\n", INVITE, "486",
				A "@0 486@0"),
		PLAYED(18, P0 "&failover.pattern.response = 503|480\n", INVITE, "480",
				A "@0 " B "@0"),
		PLAYED(19, P0 "&failover.pattern.response = ^5\n", INVITE, "503 486",
				A "@0 " B "@0 486@0"),
		PLAYED(19, P0 "&failover.pattern.response = 5\n", INVITE, "503 486",
				A "@0 " B "@0 486@0"),
		/* the policy does not get the reason phrase */
		PLAYED(20, P0 "&failover.pattern.response = 4..\n", INVITE, "500",
				A "@0 500@0"),
		PLAYED(21, P0, INVITE, "603", A "@0 " B "@0"),
		PLAYED(22, P0, INVITE, "407", A "@0 407@0"),
		PLAYED(22, P0 "&failover.pattern.response = .+\n", INVITE, "407",
				A "@0 " B "@0"),
		PLAYED(23, EXAMPLE_5, INVITE, "302=<sip:9@x>", A "@0 sip:9@x/UDP@0"),
		PLAYED(24, EXAMPLE_5, INVITE, "404", A "@0 404@0"),
		PLAYED(25, P0, INVITE, "302=<sip:9@x> 503 503",
				A "@0 sip:9@x/UDP@0 " B "@0 " C "@0"),
		PLAYED(26, P0 "&failover.redirection = false\n", INVITE,
				"302=<sip:9@x>", A "@0 " B "@0"),
		PLAYED(27,
				PLAN "To = sip:100@a\n$session = failover\n"
					 "&failover.redirection = false\n",
				INVITE, "302=<sip:9@x>", A "@0 302@0"),
		PLAYED(28, P0, INVITE,
				"302=<sip:x@x>;q=0.2,<sip:y@y>;q=0.9 503 503 503",
				A "@0 sip:y@y/UDP@0 sip:x@x/UDP@0 " B "@0 " C "@0"),
		PLAYED(29, P0, INVITE, "302=<sip:100@a>", A "@0 " B "@0"),
		PLAYED(29, P0, INVITE, "302=<sip:9@x> 302=<sip:100@A>",
				A "@0 sip:9@x/UDP@0 " B "@0"),
		PLAYED(30, P0, INVITE, "302", A "@0 " B "@0"),
		PLAYED(30, P0, INVITE, "302=<tel:123>", A "@0 " B "@0"),
		PLAYED(30, P0, INVITE, "302=*", A "@0 " B "@0"),
		ON_THE_WIRE(31,
				"a CANCEL is the transaction's: the chain is asked no more"),
		ON_THE_WIRE(32, "a CANCEL that crosses a reply is the transaction's"),
		PLAYED(33, EXAMPLE_2, INVITE, "503", "sip:100@a/TCP@0 sip:101@b/TCP@0"),
		PLAYED(34,
				PLAN "To = sip:100@a\n$transport = TCP\n$session = failover "
					 "sip:101@b\n",
				INVITE, "503", "sip:100@a/TCP@0 " B "@0"),
		PLAYED(35,
				PLAN "To = sip:100@a\n$session = failover sip:101@b:5070/tls\n",
				INVITE, "503", A "@0 sip:101@b:5070/TLS@0"),
		PLAYED(36,
				PLAN "To = sip:100@a\n$session = failover sip:a/b@b "
					 "sip:a@b;x=1/2\n",
				INVITE, "503 503", A "@0 sip:a/b@b/UDP@0 sip:a@b;x=1/2/UDP@0"),
		REFUSED(37, PLAN "To = sip:100@a\n$session = failover sip:101@B/FOO\n",
				"3:31 [FOO] is no transport: UDP, TCP, TLS or SCTP "
				"would be right"),
		ON_THE_WIRE(37, "that the previous plan stays active is the reload's"),
		PLAYED(38,
				PLAN "To = sip:100@a\n$session = failover sip:101@b/TCP "
					 "sip:102@c\n",
				INVITE, "503 unsendable", A "@0 sip:101@b/TCP@0 " C "@0"),
		PLAYED(39, P0, INVITE, "503 unsendable 200",
				A "@0 " B "@0 " C "@0 200@0"),
		ON_THE_WIRE(40, "a request within a dialog is not the module's"),
		PLAYED(41, P0, INVITE, "+500 183 +500 503 +500 200",
				A "@0 " B "@1000 200@1500"),
		ON_THE_WIRE(
				42, "a late 200 is the transaction's, and comes to no chain"),
		OVERRIDDEN(42,
				"no answered call is lost: while the caller has no final "
				"reply yet it gets this 200 and the pending attempt is "
				"CANCELled. Afterwards it is forwarded: it is never "
				"ACKed and ended in the caller's place"),
		PLAYED(43,
				MATCH "$request = ^INVITE\n$request = sip:9(.+)@\n" PLAN
					  "To = sip:%1@a\n$session = failover sip:%1@b\n",
				"$request: INVITE sip:9555@example.com SIP/2.0", "503",
				"sip:555@a/UDP@0 sip:555@b/UDP@0"),
		PLAYED(44,
				MATCH "$request = sip:9(.+)@\nFrom = sip:(.+)@\n" PLAN
					  "To = sip:100@a\n$session = failover sip:%1@b sip:%2@c\n",
				"$request: INVITE sip:9555@e SIP/2.0\nFrom: <sip:105@e>",
				"503 503", A "@0 sip:555@b/UDP@0 sip:105@c/UDP@0"),
		PLAYED(45,
				PLAN "&failover.timer.inviting = 3\n$continue = true\n" PLAN
					 "To = sip:100@a\n$session = failover sip:101@b\n",
				INVITE, "silent", A "@0 " B "@3000"),
		PLAYED(46,
				PLAN "To = sip:100@a\n" PLAN "To = sip:102@c\n"
					 "$session = failover sip:101@b\n"
					 "&failover.reply = 480 x\n",
				INVITE, "503", A "@0 503@0"),
		PLAYED(47, MATCH "From = !sip:10[0-9]@\n" P0, "From: <sip:105@e>", "",
				"none"),
		PLAYED(47, MATCH "From = !sip:10[0-9]@\n" P0, "From: <sip:200@e>", "",
				A "@0"),
		ON_THE_WIRE(48, "another method is not the module's"),
		PLAYED(49, PLAN "$session = failover sip:101@b\n", INVITE, "503",
				"sip:555@example.com/UDP@0 " B "@0"),
		PLAYED(50,
				"[deploy pattern:]\r\n&Failover.Timer.Inviting=30\r\n"
				"\t$SESSION\t=\tFailover\tsip:101@b\t sip:102@c\r\n"
				"to=sip:100@a\r\n",
				INVITE, "silent silent", A "@0 " B "@30000 " C "@60000"),
		REFUSED(51, P0 "&failover.timer.inviting = abc\n",
				"4:28 [abc] is no duration: ..."),
		REFUSED(51, P0 "&failover.timer.inviting = -1\n",
				"4:28 [-1] is no duration: ..."),
		REFUSED(51, P0 "&failover.timer.inviting = 0\n",
				"4:28 [0] is out of range: ..."),
		REFUSED(51, P0 "&failover.pattern.response = 4(\n",
				"4:32 [4(] is no regular expression: ..."),
		REFUSED(51, P0 "&failover.timer.invite = 5\n",
				"4:11 [timer.invite] is no setting of failover: ..."),
		OVERRIDDEN(51,
				"Any other `$name` or `&name` goes to the one "
				"`$xavp(failover=>name)` of the call for the script; the "
				"checker says so: the server takes other & keys without "
				"a warning"),
		PLAYED_IN(12, 52,
				PLAN
				"To = sip:0@h\n$session = failover sip:1@h sip:2@h sip:3@h "
				"sip:4@h sip:5@h sip:6@h sip:7@h sip:8@h sip:9@h sip:10@h "
				"sip:11@h sip:12@h sip:13@h sip:14@h sip:15@h\n",
				INVITE, "503 503 503 503 503 503 503 503 503 503 503 503",
				"sip:0@h/UDP@0 sip:1@h/UDP@0 sip:2@h/UDP@0 sip:3@h/UDP@0 "
				"sip:4@h/UDP@0 sip:5@h/UDP@0 sip:6@h/UDP@0 sip:7@h/UDP@0 "
				"sip:8@h/UDP@0 sip:9@h/UDP@0 sip:10@h/UDP@0 sip:11@h/UDP@0 "
				"503@0"),
		OVERRIDDEN(52,
				"a plan that needs more than the server allows is warned "
				"of at load, and a chain that meets the limit ends like "
				"any other chain: it is no error"),
		PLAYED_IN(12, 53,
				PLAN
				"To = sip:0@h\n$session = failover sip:1@h sip:2@h sip:3@h "
				"sip:4@h sip:5@h sip:6@h sip:7@h sip:8@h sip:9@h\n",
				INVITE,
				"100 hangs 100 hangs 100 hangs 100 hangs 100 hangs 100 hangs "
				"100 hangs 100 hangs 100 hangs 100 hangs",
				"sip:0@h/UDP@0 sip:1@h/UDP@20000 sip:2@h/UDP@40000 "
				"sip:3@h/UDP@60000 sip:4@h/UDP@80000 sip:5@h/UDP@100000 "
				"sip:6@h/UDP@120000 sip:7@h/UDP@140000 sip:8@h/UDP@160000 "
				"sip:9@h/UDP@180000 408@200000"),
		/* each case is played with each other one below */
		PLAYED(54, P0, INVITE, "503 200", A "@0 " B "@0 200@0"),
		PLAYED(54, P0, INVITE, "+100 200", A "@0 200@100"),
		/* in every case, the plan is released before the first attempt */
		PLAYED(55, P0, INVITE, "silent silent 200",
				A "@0 " B "@10000 " C "@20000 200@20000"),
		ON_THE_WIRE(55, "a reload while calls are under way is the server's"),
};

/* -- one call ------------------------------------------------------------- */

typedef struct call
{
	const play_case_t *it;
	arena_t *arena;
	chain_t chain;
	int attempts;
	unsigned now_ms, provisional_at_ms; /* of this attempt; 0: no 1xx yet */
	bool has_provisional, is_over;
	char course[1024];
	char happens[512];
	char *word; /* the next word */
} call_t;

static void note(call_t *call, const char *what)
{
	print(call->course, sizeof(call->course), "%s%s@%u",
			call->course[0] == '\0' ? "" : " ", what, call->now_ms);
}

static void take(call_t *call, const result_t *event)
{
	decision_t decision = policy_decide(&call->chain, event);
	char what[128] = "";

	call->has_provisional = false;
	if(decision.target != NULL) {
		call->attempts++;
		print(what, sizeof(what), "%.*s/%s", STR_FMT(&decision.target->uri),
				transport_name(decision.target->transport));
	} else {
		call->is_over = true;
		print(what, sizeof(what), "%d",
				decision.reply.kind == FINAL_AS_IT_IS ? event->code
													  : decision.reply.code);
	}
	note(call, what);
}

/* The Contacts of a 3xx, as the server reads them. */
static target_t *contacts(call_t *call, const char *body)
{
	str rest = {(char *)body, (int)strlen(body)};
	target_t *list = NULL;
	target_t **link = &list;
	contact_address_t address;

	while(contact_next(&rest, &address)) {
		const char *why;

		*link = target_of_contact(&address.uri, address.q, call->arena, &why);
		if(*link != NULL)
			link = &(*link)->next;
	}
	return list;
}

static void final_reply(call_t *call, const char *word, result_t *event)
{
	event->kind = RESULT_REPLY;
	event->code = atoi(word);
	if(event->code < 300) {
		note(call, word);
		call->is_over = true;
		return;
	}
	if(policy_wants_contacts(&call->chain, event->code) && word[3] == '=')
		event->contacts = contacts(call, word + 4);
	take(call, event);
}

static void provisional(call_t *call, int code)
{
	if(!call->has_provisional)
		call->provisional_at_ms = call->now_ms;
	call->has_provisional = true;
	if(code >= 180 && code <= 189)
		chain_note_ringing(&call->chain);
}

static void happen(call_t *call, const char *word)
{
	result_t event = {.room = call->it->room - call->attempts};

	ck_assert_msg(
			!call->is_over, "T%d: over before [%s]", call->it->number, word);
	if(word[0] == '+') {
		call->now_ms += (unsigned)atoi(word + 1);
	} else if(word[0] == '1') {
		provisional(call, atoi(word));
	} else if(strcmp(word, "silent") == 0) {
		ck_assert(!call->has_provisional);
		call->now_ms += call->chain.attempt.timer_inviting_ms;
		event.kind = RESULT_INVITING;
		take(call, &event);
	} else if(strcmp(word, "hangs") == 0) {
		ck_assert(call->has_provisional);
		call->now_ms = call->provisional_at_ms
					   + call->chain.attempt.timer_provisional_ms;
		event.kind = RESULT_PROVISIONAL;
		take(call, &event);
	} else if(strcmp(word, "unsendable") == 0) {
		event.kind = RESULT_UNSENT;
		take(call, &event);
	} else {
		final_reply(call, word, &event);
	}
}

/* Read the plan and find the first attempt; there is none if no rule applies. The plan
 * and the request are released at the end. */
static void call_begin(call_t *call, const play_case_t *it)
{
	static const request_view_t view = {.uri = str_init("sip:555@example.com")};
	result_t start = {.kind = RESULT_NONE_YET, .room = 30};
	matcher_t *matcher = matcher_create(&counting);
	diagnostics_t diagnostics = {0};
	const applied_rule_t *applied;
	settings_t defaults;
	loaded_t loaded;
	request_t request;
	route_t route;
	int count;

	memset(call, 0, sizeof(*call));
	call->it = it;
	call->arena = small_arena();
	load(&loaded, it->plan);
	request_init(&request, it->request);
	settings_builtin(&defaults);
	count = dialplan_match(
			loaded.plan, matcher, &request.source, NULL, &applied);
	if(count > 0)
		ck_assert_int_eq(route_make(&route, applied, count, &defaults, &view,
								 call->arena, &diagnostics),
				0);
	matcher_destroy(matcher);
	request_free(&request);
	unload(&loaded);
	snprintf(call->happens, sizeof(call->happens), "%s", it->happens);
	call->word = call->happens;
	if(count == 0) {
		print(call->course, sizeof(call->course), "none");
		return;
	}
	chain_init(&call->chain, &route.settings, route.targets);
	take(call, &start);
}

/* @return whether something happened */
static bool call_step(call_t *call)
{
	char *word = strsep(&call->word, " ");

	if(word == NULL || word[0] == '\0')
		return false;
	happen(call, word);
	return true;
}

static void call_end(call_t *call)
{
	char title[16] = "";

	print(title, sizeof(title), "T%d", call->it->number);
	expect_same(title, call->course, call->it->course);
	arena_destroy(call->arena);
}

/* -- the cases ------------------------------------------------------------ */

static void expect_refused(const play_case_t *it)
{
	arena_t *arena = small_arena();
	arena_t *scratch = small_arena();
	str text = exact(it->plan, (int)strlen(it->plan));
	collector_t collector;

	collector_init(&collector);
	ck_assert_ptr_null(
			dialplan_parse(&text, arena, scratch, &collector.diagnostics));
	expect_reported(it->plan, &collector, it->errors);
	exact_free(&text);
	arena_destroy(scratch);
	arena_destroy(arena);
}

START_TEST(has_the_attempts_and_the_reply_of_its_row)
{
	const play_case_t *it = &cases[_i];
	call_t call;

	if(it->plan == NULL) {
		/* the row says why it is not played */
		ck_assert((it->wire == NULL) != (it->overridden == NULL));
		return;
	}
	if(it->errors != NULL) {
		expect_refused(it);
		return;
	}
	call_begin(&call, it);
	while(call_step(&call))
		;
	call_end(&call);
	ck_assert_int_eq(counting_live(), 0);
}
END_TEST

START_TEST(are_all_there)
{
	int last = 0;
	int i;

	for(i = 0; i < ROWS(cases); i++) {
		ck_assert_msg(cases[i].number == last || cases[i].number == last + 1,
				"T%d behind T%d", cases[i].number, last);
		last = cases[i].number;
	}
	ck_assert_int_eq(last, CASES);
}
END_TEST

/* T54: each case is played together with each other case, step by step. An event of one
 * call does not change the other call. */
START_TEST(do_not_change_each_other)
{
	const play_case_t *it = &cases[_i];
	int other;

	for(other = 0; other < ROWS(cases); other++) {
		call_t calls[2];
		bool goes_on = true;

		if(it->happens == NULL || cases[other].happens == NULL)
			continue;
		call_begin(&calls[0], it);
		call_begin(&calls[1], &cases[other]);
		while(goes_on) {
			goes_on = call_step(&calls[0]);
			goes_on |= call_step(&calls[1]);
		}
		call_end(&calls[1]);
		call_end(&calls[0]);
	}
}
END_TEST

Suite *suite_cases(void)
{
	Suite *suite = suite_create("cases");
	TCase *tc = new_tcase("cases");

	tcase_add_loop_test(
			tc, has_the_attempts_and_the_reply_of_its_row, 0, ROWS(cases));
	tcase_add_test(tc, are_all_there);
	tcase_add_loop_test(tc, do_not_change_each_other, 0, ROWS(cases));
	suite_add_tcase(suite, tc);
	return suite;
}
