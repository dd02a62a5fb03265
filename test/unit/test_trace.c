/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The trace of a call for operators: the events as words, and the text for them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "call/trace.h"
#include "suites.h"
#include "support.h"
#include "text/text.h"

#define STEPS 16
#define BEGAN 5000

/* course: the events of a call, as words.
 * a to z   begin an attempt to sip:a@h; A to Z the same over TCP
 * -a       passes over sip:a@h
 * !        removes the newest attempt
 * +N       N milliseconds pass
 * NNN, inviting, provisional, ringing, send  end the newest attempt
 * NNN<     ends the attempt before it
 * answered, exhausted, rejected, cancelled  end the call */
static const struct
{
	const char *title, *course, *text;
	unsigned current, attempts;
	int code; /* the code of the attempt that ended last; 0: no attempt ended */
} courses[] = {
		{"no attempt", "", "", 0, 0, 0},
		{"one attempt that goes on", "a +10", "", 1, 1, 0},
		{"a timer, a reply and an answer",
				"a +10000 inviting B +12 503 c +840 200 answered",
				"sip:a@h/UDP inviting 10000ms, sip:b@h/TCP 503 12ms, "
				"sip:c@h/UDP 200 840ms",
				3, 3, 200},
		{"one attempt has ended, one goes on", "a +5 404 b +7",
				"sip:a@h/UDP 404 5ms", 2, 2, 404},
		{"each kind of end",
				"a +1 inviting b +2 provisional c +3 ringing d +4 send "
				"e +5 486 exhausted",
				"sip:a@h/UDP inviting 1ms, sip:b@h/UDP provisional 2ms, "
				"sip:c@h/UDP ringing 3ms, sip:d@h/UDP send 4ms, "
				"sip:e@h/UDP 486 5ms",
				5, 5, 486},
		{"the caller gives up", "a +3 404 b +20 cancelled",
				"sip:a@h/UDP 404 3ms, sip:b@h/UDP cancelled 20ms", 2, 2, 487},
		{"a late answer", "a +100 inviting b +50 200< answered",
				"sip:a@h/UDP 200 150ms, sip:b@h/UDP cancelled 50ms", 1, 2, 200},
		{"a failure after the answer does not count", "a +1 200 503 answered",
				"sip:a@h/UDP 200 1ms", 1, 1, 200},
		{"only the first end counts", "a +1 inviting +9 487",
				"sip:a@h/UDP inviting 1ms", 1, 1, 408},
		{"passed over", "-a b +5 503 -c d +1 200 answered",
				"sip:a@h/UDP held, sip:b@h/UDP 503 5ms, sip:c@h/UDP held, "
				"sip:d@h/UDP 200 1ms",
				2, 2, 200},
		{"the last destination is passed over", "a +5 503 -b",
				"sip:a@h/UDP 503 5ms, sip:b@h/UDP held", 1, 1, 503},
		{"an attempt that the script drops", "a ! b +2 200 answered",
				"sip:b@h/UDP 200 2ms", 1, 1, 200},
		{"time passes between attempts", "a +1 404 +500 b +2 404 exhausted",
				"sip:a@h/UDP 404 1ms, sip:b@h/UDP 404 2ms", 2, 2, 404},
};

static target_t targets[STEPS];
static char uris[STEPS][8];
static step_t steps[STEPS];

static const char *const outcomes[CALL_OUTCOMES] = {
		"", "answered", "exhausted", "rejected", "cancelled"};

static step_t *begin(
		trace_t *trace, char user, bool is_passed, int *n, int64_t now)
{
	target_t *target = &targets[*n];
	step_t *step = &steps[*n];
	bool is_tcp = user >= 'A' && user <= 'Z';

	snprintf(uris[*n], sizeof(uris[0]), "sip:%c@h", is_tcp ? user + 32 : user);
	target->uri = target->name = str_of(uris[*n]);
	target->transport = is_tcp ? TRANSPORT_TCP : TRANSPORT_UDP;
	(*n)++;
	if(is_passed)
		trace_pass_over(trace, step, target, now);
	else
		trace_begin_step(trace, step, target, REASON_FIRST, now);
	return step;
}

static void end_by_word(trace_t *trace, const char *word, int64_t now)
{
	static const struct
	{
		const char *word;
		result_kind_t kind;
	} kinds[] = {{"inviting", RESULT_INVITING},
			{"provisional", RESULT_PROVISIONAL}, {"ringing", RESULT_RINGING},
			{"send", RESULT_UNSENT}};
	step_t *step = trace->last;
	size_t i;

	if(strchr(word, '<') != NULL)
		step = step->before;
	for(i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if(strcmp(word, kinds[i].word) == 0) {
			trace_end_step(trace, step, step_end_of(kinds[i].kind), 0, now);
			return;
		}
	}
	ck_assert_int_ge(atoi(word), 100);
	trace_end_step(trace, step, STEP_REPLY, atoi(word), now);
}

