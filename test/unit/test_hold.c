/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether a next hop may be used: the events of a next hop against its states, and what
 * must be true after any event. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "server/hold.h"
#include "suites.h"
#include "support.h"

#define TICKETS 32

static const hold_rules_t rules = {.after = 3, .time_s = 30, .max_s = 100};

/* A next hop, its attempts (each has a letter), and the time in seconds. */
typedef struct play
{
	hold_t hold;
	hold_ticket_t tickets[TICKETS];
	long long now_ms;
	int changes;
} play_t;

static const char *use(play_t *play, char letter, bool is_forced)
{
	hold_ticket_t ticket;

	if(!hold_use(&play->hold, is_forced, &rules, play->now_ms, &ticket))
		return "no";
	play->tickets[(unsigned)letter % TICKETS] = ticket;
	return ticket.is_trial ? "trial" : "yes";
}

/* a?  asks whether attempt a may be made
 * a!  the attempt is made in any case
 * a100 a200 a503 aRETRY:N a-  a reply, a reply with Retry-After, no result
 * +N  N seconds pass
 * probe, out:N, release, tick
 * Shows the answer to a?, or else the state. */
static const char *step(play_t *play, const char *word)
{
	hold_ticket_t *ticket = &play->tickets[(unsigned)word[0] % TICKETS];
	hold_t *hold = &play->hold;
	bool is_changed = false;

	if(word[0] == '+')
		play->now_ms += 1000LL * atoi(word + 1);
	else if(strcmp(word, "probe") == 0)
		is_changed = hold_note_probe(hold, play->now_ms);
	else if(strncmp(word, "out:", 4) == 0)
		hold_put_out(hold, (unsigned)atoi(word + 4), play->now_ms);
	else if(strcmp(word, "release") == 0)
		is_changed = hold_release(hold, play->now_ms);
	else if(strcmp(word, "tick") == 0)
		is_changed = hold_tick(hold, play->now_ms);
	else if(word[1] == '?' || word[1] == '!')
		return use(play, word[0], word[1] == '!');
	else if(strcmp(word + 1, "100") == 0)
		is_changed = hold_note_reply(hold, ticket, play->now_ms);
	else if(strcmp(word + 1, "200") == 0)
		is_changed = hold_note_life(hold, ticket, play->now_ms);
	else if(strcmp(word + 1, "503") == 0)
		is_changed = hold_note_failure(hold, ticket, 0, &rules, play->now_ms);
	else if(strncmp(word + 1, "RETRY:", 6) == 0)
		is_changed = hold_note_failure(
				hold, ticket, (unsigned)atoi(word + 7), &rules, play->now_ms);
	else if(word[1] == '-')
		hold_note_nothing(hold, ticket, play->now_ms);
	else
		ck_abort_msg("no such step: %s", word);
	play->changes += is_changed;
	return hold_state_name(hold->state);
}

#define HELD "a? a503 b? b503 c? c503 "
#define HELD_SHOWS "yes up yes up yes held "

