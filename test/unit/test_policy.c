/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The order of attempts. A row has a list, settings, the events of each attempt, and all
 * attempts and the reply that must follow. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "call/policy.h"
#include "dialplan/inline_parse.h"
#include "sip/response.h"
#include "suites.h"
#include "support.h"

#define ROOM 30

/* happens: the end of each attempt, as words: a code, `silent`, `rings-out`, `unsendable`,
 * `dropped`. Before such a word, `18x` and `total` are events that came first. A code may
 * have Contacts: 302,URI[;q=..],URI.
 * course: the user part of each attempt and the reason for it, then the reply to the
 * caller: a code; `it` for the last reply; `CODE@N` for the reply of event N. */
static const struct
{
	const char *title, *list, *settings, *happens, *course;
	int room;
} calls[] = {
		{"only the first attempt", "sip:a@h sip:b@h", "", "", "a:first", ROOM},
		{"a reply", "sip:a@h sip:b@h", "", "503", "a:first b:reply", ROOM},
		{"each destination replies", "sip:a@h sip:b@h", "", "404 486",
				"a:first b:reply it", ROOM},
		{"a reply that does not match", "sip:a@h sip:b@h",
				"pattern.response=4..", "503", "a:first it", ROOM},
		{"a later reply that does not match", "sip:a@h sip:b@h sip:c@h",
				"pattern.response=404", "404 486", "a:first b:reply it", ROOM},
		{"a destination with its own pattern",
				"sip:a@h{pattern=5..} sip:b@h sip:c@h", "pattern.response=4..",
				"503 503", "a:first b:reply it", ROOM},
		{"silence", "sip:a@h sip:b@h", "pattern.response=404", "silent",
				"a:first b:inviting", ROOM},
		{"silence of the last destination", "sip:a@h", "", "silent",
				"a:first 408", ROOM},
		{"ringing for too long", "sip:a@h sip:b@h", "", "18x rings-out",
				"a:first b:provisional", ROOM},
		{"ringing for too long, the last destination", "sip:a@h", "",
				"18x rings-out", "a:first 408", ROOM},
		{"unsendable", "sip:a@h sip:b@h", "", "unsendable", "a:first b:send",
				ROOM},
		{"unsendable, the last destination", "sip:a@h sip:b@h", "",
				"unsendable unsendable", "a:first b:send 503", ROOM},
		{"dropped: the first", "sip:a@h sip:b@h", "", "dropped 404",
				"a:first b:first it", ROOM},
		{"dropped: all", "sip:a@h sip:b@h", "", "dropped dropped",
				"a:first b:first 503", ROOM},
		{"dropped: after a reply", "sip:a@h sip:b@h sip:c@h", "",
				"404 dropped dropped", "a:first b:reply c:reply it", ROOM},
		{"dropped: after silence", "sip:a@h sip:b@h", "", "silent dropped",
				"a:first b:inviting 408", ROOM},
		{"dropped: it does not count as an attempt", "sip:a@h sip:b@h sip:c@h",
				"attempts=2", "404 dropped 404", "a:first b:reply c:reply it",
				ROOM},
		{"redirect: Contacts come before the rest of the list",
				"sip:a@h sip:b@h", "", "302,sip:x@h 503",
				"a:first x:redirect b:reply", ROOM},
		{"redirect: Contacts in the order of q", "sip:a@h", "",
				"302,sip:x@h;q=200,sip:y@h;q=900,sip:z@h;q=200 503 503 503",
				"a:first y:redirect x:reply z:reply it", ROOM},
		{"redirect: each Contact once", "sip:a@h", "",
				"302,sip:x@h,sip:X@H,sip:x@H 503 503",
				"a:first x:redirect X:reply it", ROOM},
		{"redirect: to itself", "sip:a@h sip:b@h", "", "302,sip:a@h",
				"a:first b:reply", ROOM},
		{"redirect: there and back", "sip:a@h sip:b@h", "",
				"302,sip:x@h 302,sip:a@h", "a:first x:redirect b:reply", ROOM},
		{"redirect: a Contact that is already in the list", "sip:a@h", "",
				"302,sip:x@h,sip:y@h 302,sip:y@h,sip:z@h 503 503",
				"a:first x:redirect y:redirect z:reply it", ROOM},
		{"redirect: an entry that was followed", "sip:a@h sip:x@h sip:c@h", "",
				"302,sip:x@h 503", "a:first x:redirect c:reply", ROOM},
		{"redirect: the same entry over another transport",
				"sip:a@h sip:x@h/TCP", "", "302,sip:x@h 503",
				"a:first x:redirect x:reply", ROOM},
		{"a destination that is listed twice is tried twice", "sip:a@h sip:a@h",
				"", "503", "a:first a:reply", ROOM},
		{"redirect: never sips to sip", "sips:a@h sip:b@h", "",
				"302,sip:x@h,sips:y@h", "a:first y:redirect", ROOM},
		{"redirect: without a usable Contact", "sip:a@h", "", "302",
				"a:first it", ROOM},
		{"redirection.max", "sip:a@h sip:b@h", "redirection.max=2",
				"302,sip:x@h;q=100,sip:y@h,sip:z@h 503 503",
				"a:first y:redirect z:reply b:reply", ROOM},
		{"redirection.max of the call", "sip:a@h sip:b@h", "redirection.max=2",
				"302,sip:x@h 302,sip:y@h 302,sip:z@h",
				"a:first x:redirect y:redirect b:reply", ROOM},
		{"redirection.max=0", "sip:a@h sip:b@h", "redirection.max=0",
				"302,sip:x@h", "a:first b:reply", ROOM},
		{"redirection.allow", "sip:a@h sip:b@h", "redirection.allow=@gw",
				"302,sip:x@h,sip:y@gw1", "a:first y:redirect", ROOM},
		{"redirection.allow negated", "sip:a@h sip:b@h",
				"redirection.allow=!@gw", "302,sip:x@h,sip:y@gw1",
				"a:first x:redirect", ROOM},
		{"redirection off", "sip:a@h sip:b@h", "redirection=off",
				"302,sip:x@h 302,sip:x@h", "a:first b:reply it", ROOM},
		{"6xx", "sip:a@h sip:b@h", "", "603", "a:first b:reply", ROOM},
		{"a challenge", "sip:a@h sip:b@h", "", "401", "a:first it", ROOM},
		{"a challenge, with a pattern that matches it", "sip:a@h sip:b@h",
				"pattern.response=.+", "407", "a:first b:reply", ROOM},
		{"attempts", "sip:a@h sip:b@h sip:c@h", "attempts=2", "503 404",
				"a:first b:reply it", ROOM},
		{"max_branches", "sip:a@h sip:b@h", "", "503", "a:first it", 1},
		{"timer.total ends during silence", "sip:a@h sip:b@h", "",
				"total silent", "a:first 408", ROOM},
		{"timer.total ends during ringing", "sip:a@h sip:b@h", "",
				"18x total rings-out", "a:first 408", ROOM},
		{"ringing=stop, a reply", "sip:a@h sip:b@h", "ringing=stop", "18x 486",
				"a:first it", ROOM},
		{"ringing=stop, a redirect", "sip:a@h sip:b@h", "ringing=stop",
				"18x 302,sip:x@h", "a:first it", ROOM},
		{"ringing=stop, a timer", "sip:a@h sip:b@h", "ringing=stop",
				"18x rings-out", "a:first 408", ROOM},
		{"ringing=stop, none rang", "sip:a@h sip:b@h", "ringing=stop", "486",
				"a:first b:reply", ROOM},
		{"reply=last", "sip:a@h sip:b@h", "reply=last", "404 silent",
				"a:first b:reply 408", ROOM},
		{"reply=best, an earlier one", "sip:a@h sip:b@h", "reply=best",
				"404 503", "a:first b:reply 404@0", ROOM},
		{"reply=best, the last one", "sip:a@h sip:b@h", "reply=best", "503 404",
				"a:first b:reply it", ROOM},
		{"reply=best, a 6xx", "sip:a@h sip:b@h sip:c@h", "reply=best",
				"404 603 302", "a:first b:reply c:reply 603@1", ROOM},
		{"reply=best, a reply is better than silence", "sip:a@h sip:b@h",
				"reply=best", "503 silent", "a:first b:reply 503@0", ROOM},
		{"reply=best, only silence", "sip:a@h sip:b@h", "reply=best",
				"silent unsendable", "a:first b:inviting 408", ROOM},
		{"reply=best, no destination was reached", "sip:a@h sip:b@h",
				"reply=best", "unsendable unsendable", "a:first b:send 503",
				ROOM},
		{"reply=best, a 302 for which there is no room", "sip:a@h",
				"reply=best", "302,sip:x@h", "a:first it", 1},
		{"reply=best, a 302 that was followed does not count", "sip:a@h",
				"reply=best", "302,sip:x@h 486", "a:first x:redirect it", ROOM},
		{"reply=CODE", "sip:a@h sip:b@h", "reply=480 Try Later", "404 503",
				"a:first b:reply 480", ROOM},
		{"reply=CODE is not for a reply that does not match", "sip:a@h sip:b@h",
				"reply=480 Try Later; pattern.response=5..", "404",
				"a:first it", ROOM},
		{"preset=carrier", "sip:a@h sip:b@h sip:c@h", "preset=carrier",
				"503 486", "a:first b:reply it", ROOM},
		{"preset=carrier follows no redirect", "sip:a@h sip:b@h",
				"preset=carrier", "302,sip:x@h", "a:first it", ROOM},
		{"a setting overrides the preset of its level", "sip:a@h sip:b@h",
				"pattern.response=486; preset=carrier", "486",
				"a:first b:reply", ROOM},
};

