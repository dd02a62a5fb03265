/* SPDX-License-Identifier: GPL-2.0-or-later */
/* hold: decides whether a next hop may be used. Its callers tell it how attempts
 * ended, what an operator wants, what other servers say, and what time it is. It
 * knows no call, no lock and no clock.
 *
 *  | in    | used  | lives | fails       | no word | probe ok | put out | release | time over |
 *  |-------|-------|-------|-------------|---------|----------|---------|---------|-----------|
 *  | up    | up    | up    | up, or held | up      | up       | out     | up      | -         |
 *  | held  | -     | up    | held        | held    | up       | out     | up      | trial (1) |
 *  | trial | -     | up    | held        | held    | up       | out     | up      | trial (2) |
 *  | out   | -     | out   | out         | out     | out      | out     | up      | up        |
 *
 * up: every call may use it. It becomes held after hold_after failures in a row, or
 *     after one failure whose reply has a Retry-After.
 * held: calls pass over it until its time is over. (1) Then the next call that would
 *     use it is the trial. An attempt that was made although it is held, because
 *     nothing else was left, makes it up again only with a final reply.
 * trial: one attempt is under way and decides. Other calls pass over it. Only that
 *     attempt makes it up or held. If the attempt fails, the next hop is held twice
 *     as long as before. If the attempt shows nothing, the next call is the trial.
 *     (2) A trial that never reports its end is over after hold_max.
 * out: an operator has taken it out of service, until he releases it or for a time.
 *
 * The end of an attempt counts only if the next hop is still in the state in which
 * the attempt began. So thirty calls that were under way when the gateway went silent
 * do not count as thirty failures after the trial. */
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
	unsigned turn;		/* counts the changes of state */
	unsigned answers;	/* counts the final replies that showed that it works */
	unsigned failures;	/* in a row */
	unsigned hold_s;	/* for how long it is or was held; 0: it was not */
	long long since_ms; /* since when it is in this state */
	long long until_ms; /* when held, trial or out ends; or HOLD_FOR_EVER */
	unsigned long long version; /* of what a group of servers knows */
} hold_t;

typedef struct hold_rules
{
	unsigned after;	 /* how many failures in a row; 0: nothing is ever held */
	unsigned time_s; /* for how long the first time */
	unsigned max_s;	 /* for how long at most */
} hold_rules_t;

/* What an attempt keeps about the moment in which it began. */
typedef struct hold_ticket
{
	unsigned turn, answers;
	bool is_forced; /* made although the next hop is held */
	bool is_trial;
	bool has_replied;  /* a 1xx has cleared the count that follows */
	unsigned failures; /* the failures in a row before that 1xx */
	unsigned hold_s;
} hold_ticket_t;

/** "up", "held", "trial", "out". */
const char *hold_state_name(hold_state_t state);

/** Do calls pass over it at this time, or is it on trial? */
bool hold_is_held(const hold_t *hold, long long now_ms);

/** Ask whether a call may use the next hop.
 * @param is_forced the call uses it in any case, because nothing else is left
 * @param ticket filled if the call may use it
 * @return whether the call may use it */
bool hold_use(hold_t *hold, bool is_forced, const hold_rules_t *rules,
		long long now_ms, hold_ticket_t *ticket);

/* Each of the following functions returns true if the next hop is held now and was
 * not before, or the other way round. This is the change that an operator hears of. */

/** The attempt has got its first reply, a provisional one. If the final reply is a
 * failure, hold_note_failure() undoes this. */
bool hold_note_reply(hold_t *hold, hold_ticket_t *ticket, long long now_ms);

/** The attempt has got a final reply that shows that the next hop works. */
bool hold_note_life(
		hold_t *hold, const hold_ticket_t *ticket, long long now_ms);

/** The attempt has failed.
 * @param retry_after_s what the reply asks for; 0: nothing */
bool hold_note_failure(hold_t *hold, const hold_ticket_t *ticket,
		unsigned retry_after_s, const hold_rules_t *rules, long long now_ms);

/** The attempt has ended and shows nothing about the next hop. */
void hold_note_nothing(
		hold_t *hold, const hold_ticket_t *ticket, long long now_ms);

/** A probe was answered. */
bool hold_note_probe(hold_t *hold, long long now_ms);

/** An operator takes the next hop out of service.
 * @param for_s for how long; 0: until it is released */
void hold_put_out(hold_t *hold, unsigned for_s, long long now_ms);

/** An operator puts the next hop into service again. */
bool hold_release(hold_t *hold, long long now_ms);

/** Release a next hop that an operator took out for a time which is over. */
bool hold_tick(hold_t *hold, long long now_ms);

/* What one server tells the others about a next hop. */
typedef struct hold_news
{
	unsigned long long version;
	hold_state_t state; /* HOLD_HELD stands for HOLD_TRIAL too */
	long long left_ms;	/* how long this lasts; or HOLD_FOR_EVER */
	unsigned hold_s;
} hold_news_t;

hold_news_t hold_tell(const hold_t *hold, long long now_ms);

/* What was done with such news. */
typedef enum hold_heard
{
	HEARD_NOTHING_NEW,
	HEARD_BETTER_KNOWN, /* this server knows better and must tell the other one */
	HEARD_TAKEN,		/* the other server's state is taken */
	HEARD_CHANGED,		/* taken, and an operator hears of the change */
} hold_heard_t;

/** Hear what another server says. The higher version is right. If the versions are
 * equal, the state that keeps more calls away is right. So servers that were cut off
 * from each other agree again. */
hold_heard_t hold_hear(hold_t *hold, const hold_news_t *news, long long now_ms);

#endif
