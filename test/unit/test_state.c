/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Compares every state and event with the table in call/state.h, and checks what must be
 * true for any order of events. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "call/state.h"
#include "suites.h"

#define CELL_BYTES 16

static const char *const states[CALL_STATES] = {
		[CALL_STARTING] = "starting",
		[CALL_TRYING] = "trying",
		[CALL_PROCEEDING] = "proceed",
		[CALL_GIVING_UP] = "giving",
		[CALL_CANCELLED] = "cancelled",
		[CALL_ANSWERED] = "answered",
		[CALL_ENDED] = "ended",
};

static const char *const actions[] = {
		[DO_NOTHING] = "-",
		[DO_WATCH] = "watch",
		[DO_TIME] = "time",
		[DO_NEXT] = "next",
		[DO_EXPIRE] = "expire",
		[DO_GIVE_UP] = "give up",
		[DO_CANCEL] = "cancel",
		[DO_END] = "end",
		[DO_END_CANCELLED] = "end487",
		[DO_REPLY_TOTAL] = "reply 408",
		[DO_REPLY_CANCELLED] = "reply 487",
};

/* The cells of a line of the table, without the first. */
static int split(char *line, char cells[CALL_EVENTS][CELL_BYTES])
{
	char *save = NULL;
	char *cell = strtok_r(line, "|", &save); /* what is before the first bar */
	int n = 0;

	strtok_r(NULL, "|", &save); /* the state */
	while((cell = strtok_r(NULL, "|", &save)) != NULL && n < CALL_EVENTS
			&& *cell != '\n') {
		char *end = cell + strlen(cell);

		while(*cell == ' ')
			cell++;
		while(end > cell && end[-1] == ' ')
			*--end = '\0';
		snprintf(cells[n++], CELL_BYTES, "%s", cell);
	}
	return n;
}

/* The rows of the table in call/state.h, two lines for each state. */
static FILE *open_table(void)
{
	FILE *file = fopen("call/state.h", "r");
	char line[256];

	ck_assert_msg(file != NULL, "run it in the top folder");
	while(fgets(line, sizeof(line), file) != NULL) {
		if(strstr(line, "|----") != NULL)
			return file;
	}
	ck_abort_msg("call/state.h has no table");
	return NULL;
}

START_TEST(agrees_with_the_table_of_the_header)
{
	FILE *file = open_table();
	char line[2][256];
	char cells[2][CALL_EVENTS][CELL_BYTES];
	int state, event, i;

	for(state = 0; state < CALL_STATES; state++) {
		for(i = 0; i < 2; i++) {
			ck_assert(fgets(line[i], sizeof(line[i]), file) != NULL);
			ck_assert_int_eq(split(line[i], cells[i]), CALL_EVENTS);
		}
		for(event = 0; event < CALL_EVENTS; event++) {
			transition_t next = state_follow(state, event);
			const char *to = next.state == (call_state_t)state
									 ? "-"
									 : states[next.state];

			ck_assert_msg(
					strcmp(to, cells[0][event]) == 0
							&& strcmp(actions[next.action], cells[1][event])
									   == 0,
					"%s, event %d: [%s] [%s] in the code, [%s] [%s] in the "
					"header",
					state_name(state), event, to, actions[next.action],
					cells[0][event], cells[1][event]);
		}
	}
	fclose(file);
}
END_TEST

/* For any order of events: there is no attempt after the caller has cancelled or has an
 * answer, and a call that has ended stays ended. */
START_TEST(never_goes_back)
{
	unsigned seed = (unsigned)_i;
	call_state_t state = CALL_STARTING;
	int step;

	for(step = 0; step < 200; step++) {
		call_event_t event = (call_event_t)(rand_r(&seed) % CALL_EVENTS);
		transition_t next = state_follow(state, event);

		if(state_is_over(state) || state == CALL_CANCELLED)
			ck_assert_msg(next.action != DO_NEXT && next.action != DO_WATCH
								  && next.state != CALL_STARTING,
					"%s, event %d", state_name(state), event);
		if(state_is_over(state))
			ck_assert_int_eq(next.state, state);
		if(event == EVENT_ANSWER && !state_is_over(state))
			ck_assert_int_eq(next.state, CALL_ANSWERED);
		state = next.state;
	}
}
END_TEST

Suite *suite_state(void)
{
	Suite *suite = suite_create("state");
	TCase *cases = tcase_create("state");

	tcase_add_test(cases, agrees_with_the_table_of_the_header);
	tcase_add_loop_test(cases, never_goes_back, 0, 100);
	suite_add_tcase(suite, cases);
	return suite;
}