static const struct
{
	const char *title, *happens, *shows;
} courses[] = {
		{"nothing is known", "a?", "yes"},
		{"two failures are not enough", "a? a503 b? b503 c?",
				"yes up yes up yes"},
		{"three in a row hold it", HELD "d?", HELD_SHOWS "no"},
		{"an answer between failures clears the count",
				"a? a503 b? b503 c? c200 d? d503 e? e503 f?",
				"yes up yes up yes up yes up yes up yes"},
		{"a 100 clears the count too",
				"a? a503 b? b503 c? c100 c- d? d503 e? e503 f?",
				"yes up yes up yes up up yes up yes up yes"},
		{"a 100 and then a 503 does not clear it",
				"a? a100 a503 b? b100 b503 c? c100 c503 d?",
				"yes up up yes up up yes up held no"},
		{"an answer to another attempt in between clears it",
				"a? a503 b? b503 c? c100 d? d200 c503 e?",
				"yes up yes up yes up yes up up yes"},
		{"an attempt without a result does not count",
				"a? a503 b? b503 c? c- d? d503 e?",
				"yes up yes up yes up yes held no"},
		{"a hold ends after its time", HELD "+29 d? +1 e?",
				HELD_SHOWS "held no held trial"},
		{"during a trial all other calls pass over", HELD "+30 d? e? f? +20 g?",
				HELD_SHOWS "held trial no no trial no"},
		{"a trial that is answered", HELD "+30 d? d200 e?",
				HELD_SHOWS "held trial up yes"},
		{"a trial that rings", HELD "+30 d? d100 e?",
				HELD_SHOWS "held trial up yes"},
		{"a trial that fails: twice as long", HELD "+30 d? d503 +59 e? +1 f?",
				HELD_SHOWS "held trial held held no held trial"},
		{"a trial that fails after its 100",
				HELD "+30 d? d100 d503 +59 e? +1 f?",
				HELD_SHOWS "held trial up held held no held trial"},
		{"a hold lasts at most hold_max",
				HELD "+30 d? d503 +60 e? e503 +99 f? +1 f? f503 +99 g? +1 g?",
				HELD_SHOWS "held trial held held trial held held no held trial "
						   "held held no held trial"},
		{"after it was up, a hold lasts the first time again",
				HELD "+30 d? d503 +60 e? e200 f? f503 g? g503 h? h503 +30 i?",
				HELD_SHOWS "held trial held held trial up yes up yes up yes "
						   "held held trial"},
		{"a trial without a result: the next call tries",
				HELD "+30 d? d- e? f?", HELD_SHOWS "held trial held trial no"},
		{"a trial whose result never comes", HELD "+30 d? +99 e? +1 f?",
				HELD_SHOWS "held trial trial no trial trial"},
		{"a late result of a trial does not count",
				HELD "+30 d? +100 f? d503 d200 f503",
				HELD_SHOWS "held trial trial trial trial trial held"},
		{"attempts from before the hold do not count",
				"x? y? z? " HELD "x503 y200 +30 d? z503 x200",
				"yes yes yes " HELD_SHOWS "held held held trial trial trial"},
		{"Retry-After holds at once", "a? aRETRY:7 b? +6 c? +1 d?",
				"yes held no held no held trial"},
		{"Retry-After holds at most hold_max", "a? aRETRY:999999 +99 b? +1 c?",
				"yes held held no held trial"},
		{"a trial with Retry-After",
				HELD "+30 d? dRETRY:5 +5 e? e503 +9 f? "
					 "+1 f?",
				HELD_SHOWS "held trial held held trial held held no held "
						   "trial"},
		{"forced: it is tried in any case", HELD "d! d503 e?",
				HELD_SHOWS "yes held no"},
		{"forced: an answer shows it alive", HELD "d! d200 e?",
				HELD_SHOWS "yes up yes"},
		{"forced: a 100 does not", HELD "d! d100 e?", HELD_SHOWS "yes held no"},
		{"forced after the time of the hold: a trial", HELD "+30 d! e? d503 e?",
				HELD_SHOWS "held trial no held no"},
		{"forced during a trial", HELD "+30 d? e! e503 f? d200 g?",
				HELD_SHOWS "held trial yes trial no up yes"},
		{"a probe", HELD "probe d?", HELD_SHOWS "up yes"},
		{"a probe during a trial", HELD "+30 d? probe e? d503 f?",
				HELD_SHOWS "held trial up yes up yes"},
		{"an operator takes it out", "a? out:0 a200 b? +99999 c? probe d?",
				"yes out out no out no out no"},
		{"an operator releases it", "out:0 release a?", "out up yes"},
		{"out for a time", "out:5 +4 a? +1 b?", "out out no out yes"},
		{"out for a time, without calls", "out:5 +5 tick", "out out up"},
		{"out, forced", "out:0 a! a200 b?", "out yes out no"},
		{"a hold is released", HELD "release d? d503 e?",
				HELD_SHOWS "up yes up yes"},
};