typedef struct play
{
	arena_t *arena;
	chain_t chain;
	char course[512];
	int events;
} play_t;

static fragment_t fragment_of_text(const char *text)
{
	str s = {(char *)text, (int)strlen(text)};

	return fragment_of(&s);
}

static void play_init(play_t *play, const char *list, const char *settings)
{
	static const str no_user = {NULL, 0};
	fragment_t list_text = fragment_of_text(list);
	fragment_t settings_text = fragment_of_text(settings);
	diagnostics_t diagnostics = {0};
	rule_t rule = {0};
	settings_t holding;
	const destination_t *destination = NULL;
	target_t *targets = NULL;
	target_t **last = &targets;
	const char *why;

	memset(play, 0, sizeof(*play));
	play->arena = small_arena();
	ck_assert_int_eq(inline_parse_destinations(
							 &list_text, &rule, play->arena, &diagnostics),
			0);
	ck_assert_int_eq(inline_parse_settings(
							 &settings_text, &rule, play->arena, &diagnostics),
			0);
	settings_builtin(&holding);
	rule_settings(&rule, NULL, &holding, play->arena, &diagnostics);
	while((destination = rule_next_destination(&rule, destination)) != NULL) {
		*last = destination_resolve(
				destination, NULL, &no_user, play->arena, &why);
		last = &(*last)->next;
	}
	chain_init(&play->chain, &holding, targets);
}

