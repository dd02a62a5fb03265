/* SPDX-License-Identifier: GPL-2.0-or-later */
/* course: what is remembered of one call while it goes through its destinations.
 * It lies in shared memory, in one arena that hangs on the transaction and is
 * released with it; it is written under the reply lock of the transaction only,
 * by whichever process a reply or a timer comes to. Private to call/. */
#ifndef FAILOVER_CALL_COURSE_H
#define FAILOVER_CALL_COURSE_H

#include "call/alarm.h"
#include "call/call.h"
#include "call/calls.h"
#include "call/policy.h"
#include "call/request.h"
#include "call/state.h"
#include "call/trace.h"
#include "server/holding.h"

/* One destination that is being tried, or was. */
typedef struct attempt
{
	struct attempt *before;
	const target_t *target;
	int first_branch;	/* it may have more: of the script, of DNS failover */
	int branches_end;	/* behind the last one that we know of */
	bool has_replied;	/* some branch of it has sent a 1xx */
	bool shows_nothing; /* of who it was sent to */
	holding_use_t use;	/* of its next hop, if that is remembered */
	step_t step;		/* what operators see of it */
} attempt_t;

/* What of a branch tm does not tell, or forgets. */
typedef struct branch_record
{
	int connection;	  /* that carries it; CONNECTION_NONE */
	bool has_replied; /* it has sent a 1xx, if only to a script that drops it */
	bool is_ringing;  /* and an 18x */
	bool is_given_up; /* its time was over, and we have CANCELled it */
	ticks_t deadline; /* when its time is over; 0: tm keeps it */
	bool is_lost;	  /* its connection has gone before any reply */
	bool is_hidden;	 /* it has ended, and looks pending while a process that has
					   * it in hand goes without the lock */
	bool has_failed; /* it has sent a negative final reply itself */
	bool is_ended_again; /* by us, for its end that did not count */
	int postponed_code; /* of that, where it was not looked at yet, and tm is told
						 * to end it again; 0: none */
	bool has_answer;	/* some process has a 2xx of it in hand, and tm has not
					   * looked at it yet */
	int code_before;	/* what tm had of it until then */
} branch_record_t;

struct call
{
	arena_t *arena;
	call_state_t state;
	chain_t chain;
	trace_t trace;
	bool is_reply_awaited; /* it is told when the caller has his final reply */
	calls_link_t link;	   /* among the calls that are under way */
	const named_text_t *headers; /* of every attempt */
	origin_t origin;
	attempt_t *attempt;		   /* the current one; NULL before the first */
	holding_use_t next_use;	   /* of the one that is made next */
	branch_record_t *branches; /* as many as the server allows */
	tm_manners_t manners;
	alarm_t alarm;
	ticks_t check_at;	  /* when it is looked whether tm has ended what it was
						   * told to end; 0: never. Like: */
	ticks_t total_end;	  /* of timer.total */
	bool is_making;		  /* a process makes an attempt without the lock */
	bool was_cancelled;	  /* somebody cancelled it meanwhile, not the caller */
	unsigned references;  /* to the transaction, that are given back at: */
	ticks_t let_go_at;	  /* 0: never */
	bool is_watched;	  /* connections are looked at */
	bool wants_cancels;	  /* it is looked whether all have got their CANCEL */
	bool wants_repair;	  /* a script may have changed the timers of tm */
	int postponed_branch; /* whose failure waits for a 2xx in another process;
						   * NO_BRANCH: none */
	final_reply_t reply;  /* of a call that has ended, until it is sent */
	const target_t *retried; /* that failover_retry() has tried again */
	unsigned retries;		 /* how often */
	int reply_branch; /* whose reply that is; NO_BRANCH: the last one's */
	int last_branch, branches_at_end;
};

/** The attempt that a branch belongs to; NULL if it is older than all. */
attempt_t *attempt_of_branch(const call_t *call, int branch);

/** The first branch of the current attempt; of the attempt that a branch belongs
 * to. */
int attempt_first_branch(const call_t *call);
int attempt_first_beside(const call_t *call, int branch);

#endif