START_TEST(test_events_of_a_next_hop)
{
	char text[512], shows[512] = "";
	play_t play = {.now_ms = 5000};
	char *word, *rest = text;

	snprintf(text, sizeof(text), "%s", courses[_i].happens);
	while((word = strsep(&rest, " ")) != NULL) {
		if(*word != '\0')
			print(shows, sizeof(shows), "%s%s", *shows == '\0' ? "" : " ",
					step(&play, word));
	}
	ck_assert_msg(strcmp(shows, courses[_i].shows) == 0,
			"%s: [%s]\n   shows [%s]\n not as [%s]", courses[_i].title,
			courses[_i].happens, shows, courses[_i].shows);
}
END_TEST

/* -- several servers ---------------------------------------------------- */

static void tell(const play_t *from, play_t *to)
{
	hold_news_t news = hold_tell(&from->hold, from->now_ms);

	if(hold_hear(&to->hold, &news, to->now_ms) == HEARD_BETTER_KNOWN) {
		news = hold_tell(&to->hold, to->now_ms);
		ck_assert_int_ne(hold_hear((hold_t *)&from->hold, &news, from->now_ms),
				HEARD_BETTER_KNOWN);
	}
}

static void play_words(play_t *play, const char *words)
{
	char text[256];
	char *word, *rest = text;

	snprintf(text, sizeof(text), "%s", words);
	while((word = strsep(&rest, " ")) != NULL)
		step(play, word);
}

START_TEST(test_the_other_server_obeys_a_hold)
{
	play_t a = {.now_ms = 5000}, b = {.now_ms = 77000};

	play_words(&a, "a? a503 b? b503 c? c503 +10");
	tell(&a, &b);
	ck_assert_str_eq(use(&b, 'a', false), "no");
	play_words(&b, "+19");
	ck_assert_str_eq(use(&b, 'a', false), "no");
	play_words(&b, "+1");
	ck_assert_str_eq(use(&b, 'a', false), "trial");
	play_words(&b, "a503");
	tell(&b, &a);
	play_words(&a, "+59");
	ck_assert_str_eq(use(&a, 'a', false), "no");
	play_words(&a, "+1");
	ck_assert_str_eq(use(&a, 'a', false), "trial");
	play_words(&a, "a200");
	tell(&a, &b);
	ck_assert_str_eq(use(&b, 'b', false), "yes");
}
END_TEST

/* The server that reported it did not say for how long the next hop was held. */
START_TEST(test_a_trial_that_fails_is_always_held)
{
	play_t a = {.now_ms = 5000};
	const hold_news_t news = {.version = 7, .state = HOLD_HELD};

	ck_assert_int_eq(hold_hear(&a.hold, &news, a.now_ms), HEARD_CHANGED);
	ck_assert_str_eq(use(&a, 'a', false), "trial");
	ck_assert_str_eq(step(&a, "a503"), "held");
	play_words(&a, "+29");
	ck_assert_str_eq(use(&a, 'a', false), "no");
	play_words(&a, "+1");
	ck_assert_str_eq(use(&a, 'a', false), "trial");
}
END_TEST

/* The version is a time. Its count does not fit into 32 bits, the long of some machines. */
START_TEST(test_versions_are_times)
{
	play_t a = {.now_ms = 5000}, b = {.now_ms = 77000};

	a.hold.version = 1ULL << 40;
	b.hold.version = 1795780000;
	play_words(&a, "out:0");
	tell(&a, &b);
	ck_assert_int_eq(b.hold.state, HOLD_OUT);
	ck_assert(b.hold.version == (1ULL << 40) + 1);
}
END_TEST

START_TEST(test_an_old_message_is_answered)
{
	play_t a = {.now_ms = 5000}, b = {.now_ms = 77000};

	play_words(&a, "out:0");
	tell(&a, &b);
	play_words(&b, "release");
	ck_assert_str_eq(use(&a, 'a', false), "no");
	tell(&a, &b);
	ck_assert_str_eq(use(&a, 'a', false), "yes");
	ck_assert_str_eq(use(&b, 'a', false), "yes");
}
END_TEST