/* URI[;q=THOUSANDTHS],... */
static target_t *contacts(play_t *play, char *words)
{
	target_t *list = NULL;
	target_t **link = &list;
	char *save = NULL;
	char *word;

	for(word = strtok_r(words, ",", &save); word != NULL;
			word = strtok_r(NULL, ",", &save)) {
		char *q = strstr(word, ";q=");
		const char *why;
		str uri;

		if(q != NULL)
			*q = '\0';
		uri.s = word;
		uri.len = (int)strlen(word);
		*link = target_of_contact(
				&uri, q == NULL ? 1000 : atoi(q + 3), play->arena, &why);
		ck_assert_msg(*link != NULL, "%s: %s", word, why);
		link = &(*link)->next;
	}
	return list;
}

/* @return whether the call goes on */
static bool note(play_t *play, const decision_t *decision)
{
	char *course = play->course;
	size_t size = sizeof(play->course);

	if(decision->target != NULL)
		/* the user part has one character here */
		print(course, size, " %c:%s", strchr(decision->target->uri.s, ':')[1],
				reason_name(decision->reason));
	else if(decision->reply.kind == FINAL_AS_IT_IS)
		print(course, size, " it");
	else if(decision->reply.kind == FINAL_EARLIER)
		print(course, size, " %d@%d", decision->reply.code,
				decision->reply.branch);
	else
		print(course, size, " %d", decision->reply.code);
	return decision->target != NULL;
}

/* @return whether the call goes on */
static bool happen(play_t *play, char *word, int room)
{
	result_t result = {.room = room, .branch = play->events};
	decision_t decision;

	if(strcmp(word, "18x") == 0) {
		chain_note_ringing(&play->chain);
		return true;
	}
	if(strcmp(word, "total") == 0) {
		chain_expire(&play->chain);
		return true;
	}
	result.kind = strcmp(word, "silent") == 0		? RESULT_INVITING
				  : strcmp(word, "rings-out") == 0	? RESULT_PROVISIONAL
				  : strcmp(word, "unsendable") == 0 ? RESULT_UNSENT
				  : strcmp(word, "dropped") == 0	? RESULT_DROPPED
													: RESULT_REPLY;
	if(result.kind == RESULT_REPLY) {
		result.code = atoi(word);
		if(policy_wants_contacts(&play->chain, result.code) && word[3] == ',')
			result.contacts = contacts(play, word + 4);
	}
	play->events++;
	decision = policy_decide(&play->chain, &result);
	return note(play, &decision);
}