static bool is_outcome(trace_t *trace, const char *word, int64_t now)
{
	int i;

	for(i = 1; i < CALL_OUTCOMES; i++) {
		if(strcmp(word, outcomes[i]) == 0) {
			trace_end(trace, (call_outcome_t)i, now);
			return true;
		}
	}
	return false;
}

static void play(trace_t *trace, const char *course)
{
	char words[256];
	char *save = NULL;
	char *word;
	int64_t now = BEGAN;
	int n = 0;

	*trace = (trace_t){.began_ms = BEGAN};
	memset(steps, 0, sizeof(steps));
	memset(targets, 0, sizeof(targets));
	snprintf(words, sizeof(words), "%s", course);
	for(word = strtok_r(words, " ", &save); word != NULL;
			word = strtok_r(NULL, " ", &save)) {
		if(word[0] == '+')
			now += atoi(word + 1);
		else if(word[0] == '!')
			trace_drop_step(trace);
		else if(word[0] == '-' || word[1] == '\0')
			begin(trace, word[word[0] == '-'], word[0] == '-', &n, now);
		else if(!is_outcome(trace, word, now))
			end_by_word(trace, word, now);
	}
}

START_TEST(test_events_of_a_call)
{
	const step_t *step;
	char buffer[512];
	trace_t trace;

	play(&trace, courses[_i].course);
	ck_assert_str_eq(
			trace_text(&trace, buffer, sizeof(buffer)).s, courses[_i].text);
	ck_assert_uint_eq(trace_attempts(&trace), courses[_i].attempts);
	step = trace_current(&trace);
	ck_assert_uint_eq(step == NULL ? 0 : step->number, courses[_i].current);
	step = trace_last_ended(&trace);
	ck_assert_int_eq(step == NULL ? 0 : step->code, courses[_i].code);
}
END_TEST

START_TEST(test_a_long_trace_is_cut_between_steps)
{
	static const char *const whole =
			"sip:a@h/UDP 404 1ms, sip:b@h/UDP 486 2ms, sip:c@h/UDP 503 3ms";
	char buffer[128];
	trace_t trace;
	int size;

	play(&trace, "a +1 404 b +2 486 c +3 503 exhausted");
	for(size = 8; size < (int)sizeof(buffer); size++) {
		str text = trace_text(&trace, buffer, size);

		ck_assert_int_lt(text.len, size);
		ck_assert_uint_eq(strlen(buffer), (size_t)text.len);
		if(strcmp(buffer, whole) == 0)
			continue;
		ck_assert_msg(
				strcmp(buffer, "...") == 0
						|| strcmp(buffer, "sip:a@h/UDP 404 1ms, ...") == 0
						|| strcmp(buffer, "sip:a@h/UDP 404 1ms, sip:b@h/UDP "
										  "486 2ms, ...")
								   == 0,
				"%s", buffer);
	}
	ck_assert_str_eq(buffer, whole);
}
END_TEST

START_TEST(test_the_requests_own_destination_has_the_name_of_its_next_hop)
{
	target_t target = {.uri = str_of("sip:1@us"),
			.name = str_of("sip:1@us"),
			.next_hop = str_of("sip:gw;transport=tcp"),
			.is_current = true,
			.transport = TRANSPORT_TCP};
	step_t step = {.target = &target};

	ck_assert_str_eq(step_name(&step)->s, "sip:gw;transport=tcp");
	target.is_current = false;
	ck_assert_str_eq(step_name(&step)->s, "sip:1@us");
	target.is_current = true;
	target.next_hop.len = 0;
	ck_assert_str_eq(step_name(&step)->s, "sip:1@us");
}
END_TEST

START_TEST(test_a_call_that_ended_goes_on)
{
	trace_t trace;
	int n = 1;

	play(&trace, "a +1 401 rejected");
	ck_assert_str_eq(outcome_name(trace.outcome), "rejected");
	trace_resume(&trace);
	ck_assert_str_eq(outcome_name(trace.outcome), "");
	ck_assert_uint_eq(begin(&trace, 'a', false, &n, BEGAN + 9)->number, 2);
}
END_TEST

Suite *suite_trace(void)
{
	Suite *suite = suite_create("trace");
	TCase *tests = new_tcase("trace");

	tcase_add_loop_test(tests, test_events_of_a_call, 0,
			sizeof(courses) / sizeof(courses[0]));
	tcase_add_test(tests, test_a_long_trace_is_cut_between_steps);
	tcase_add_test(tests,
			test_the_requests_own_destination_has_the_name_of_its_next_hop);
	tcase_add_test(tests, test_a_call_that_ended_goes_on);
	suite_add_tcase(suite, tests);
	return suite;
}