START_TEST(test_two_servers_agree_after_a_separation)
{
	play_t a = {.now_ms = 5000}, b = {.now_ms = 77000};

	play_words(&a, "out:0");
	play_words(&b, "a? aRETRY:30");
	tell(&b, &a);
	ck_assert_int_eq(a.hold.state, HOLD_OUT);
	ck_assert_int_eq(b.hold.state, HOLD_OUT);
}
END_TEST

/* -- whatever happens --------------------------------------------------- */

/* Check what must be true after each step. At most one trial counts. A hold has a time
 * at which it ends, unless an operator set it. */
static void check_state(const play_t *play)
{
	const hold_t *hold = &play->hold;
	int trials = 0;
	int i;

	for(i = 0; i < TICKETS; i++)
		trials += play->tickets[i].is_trial && hold->state == HOLD_TRIAL
				  && play->tickets[i].turn == hold->turn;
	ck_assert_int_le(trials, 1);
	ck_assert_int_eq(trials == 1, hold->state == HOLD_TRIAL);
	if(hold->state == HOLD_UP)
		ck_assert_uint_lt(hold->failures, rules.after);
	if(hold->state == HOLD_HELD || hold->state == HOLD_TRIAL) {
		ck_assert_int_ge(hold->until_ms, hold->since_ms);
		ck_assert_int_le(hold->until_ms, hold->since_ms + 1000LL * rules.max_s);
	}
}

START_TEST(test_random_events)
{
	static const char *const words[] = {"?", "?", "?", "!", "100", "200", "503",
			"503", "503", "503", "RETRY:7", "RETRY:4000000", "-", "+1", "+30",
			"+200", "probe", "out:0", "out:9", "release", "tick"};
	unsigned seed = (unsigned)_i;
	play_t play = {.now_ms = 1};
	int n_changes = 0, i;

	for(i = 0; i < 4000; i++) {
		char text[32];
		int w = rand_r(&seed) % (int)(sizeof(words) / sizeof(words[0]));
		unsigned letter = (unsigned)rand_r(&seed) % 26;
		bool was_up = play.hold.state == HOLD_UP;
		int before = play.changes;
		hold_ticket_t *ticket = &play.tickets[('a' + letter) % TICKETS];

		if(w >= 13)
			snprintf(text, sizeof(text), "%s", words[w]);
		else
			snprintf(text, sizeof(text), "%c%s", 'a' + (int)letter, words[w]);
		if(w < 4)
			hold_note_nothing(&play.hold, ticket, play.now_ms);
		step(&play, text);
		/* an attempt ends only once */
		if(w >= 5 && w < 13)
			memset(ticket, 0, sizeof(*ticket));
		check_state(&play);
		if(play.changes > before) {
			ck_assert_int_ne(was_up, play.hold.state == HOLD_UP);
			n_changes++;
		}
	}
	ck_assert_int_gt(n_changes, 10);
	/* a next hop can always be released */
	play_words(&play, "release");
	ck_assert_str_eq(use(&play, 'a', false), "yes");
}
END_TEST

Suite *suite_hold(void)
{
	Suite *suite = suite_create("hold");
	TCase *cases = new_tcase("hold");

	tcase_add_loop_test(cases, test_events_of_a_next_hop, 0, ROWS(courses));
	tcase_add_test(cases, test_the_other_server_obeys_a_hold);
	tcase_add_test(cases, test_a_trial_that_fails_is_always_held);
	tcase_add_test(cases, test_versions_are_times);
	tcase_add_test(cases, test_an_old_message_is_answered);
	tcase_add_test(cases, test_two_servers_agree_after_a_separation);
	tcase_add_loop_test(cases, test_random_events, 1, 41);
	suite_add_tcase(suite, cases);
	return suite;
}
