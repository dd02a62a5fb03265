/* SPDX-License-Identifier: GPL-2.0-or-later */
/* policy: decides what follows an attempt: which destination is tried next, or with
 * which reply the call ends. It knows no transaction, no message, no timer and no
 * clock. failoverctl uses the same code. */
#ifndef FAILOVER_CALL_POLICY_H
#define FAILOVER_CALL_POLICY_H

#include "dialplan/destination.h"
#include "dialplan/settings.h"

/* Why an attempt is made: what ended the one before it. */
typedef enum reason
{
	REASON_FIRST,		/* there was none before it */
	REASON_REPLY,		/* a negative final reply */
	REASON_INVITING,	/* no reply at all in time */
	REASON_PROVISIONAL, /* no final reply in time */
	REASON_RINGING,		/* it has rung too long */
	REASON_SEND,		/* it could not be sent */
	REASON_REDIRECT,	/* a 3xx, whose Contact this is */
	REASON_RETRY,		/* the script tries it once more (failover_retry) */
	REASON_COUNT
} reason_t;

/** May a target be tried now? The policy asks this for each target before it counts it
 * as an attempt.
 * @param is_forced it is tried in any case, because nothing else is left */
typedef bool may_use_f(void *asker, const target_t *target, bool is_forced);

typedef enum result_kind
{
	RESULT_NONE_YET,	/* no attempt was made */
	RESULT_REPLY,		/* a negative final reply */
	RESULT_INVITING,	/* timer.inviting is over without any reply */
	RESULT_PROVISIONAL, /* timer.provisional is over without a final one */
	RESULT_RINGING,		/* timer.ringing is over without a final one */
	RESULT_UNSENT,		/* it could not be sent */
	RESULT_DROPPED,		/* the script has dropped it: it was no attempt */
} result_kind_t;

typedef struct result
{
	result_kind_t kind;
	int code;				/* the code of the reply */
	int branch;				/* which reply it is, numbered by the caller */
	target_t *contacts;		/* of a 3xx that can be followed, in header order;
						 * they become the chain's */
	unsigned retry_after_s; /* Retry-After of the reply in seconds; 0: none */
	int room; /* how many further attempts the server can make in this call */
} result_t;

/* The final reply to the caller. */
typedef enum final_kind
{
	FINAL_AS_IT_IS, /* the last reply, unchanged */
	FINAL_EARLIER,	/* an earlier one */
	FINAL_OWN,		/* one of our own */
} final_kind_t;

typedef struct final_reply
{
	final_kind_t kind;
	int code;
	const char *phrase; /* for FINAL_OWN */
	int branch;			/* for FINAL_EARLIER */
} final_reply_t;

/* the reply that has just come */
extern const final_reply_t final_as_it_is;

/* The destinations of one call and how far it has come. */
typedef struct chain
{
	settings_t settings;   /* settings of the call */
	settings_t attempt;	   /* these with the options of the current target */
	target_t *waiting;	   /* not tried yet, in order */
	target_t *tried;	   /* tried already, the current one first */
	reason_t reason;	   /* why the current one is tried */
	target_t *passed_over; /* as they may not be used now, in order: they are
							* tried when nothing else is left */
	may_use_f *may_use;	   /* NULL: all may be used */
	void *asker;
	bool is_forced; /* now those that were passed over are tried */
	/* the result that led to the current target, and the reply if there had been no
	 * such target */
	result_t result_before;
	final_reply_t last;
	unsigned attempts;
	unsigned contacts_followed;
	bool has_options;	/* the target has settings of its own, in `attempt` */
	bool has_rung;		/* a destination has sent an 18x */
	bool is_expired;	/* timer.total is over */
	bool has_timed_out; /* a destination has not replied in time */
	int best_code;		/* the best code of the replies so far; 0: none */
	int best_branch;	/* the number of that reply */
} chain_t;

typedef struct decision
{
	target_t *target;	 /* the target to try now; NULL: the call ends */
	reason_t reason;	 /* the reason of that attempt */
	bool is_rejected;	 /* a reply ends the call, even if targets are left */
	final_reply_t reply; /* the reply with which it ends */
} decision_t;

/** "first", "reply", "inviting", ... */
const char *reason_name(reason_t reason);

/** Begin a chain.
 * @param settings the settings of the call, none is missing; copied
 * @param targets in the order in which they are tried; the chain changes their links,
 *                and does not own their memory */
void chain_init(chain_t *chain, const settings_t *settings, target_t *targets);

/** Note that the current destination has sent an 18x. */
void chain_note_ringing(chain_t *chain);

/** Note that timer.total is over: no further attempt is made. */
void chain_expire(chain_t *chain);

/** Are the Contacts of a reply with this code needed? Ask this before reading them,
 * because reading costs time. */
bool policy_wants_contacts(const chain_t *chain, int code);

/** Decide what follows an event. The target it returns counts as tried from
 * now on, and chain->attempt holds its settings.
 * @param result what happened to the current target */
decision_t policy_decide(chain_t *chain, const result_t *result);

/** The script tries the current target once more. This counts as a further attempt.
 * The targets after it are available again. */
void policy_retry(chain_t *chain);

/** The reply for the caller if timer.total is over while an attempt is being made. */
final_reply_t policy_reply_now(const chain_t *chain);

#endif
