/* SPDX-License-Identifier: GPL-2.0-or-later */
/* dialplan: a dial plan as a value, and which of its rules apply to a request. A
 * finished plan is only read, so any number of processes can match against it.
 * What matching writes to belongs to a matcher; each process has its own. */
#ifndef FAILOVER_DIALPLAN_DIALPLAN_H
#define FAILOVER_DIALPLAN_DIALPLAN_H

#include "dialplan/rule.h"
#include "dialplan/rule_index.h"

typedef struct dialplan
{
	rule_t **rules; /* n_rules of them, in order */
	int n_rules;
	subject_t **subjects; /* n_subjects of them, by id */
	int n_subjects;
	int n_tests;
	rule_index_t *index;
} dialplan_t;

/* What a request says, for whom asks. */
typedef struct request_source
{
	/* All values of a subject, in their order.
	 * @param arena for what has to be made up; valid until the next match
	 * @param values set to them
	 * @return how many: 0 is an absent header or an empty variable; SOURCE_UNKNOWN
	 *         where whoever asks cannot know (tools); SOURCE_FAILED without
	 *         memory */
	int (*values)(void *context, const subject_t *subject, arena_t *arena,
			const str **values);
	void *context;
} request_source_t;

/* of a header; a condition that is asked of more has run into a limit */
#define DIALPLAN_VALUES_MAX 64

#define SOURCE_UNKNOWN (-1)
#define SOURCE_FAILED (-2)

/* What became of a condition, or of a rule by the first of its conditions that
 * does not hold. */
typedef enum outcome
{
	OUTCOME_HOLDS,
	OUTCOME_FAILS,
	OUTCOME_UNKNOWN, /* its subject is not known: taken not to hold */
	OUTCOME_LIMIT,	 /* the search ran into a limit: does not hold */
} outcome_t;

/* Whoever wants to hear of more than the result. Either may be NULL. */
typedef struct match_listener
{
	/* a search ran into a limit */
	void (*on_limit)(
			void *context, const rule_t *rule, const condition_t *condition);
	/* each rule that was asked, in order; with this one set, all of them are,
	 * up to the one that ends the search
	 * @param condition the first that does not hold; NULL with OUTCOME_HOLDS
	 * @param values what it was asked of, n_values of them; valid as long as what
	 *        dialplan_match() returns */
	void (*on_rule)(void *context, const rule_t *rule, outcome_t outcome,
			const condition_t *condition, const str *values, int n_values);
	void *context;
} match_listener_t;

/* A rule that applies to a request. */
typedef struct applied_rule
{
	const rule_t *rule;
	const str *groups; /* of its conditions, for its holes */
} applied_rule_t;

typedef struct matcher matcher_t;

/** Make a matcher. Its searcher uses malloc.
 * @param allocator for the rest
 * @return for matcher_destroy(); NULL without memory */
matcher_t *matcher_create(const allocator_t *allocator);

void matcher_destroy(matcher_t *matcher);

/** Which rules apply to a request: the first whose conditions all hold, and with
 * `$continue` those below it that hold as well.
 * @param listener may be NULL
 * @param applied set to them, in order; valid until the matcher's next match
 *        (as long as the plan, the source's values, and the matcher are)
 * @return how many, 0: none; -1 without memory */
int dialplan_match(const dialplan_t *plan, matcher_t *matcher,
		const request_source_t *source, const match_listener_t *listener,
		const applied_rule_t **applied);

#endif
