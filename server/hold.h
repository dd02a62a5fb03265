/* SPDX-License-Identifier: GPL-2.0-or-later */
/* hold: decides whether a next hop may be used. It is told what attempts show of
 * it, what an operator wants and what other servers say, and what time it is. It
 * knows no call, no lock and no clock.
 *
 *  | in    | used  | lives | fails       | no word | probe ok | put out | release | time over |
 *  |-------|-------|-------|-------------|---------|----------|---------|---------|-----------|
 *  | up    | up    | up    | up, or held | up      | up       | out     | up      | -         |
 *  | held  | -     | up    | held        | held    | up       | out     | up      | trial (1) |
 *  | trial | -     | up    | held        | held    | up       | out     | up      | trial (2) |
 *  | out   | -     | out   | out         | out     | out      | out     | up      | up        |
 *
 * up: every call may use it. `fails` makes it held once hold_after of them came in a
 *     row, or when the reply said for how long (Retry-After).
 * held: calls pass over it until its time is over; (1) then the next one that
 *     would use it does. `lives` counts from an attempt that was made all the same,
 *     as nothing else was left, and only with a final reply.
 * trial: one attempt is under way that decides; calls pass over it. `lives` and
 *     `fails` count from that attempt only. After a failure it is held twice as
 *     long as before. Without a word its time is over at once. (2) A trial that is
 *     never heard of again ends after hold_max.
 * out: taken out of service by an operator, until it is released, or for a time.
 *
 * What an attempt shows counts only while the next hop is in the state in which the
 * attempt began: thirty calls that were under way when it went silent are not
 * thirty failures of the one that comes after the trial. */
#ifndef FAILOVER_SERVER_HOLD_H
#define FAILOVER_SERVER_HOLD_H

#include <stdbool.h>

typedef enum hold_state
{
	HOLD_UP,
	HOLD_HELD,
	HOLD_TRIAL,
	HOLD_OUT,
	HOLD_STATES
} hold_state_t;

/* without an end: until an operator releases it */
#define HOLD_FOR_EVER (-1LL)

/* A next hop. All zero: up, nothing known. */
typedef struct hold
{
	hold_state_t state;
	unsigned turn;		   /* counts the changes of state */
	unsigned answers;	   /* counts final replies that showed it alive */
	unsigned failures;	   /* in a row */
	unsigned hold_s;	   /* for how long it is or was held; 0: it was not */
	long long since_ms;	   /* of the state */
	long long until_ms;	   /* of held, trial and out; or HOLD_FOR_EVER */
	unsigned long version; /* of what the servers of a group know of it */
} hold_t;

typedef struct hold_rules
{
	unsigned after;	 /* failures in a row; 0: nothing is ever held */
	unsigned time_s; /* for how long, the first time */
	unsigned max_s;	 /* and at most */
} hold_rules_t;

/* What an attempt needs to know of the moment in which it began. */
typedef struct hold_ticket
{
	unsigned turn, answers;
	bool is_forced; /* made although the next hop was to be passed over */
	bool is_trial;
	bool has_replied;  /* a 1xx has cleared what follows */
	unsigned failures; /* before that */
	unsigned hold_s;
} hold_ticket_t;

/** "up", "held", "trial", "out". */
const char *hold_state_name(hold_state_t state);

/** Is it one that calls pass over at this time, or are on trial? */
bool hold_is_held(const hold_t *hold, long long now_ms);

/** A call would use the next hop.
 * @param is_forced it will, as it has nothing else left
 * @param ticket filled, if it may
 * @return whether it may */
bool hold_use(hold_t *hold, bool is_forced, const hold_rules_t *rules,
		long long now_ms, hold_ticket_t *ticket);

/* Each of the following returns whether the state has changed in the eyes of an
 * operator: held now and not before, or the other way round. */

/** The attempt has got its first reply, a provisional one. Should a failing final
 * one follow, this is taken back. */
bool hold_note_reply(hold_t *hold, hold_ticket_t *ticket, long long now_ms);

/** The attempt has got a final reply that shows it alive. */
bool hold_note_life(
		hold_t *hold, const hold_ticket_t *ticket, long long now_ms);

/** The attempt has failed.
 * @param retry_after_s what the reply asks for; 0: nothing */
bool hold_note_failure(hold_t *hold, const hold_ticket_t *ticket,
		unsigned retry_after_s, const hold_rules_t *rules, long long now_ms);

/** The attempt has ended and shows nothing. */
void hold_note_nothing(
		hold_t *hold, const hold_ticket_t *ticket, long long now_ms);

/** A probe was answered. */
bool hold_note_probe(hold_t *hold, long long now_ms);

/** An operator takes it out of service.
 * @param for_s for how long; 0: until it is released */
void hold_put_out(hold_t *hold, unsigned for_s, long long now_ms);

/** An operator releases it. */
bool hold_release(hold_t *hold, long long now_ms);

/** End what ends by itself: the time of an operator's hold. */
bool hold_tick(hold_t *hold, long long now_ms);

/* What one server tells the others of a next hop. */
typedef struct hold_news
{
	unsigned long version;
	hold_state_t state; /* HOLD_TRIAL is told as HOLD_HELD */
	long long left_ms;	/* of its time; or HOLD_FOR_EVER */
	unsigned hold_s;
} hold_news_t;

hold_news_t hold_tell(const hold_t *hold, long long now_ms);

/* What becomes of news. */
typedef enum hold_heard
{
	HEARD_NOTHING_NEW,
	HEARD_BETTER_KNOWN, /* the other one is to be told what is known here */
	HEARD_TAKEN,		/* as it is now */
	HEARD_CHANGED,		/* and it is held now and was not, or the reverse */
} hold_heard_t;

/** Another server tells. The higher version is right; of equal ones that which keeps
 * calls away, so that servers which could not hear each other agree again. */
hold_heard_t hold_hear(hold_t *hold, const hold_news_t *news, long long now_ms);

#endif
