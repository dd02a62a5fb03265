/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/hold.h"

const char *hold_state_name(hold_state_t state)
{
	static const char *const names[HOLD_STATES] = {
			[HOLD_UP] = "up",
			[HOLD_HELD] = "held",
			[HOLD_TRIAL] = "trial",
			[HOLD_OUT] = "out",
	};

	return names[state];
}

static bool is_over(const hold_t *hold, long long now_ms)
{
	return hold->until_ms != HOLD_FOR_EVER && now_ms >= hold->until_ms;
}

bool hold_is_held(const hold_t *hold, long long now_ms)
{
	if(hold->state == HOLD_OUT)
		return !is_over(hold, now_ms);
	return hold->state != HOLD_UP;
}

static void enter(hold_t *hold, hold_state_t state, long long now_ms)
{
	hold->state = state;
	hold->since_ms = now_ms;
	hold->turn++;
}

/* @return whether that is a change */
static bool go_up(hold_t *hold, long long now_ms)
{
	bool was_up = hold->state == HOLD_UP;

	hold->failures = 0;
	hold->hold_s = 0;
	hold->until_ms = 0;
	if(was_up)
		return false;
	enter(hold, HOLD_UP, now_ms);
	hold->version++;
	return true;
}

static bool go_held(hold_t *hold, unsigned for_s, const hold_rules_t *rules,
		long long now_ms)
{
	bool was_up = hold->state == HOLD_UP;

	hold->hold_s = for_s < rules->max_s ? for_s : rules->max_s;
	hold->until_ms = now_ms + 1000LL * hold->hold_s;
	enter(hold, HOLD_HELD, now_ms);
	hold->version++;
	return was_up;
}

static hold_ticket_t ticket_of(const hold_t *hold, bool is_forced)
{
	return (hold_ticket_t){.turn = hold->turn,
			.answers = hold->answers,
			.is_forced = is_forced,
			.is_trial = hold->state == HOLD_TRIAL && !is_forced,
			.failures = hold->failures,
			.hold_s = hold->hold_s};
}

bool hold_use(hold_t *hold, bool is_forced, const hold_rules_t *rules,
		long long now_ms, hold_ticket_t *ticket)
{
	hold_tick(hold, now_ms);
	if(hold->state != HOLD_UP) {
		if(!is_forced && (hold->state == HOLD_OUT || !is_over(hold, now_ms)))
			return false;
		if(hold->state != HOLD_OUT && is_over(hold, now_ms)) {
			enter(hold, HOLD_TRIAL, now_ms);
			hold->until_ms = now_ms + 1000LL * rules->max_s;
			is_forced = false;
		}
	}
	*ticket = ticket_of(hold, is_forced && hold->state != HOLD_UP);
	return true;
}

/* Is the next hop still in the state in which the attempt began? */
static bool is_valid(const hold_t *hold, const hold_ticket_t *ticket)
{
	return hold->turn == ticket->turn && hold->state != HOLD_OUT;
}

bool hold_note_reply(hold_t *hold, hold_ticket_t *ticket, long long now_ms)
{
	bool is_changed;

	if(ticket->has_replied || ticket->is_forced || !is_valid(hold, ticket))
		return false;
	ticket->has_replied = true;
	ticket->failures = hold->failures;
	ticket->hold_s = hold->hold_s;
	is_changed = go_up(hold, now_ms);
	ticket->turn = hold->turn;
	return is_changed;
}

bool hold_note_life(hold_t *hold, const hold_ticket_t *ticket, long long now_ms)
{
	if(!is_valid(hold, ticket))
		return false;
	hold->answers++;
	return go_up(hold, now_ms);
}

/* Restore the count of failures that a 1xx had cleared: a next hop that sends 100 and
 * then 503 each time has not recovered because of the 100. */