START_TEST(makes_the_attempts_of_its_row)
{
	result_t begin = {.kind = RESULT_NONE_YET, .room = ROOM};
	char happens[256];
	char *save = NULL;
	char *word;
	play_t play;
	decision_t decision;
	bool goes_on;

	play_init(&play, calls[_i].list, calls[_i].settings);
	decision = policy_decide(&play.chain, &begin);
	goes_on = note(&play, &decision);
	snprintf(happens, sizeof(happens), "%s", calls[_i].happens);
	for(word = strtok_r(happens, " ", &save); word != NULL;
			word = strtok_r(NULL, " ", &save)) {
		ck_assert_msg(goes_on, "%s: over before [%s]", calls[_i].title, word);
		goes_on = happen(&play, word, calls[_i].room - 1);
	}
	expect_same(calls[_i].title, play.course + 1, calls[_i].course);
	arena_destroy(play.arena);
}
END_TEST

static const struct
{
	int better, worse;
} ranks[] = {{603, 302}, {302, 404}, {401, 404}, {407, 486}, {415, 400},
		{420, 404}, {484, 486}, {404, 486}, {499, 500}, {500, 503}, {604, 300},
		{599, 700}};

START_TEST(orders_replies)
{
	ck_assert_int_lt(
			response_rank(ranks[_i].better), response_rank(ranks[_i].worse));
}
END_TEST

START_TEST(options_apply_to_their_destination_only)
{
	result_t begin = {.kind = RESULT_NONE_YET, .room = ROOM};
	result_t silent = {.kind = RESULT_INVITING, .room = ROOM};
	play_t play;

	play_init(&play, "sip:a@h{inviting=1,provisional=2} sip:b@h",
			"timer.inviting=5");
	policy_decide(&play.chain, &begin);
	ck_assert_uint_eq(play.chain.attempt.timer_inviting_ms, 1000);
	ck_assert_uint_eq(play.chain.attempt.timer_provisional_ms, 2000);
	policy_decide(&play.chain, &silent);
	ck_assert_uint_eq(play.chain.attempt.timer_inviting_ms, 5000);
	ck_assert_uint_eq(play.chain.attempt.timer_provisional_ms, 20000);
	arena_destroy(play.arena);
}
END_TEST

/* -- destinations that are held ------------------------------------------- */

/* The destinations in `held` may be used only if no other one is left. */
static bool is_not_held(void *asker, const target_t *target, bool is_forced)
{
	return is_forced || strchr(asker, target->parts.user.s[0]) == NULL;
}

static const struct
{
	const char *list, *held, *course;
} held[] = {
		{"sip:a@h sip:b@h", "", "a b"},
		{"sip:a@h sip:b@h", "a", "b a"},
		{"sip:a@h sip:b@h sip:c@h", "ab", "c a b"},
		{"sip:a@h sip:b@h sip:c@h", "b", "a c b"},
		{"sip:a@h sip:b@h sip:c@h", "abc", "a b c"},
};

START_TEST(test_passed_over)
{
	arena_t *arena = arena_create(&counting, 256);
	settings_t settings;
	target_t *targets = NULL, **last = &targets;
	result_t result = {.kind = RESULT_NONE_YET, .room = ROOM};
	char text[128], course[128] = "";
	char *word, *rest = text;
	decision_t decision;
	chain_t chain;

	settings_builtin(&settings);
	snprintf(text, sizeof(text), "%s", held[_i].list);
	while((word = strsep(&rest, " ")) != NULL) {
		str uri = str_of(word), user = {0};
		const char *why;

		*last = target_of_uri(&uri, &user, TRANSPORT_UDP, arena, &why);
		ck_assert_ptr_nonnull(*last);
		last = &(*last)->next;
	}
	chain_init(&chain, &settings, targets);
	chain.may_use = is_not_held;
	chain.asker = (void *)held[_i].held;
	for(;;) {
		decision = policy_decide(&chain, &result);
		if(decision.target == NULL)
			break;
		print(course, sizeof(course), "%s%c", *course == '\0' ? "" : " ",
				decision.target->parts.user.s[0]);
		result.kind = RESULT_UNSENT;
	}
	ck_assert_str_eq(course, held[_i].course);
	arena_destroy(arena);
}
END_TEST

Suite *suite_policy(void)
{
	Suite *suite = suite_create("policy");
	TCase *cases = new_tcase("policy");

	tcase_add_loop_test(cases, test_passed_over, 0, ROWS(held));
	tcase_add_loop_test(cases, makes_the_attempts_of_its_row, 0, ROWS(calls));
	tcase_add_loop_test(cases, orders_replies, 0, ROWS(ranks));
	tcase_add_test(cases, options_apply_to_their_destination_only);
	suite_add_tcase(suite, cases);
	return suite;
}
