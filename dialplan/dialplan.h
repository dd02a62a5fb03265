/* SPDX-License-Identifier: GPL-2.0-or-later */
/* dialplan: a dial plan in memory, and the search for the rules that apply to a
 * request. A finished plan is only read, so any number of processes can use it. A
 * search writes only to a matcher, and each process has its own. */
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

/* The values of a request. */
typedef struct request_source
{
	/* All values of a subject, in their order.
	 * @param arena for values that must be made; valid until the next match
	 * @param values set to them
	 * @return their number: 0 for an absent header or an empty variable;
	 *         SOURCE_UNKNOWN if the value is not known (tools); SOURCE_FAILED without
	 *         memory */
	int (*values)(void *context, const subject_t *subject, arena_t *arena,
			const str **values);
	void *context;
	/* The address that the argument of a function is or has.
	 * @return 1; 0: it has none; as `values`. NULL: it is never known */
	int (*address)(void *context, const argument_t *argument, arena_t *arena,
			address_t *address);
} request_source_t;

/* of a header; a condition on a header with more values has reached a limit */
#define DIALPLAN_VALUES_MAX 64

#define SOURCE_UNKNOWN (-1)
#define SOURCE_FAILED (-2)

/* The result of a condition, or of a rule: that of its first condition that does not
 * hold. */
typedef enum outcome
{
	OUTCOME_HOLDS,
	OUTCOME_FAILS,
	OUTCOME_UNKNOWN, /* its subject is not known, so it does not hold */
	OUTCOME_LIMIT,	 /* the search reached a limit, so it does not hold */
	/* what a condition above has caught does not fit into its argument, likewise */
	OUTCOME_MISFIT,
} outcome_t;

/* Functions that are called during a match. Each may be NULL. */
typedef struct match_listener
{
	/* a search reached a limit */
	void (*on_limit)(
			void *context, const rule_t *rule, const condition_t *condition);
	/* each rule that was evaluated, in order. If this is set, all rules are
	 * evaluated, up to the one that ends the search
	 * @param condition the first that does not hold; NULL with OUTCOME_HOLDS
	 * @param values the values that it was compared with, n_values of them; valid
	 *        as long as the result of dialplan_match() */
	void (*on_rule)(void *context, const rule_t *rule, outcome_t outcome,
			const condition_t *condition, const str *values, int n_values);
	void *context;
} match_listener_t;

/* A rule that applies to a request. */
typedef struct applied_rule
{
	const rule_t *rule;
	const str *groups; /* of its conditions; they fill its holes */
} applied_rule_t;

typedef struct matcher matcher_t;

/** Make a matcher. Its searcher uses malloc.
 * @param allocator for the rest
 * @return for matcher_destroy(); NULL without memory */
matcher_t *matcher_create(const allocator_t *allocator);

void matcher_destroy(matcher_t *matcher);

/** Find the rules that apply to a request: the first one whose conditions all hold,
 * and, if it has `$continue`, further ones below it.
 * @param listener may be NULL
 * @param applied set to them, in order; valid until the matcher's next match
 *        (as long as the plan, the source's values, and the matcher are)
 * @return their number, 0: none; -1 without memory */
int dialplan_match(const dialplan_t *plan, matcher_t *matcher,
		const request_source_t *source, const match_listener_t *listener,
		const applied_rule_t **applied);

#endif