static void take_back(hold_t *hold, const hold_ticket_t *ticket)
{
	if(!ticket->has_replied || hold->answers != ticket->answers)
		return;
	if(hold->failures < ticket->failures)
		hold->failures = ticket->failures;
}

bool hold_note_failure(hold_t *hold, const hold_ticket_t *ticket,
		unsigned retry_after_s, const hold_rules_t *rules, long long now_ms)
{
	unsigned for_s = rules->time_s;

	if(!is_valid(hold, ticket)
			|| (hold->state == HOLD_TRIAL && !ticket->is_trial))
		return false;
	take_back(hold, ticket);
	hold->failures++;
	if(hold->state == HOLD_HELD && retry_after_s == 0)
		return false;
	if(retry_after_s > 0)
		return go_held(hold, retry_after_s, rules, now_ms);
	if(ticket->is_trial && ticket->hold_s > 0)
		for_s = ticket->hold_s >= rules->max_s / 2 ? rules->max_s
												   : 2 * ticket->hold_s;
	else if(!ticket->is_trial && hold->failures < rules->after)
		return false;
	return go_held(hold, for_s, rules, now_ms);
}

void hold_note_nothing(
		hold_t *hold, const hold_ticket_t *ticket, long long now_ms)
{
	if(!ticket->is_trial || hold->state != HOLD_TRIAL
			|| !is_valid(hold, ticket))
		return;
	hold->until_ms = now_ms;
	enter(hold, HOLD_HELD, now_ms);
}

bool hold_note_probe(hold_t *hold, long long now_ms)
{
	return hold->state != HOLD_OUT && go_up(hold, now_ms);
}

void hold_put_out(hold_t *hold, unsigned for_s, long long now_ms)
{
	hold->until_ms = for_s == 0 ? HOLD_FOR_EVER : now_ms + 1000LL * for_s;
	hold->hold_s = 0;
	enter(hold, HOLD_OUT, now_ms);
	hold->version++;
}

bool hold_release(hold_t *hold, long long now_ms)
{
	return go_up(hold, now_ms);
}

bool hold_tick(hold_t *hold, long long now_ms)
{
	if(hold->state != HOLD_OUT || !is_over(hold, now_ms))
		return false;
	return go_up(hold, now_ms);
}

/* -- several servers ---------------------------------------------------- */

hold_news_t hold_tell(const hold_t *hold, long long now_ms)
{
	hold_news_t news = {.version = hold->version,
			.state = hold->state == HOLD_TRIAL ? HOLD_HELD : hold->state,
			.hold_s = hold->hold_s};

	if(hold->until_ms == HOLD_FOR_EVER)
		news.left_ms = HOLD_FOR_EVER;
	else if(news.state != HOLD_UP && hold->until_ms > now_ms
			&& hold->state != HOLD_TRIAL)
		news.left_ms = hold->until_ms - now_ms;
	return news;
}

/* The order of the states: the higher one keeps more calls away. */
static int weight_of(hold_state_t state)
{
	return state == HOLD_OUT ? 2 : state == HOLD_UP ? 0 : 1;
}

hold_heard_t hold_hear(hold_t *hold, const hold_news_t *news, long long now_ms)
{
	bool was_held = hold_is_held(hold, now_ms);

	if(news->version < hold->version)
		return HEARD_BETTER_KNOWN;
	if(news->version == hold->version
			&& weight_of(news->state) <= weight_of(hold->state))
		return weight_of(news->state) == weight_of(hold->state)
					   ? HEARD_NOTHING_NEW
					   : HEARD_BETTER_KNOWN;
	hold->version = news->version;
	hold->failures = 0;
	hold->hold_s = news->hold_s;
	hold->until_ms = news->left_ms == HOLD_FOR_EVER ? HOLD_FOR_EVER
													: now_ms + news->left_ms;
	enter(hold, news->state, now_ms);
	return was_held == hold_is_held(hold, now_ms) ? HEARD_TAKEN : HEARD_CHANGED;
}
