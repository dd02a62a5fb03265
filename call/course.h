/* SPDX-License-Identifier: GPL-2.0-or-later */
/* course: the data of one call. They lie in shared memory, in one arena that belongs
 * to the transaction and is released with it. Any process may write there, but only
 * with the reply lock of the transaction. Private to call/. */
#ifndef FAILOVER_CALL_COURSE_H
#define FAILOVER_CALL_COURSE_H

#include "call/alarm.h"
#include "call/call.h"
#include "call/calls.h"
#include "call/changes.h"
#include "call/policy.h"
#include "call/request.h"
#include "call/state.h"
#include "call/trace.h"
#include "server/holding.h"

/* One destination that is being tried or was tried. */
typedef struct attempt
{
	struct attempt *before;
	const target_t *target;
	int first_branch;	/* it may have more: from the script or DNS failover */
	int branches_end;	/* one more than the last known branch */
	bool has_replied;	/* one of its branches has sent a 1xx */
	bool shows_nothing; /* its end shows nothing about the next hop */
	holding_use_t use;	/* its next hop, if that is remembered */
	step_t step;		/* what operators see of this attempt */
} attempt_t;

/* What tm does not tell about a branch, or forgets. It is small, because a call has as
 * many as the server allows. The bits share a word, so they are only written under the
 * reply lock. */
typedef struct branch_record
{
	ticks_t deadline;	  /* when its time is over; 0: tm keeps it */
	int connection;		  /* of the request; CONNECTION_NONE: no connection */
	short postponed_code; /* of its end, if tm must end it again; 0: none */
	short code_before;	  /* what tm had stored for it before has_answer */
	bool has_replied : 1; /* it has sent a 1xx, which the script may have dropped */
	bool is_ringing : 1;  /* it has sent an 18x */
	bool is_given_up : 1; /* its time was over, and it was CANCELled */
	bool is_lost : 1;	  /* its connection was lost before any reply */
	/* it has ended, but seems pending while the process that handles it has released
	 * the lock */
	bool is_hidden : 1;
	bool has_failed : 1;	 /* it has really sent a negative final reply */
	bool is_ended_again : 1; /* because its end did not count */
	/* a process handles a 2xx of it that tm has not seen yet */
	bool has_answer : 1;
} branch_record_t;

struct call
{
	arena_t *arena;
	call_state_t state;
	chain_t chain;
	trace_t trace;
	bool is_route_suspended; /* failure_route, at the end of the call */
	bool is_reply_awaited; /* tm calls back when the caller has the final reply */
	ticks_t told_at; /* when it is looked whether the final reply was sent; 0: never */
	calls_link_t link;			 /* in the list of calls that are under way */
	const named_text_t *headers; /* in each attempt */
	changes_t changes; /* of a request that went on after a suspension */
	origin_t origin;
	attempt_t *attempt;		   /* the current attempt; NULL before the first */
	holding_use_t next_use;	   /* of the attempt that will be made next */
	branch_record_t *branches; /* as many as the server allows */
	tm_manners_t manners;
	alarm_t alarm;
	ticks_t check_at;  /* it is checked then that tm has ended what it must end;
						  * 0: never. The same holds for: */
	ticks_t total_end; /* of timer.total */
	ticks_t look_at; /* for a CANCEL that leaves no trace once tm has ended a branch */
	bool is_making;		  /* a process is making an attempt without the lock */
	bool was_cancelled;	  /* somebody other than the caller has cancelled it */
	unsigned references;  /* to the transaction, which are given back at: */
	ticks_t let_go_at;	  /* 0: never */
	bool is_watched;	  /* the connections of its branches are checked */
	bool wants_cancels;	  /* it is checked that all have got their CANCEL */
	bool wants_repair;	  /* tm's timers must be set again: a script runs */
	int postponed_branch; /* its failure waits for a 2xx in another process;
						   * NO_BRANCH: none */
	int lookup_branch; /* it waits for the look-up of a name; NO_BRANCH: none */
	final_reply_t reply; /* the final reply of the chain, until it is sent */
	const target_t *retried; /* by failover_retry() */
	unsigned retries;		 /* how often */
	int reply_branch; /* of the reply to the caller; NO_BRANCH: the last */
	int last_branch, branches_at_end;
};

/** The attempt that a branch belongs to; NULL if the branch is older than all
 * attempts. */
attempt_t *attempt_of_branch(const call_t *call, int branch);

/** The first branch of the current attempt, or of the attempt that a branch belongs
 * to. */
int attempt_first_branch(const call_t *call);
int attempt_first_beside(const call_t *call, int branch);

#endif
