/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dialplan/dialplan.h"

#include <string.h>

#include "sip/sip_uri.h"

/* memory for one match: values, groups, the list of rules that apply */
#define SCRATCH_BLOCK_BYTES (16 * 1024)

/* the steps for a search when the others have used all */
#define STEPS_LEAST 1000

/* The values of a subject, in one match. */
typedef struct known
{
	/* the count of matcher->now when they were read; if that was before this match, they
	 * are not read yet */
	unsigned long asked_at;
	const str *values;
	int n_values; /* the result of the source */
} known_t;

/* The result of a test, in one match. Rules share their tests. */
typedef struct verdict
{
	unsigned long known_at; /* asked_at of the values that it belongs to */
	outcome_t outcome;
	bool has_limit; /* a search reached a limit, with any outcome */
	int value; /* the number of the value for which the test holds, if it is not negated */
	str *groups; /* of that value; NULL: not needed yet */
} verdict_t;

struct matcher
{
	allocator_t allocator;
	searcher_t searcher;

	/* room for the largest plan so far */
	arena_t *room;
	int max_rules, max_entries, max_subjects, max_tests;
	candidates_t *candidates;
	known_t *known;		 /* by subject */
	verdict_t *verdicts; /* by test */
	unsigned long now;	 /* a counter over all matches */

	/* of the match under way */
	arena_t *scratch;
	const dialplan_t *plan;
	const request_source_t *source;
	const match_listener_t *listener;
	unsigned long begun_at;
	unsigned steps_left; /* for all searches together */
	applied_rule_t *applied;
	int n_applied, max_applied;
	bool has_failed;

	/* A listener to all rules also hears of the rules that the index leaves out.
	 * Those are evaluated aside, with steps of their own, so that they do not change the
	 * results of the others. */
	bool hears_all, is_aside;
	verdict_t *asides; /* by test */
	unsigned steps_left_aside;
	int next; /* the next rule for the listener */
};

/* -- the matcher -------------------------------------------------------- */

matcher_t *matcher_create(const allocator_t *allocator)
{
	matcher_t *matcher = allocator->alloc(sizeof(*matcher));

	if(matcher == NULL)
		return NULL;
	memset(matcher, 0, sizeof(*matcher));
	matcher->allocator = *allocator;
	matcher->scratch = arena_create(allocator, SCRATCH_BLOCK_BYTES);
	if(matcher->scratch == NULL || searcher_init(&matcher->searcher) < 0) {
		arena_destroy(matcher->scratch);
		allocator->release(matcher);
		return NULL;
	}
	return matcher;
}

void matcher_destroy(matcher_t *matcher)
{
	allocator_t allocator;

	if(matcher == NULL)
		return;
	allocator = matcher->allocator;
	searcher_destroy(&matcher->searcher);
	arena_destroy(matcher->scratch);
	arena_destroy(matcher->room);
	allocator.release(matcher);
}

static bool has_room(const matcher_t *matcher, const dialplan_t *plan)
{
	return matcher->room != NULL && plan->n_rules <= matcher->max_rules
		   && rule_index_entries(plan->index) <= matcher->max_entries
		   && plan->n_subjects <= matcher->max_subjects
		   && plan->n_tests <= matcher->max_tests;
}

/* @return 0, or -1 without memory */
static int make_room(matcher_t *matcher, const dialplan_t *plan)
{
	if(has_room(matcher, plan))
		return 0;
	arena_destroy(matcher->room);
	matcher->room = arena_create(&matcher->allocator, 1024);
	if(matcher->room == NULL)
		return -1;
	matcher->max_rules = plan->n_rules;
	matcher->max_entries = rule_index_entries(plan->index);
	matcher->max_subjects = plan->n_subjects;
	matcher->max_tests = plan->n_tests;
	matcher->candidates = candidates_create(
			plan->n_rules, matcher->max_entries, matcher->room);
	matcher->known = arena_alloc(
			matcher->room, plan->n_subjects * sizeof(*matcher->known));
	matcher->verdicts = arena_alloc(
			matcher->room, plan->n_tests * sizeof(*matcher->verdicts));
	if(matcher->candidates != NULL && !arena_has_failed(matcher->room))
		return 0;
	arena_destroy(matcher->room);
	matcher->room = NULL;
	return -1;
}

/* -- values ------------------------------------------------------------- */

/* Find the values of a subject. They are read once in a match. */
static const known_t *know(matcher_t *matcher, const subject_t *subject)
{
	static const str empty = {"", 0};
	known_t *known = &matcher->known[subject->id];

	if(known->asked_at > matcher->begun_at)
		return known;
	known->asked_at = ++matcher->now;
	known->n_values = matcher->source->values(matcher->source->context, subject,
			matcher->scratch, &known->values);
	if(known->n_values == SOURCE_FAILED)
		matcher->has_failed = true;
	if(known->n_values == 0) {
		/* an absent header is an empty text */
		known->values = &empty;
		known->n_values = 1;
	}
	return known;
}

/* -- conditions --------------------------------------------------------- */

/* All searches of a match together may take the steps of one search, and each a few more.
 * So a sender gains nothing by a request with many values.
 * @return as pattern_match() */
static int search(
		matcher_t *matcher, const pattern_t *pattern, const str *value)
{
	unsigned *left = matcher->is_aside ? &matcher->steps_left_aside
									   : &matcher->steps_left;
	unsigned steps = *left > STEPS_LEAST ? *left : STEPS_LEAST;
	int found = pattern_match(pattern, &matcher->searcher, value, steps);
	unsigned taken = matcher->searcher.taken;

	*left -= taken < *left ? taken : *left;
	if(matcher->searcher.has_failed)
		matcher->has_failed = true;
	return found;
}

/* Evaluate a test with all values. It holds for the first value that matches; if it is
 * negated, it holds if no value matches. */
static void ask(matcher_t *matcher, const test_t *test, const known_t *known,
		verdict_t *verdict)
{
	bool is_negated = test->pattern.is_negated;
	int n_values = known->n_values < DIALPLAN_VALUES_MAX ? known->n_values
														 : DIALPLAN_VALUES_MAX;
	int i;

	verdict->has_limit = n_values < known->n_values;
	verdict->outcome = verdict->has_limit ? OUTCOME_LIMIT
					   : is_negated		  ? OUTCOME_HOLDS
										  : OUTCOME_FAILS;
	for(i = 0; i < n_values; i++) {
		int found = search(matcher, &test->pattern, &known->values[i]);

		if(found < 0) {
			verdict->has_limit = true;
			verdict->outcome = OUTCOME_LIMIT;
		} else if(found == 0 && is_negated) {
			verdict->outcome = OUTCOME_FAILS;
			return;
		} else if(found > 0 && !is_negated) {
			verdict->outcome = OUTCOME_HOLDS;
			verdict->value = i;
			return;
		}
	}
}

static verdict_t *verdict_of(
		matcher_t *matcher, const test_t *test, const known_t *known)
{
	verdict_t *verdict = &matcher->verdicts[test->id];

	return verdict->known_at != known->asked_at && matcher->is_aside
				   ? &matcher->asides[test->id]
				   : verdict;
}

static const verdict_t *judge(matcher_t *matcher, const test_t *test)
{
	const known_t *known = know(matcher, test->subject);
	verdict_t *verdict = verdict_of(matcher, test, known);

	if(verdict->known_at == known->asked_at)
		return verdict;
	verdict->known_at = known->asked_at;
	verdict->groups = NULL;
	if(known->n_values >= 0) {
		ask(matcher, test, known, verdict);
	} else {
		verdict->has_limit = false;
		verdict->outcome = OUTCOME_UNKNOWN;
	}
	return verdict;
}

/* -- rules that apply --------------------------------------------------- */

/* Find the groups of a test that holds and is not negated. They are found once for all
 * rules that share the test, as that can take as long as the test itself.
 * @return NULL without memory */
static const str *groups_of(matcher_t *matcher, const test_t *test)
{
	const known_t *known = know(matcher, test->subject);
	verdict_t *verdict = verdict_of(matcher, test, known);
	const str *value = &known->values[verdict->value];
	const pattern_t *pattern = &test->pattern;

	if(verdict->groups != NULL)
		return verdict->groups;
	verdict->groups = arena_alloc(
			matcher->scratch, pattern->n_groups * sizeof(*verdict->groups));
	if(verdict->groups == NULL)
		return NULL;
	/* the searcher has only the groups of its last search, so search again; if that fails
	 * now, memory is missing */
	if(pattern_match(pattern, &matcher->searcher, value, PATTERN_STEPS_MAX)
			== 1)
		pattern_groups(pattern, &matcher->searcher, value, verdict->groups);
	else
		matcher->has_failed = true;
	return verdict->groups;
}

/* Add the groups of a condition that holds. A negated one has empty groups. */
static void take_groups(
		matcher_t *matcher, const condition_t *condition, str *groups)
{
	const test_t *test = condition->test;
	int n_groups = test->pattern.n_groups;
	const str *found;

	if(test->pattern.is_negated || n_groups == 0)
		return;
	found = groups_of(matcher, test);
	if(found != NULL)
		memcpy(groups + condition->first_group, found,
				n_groups * sizeof(*groups));
}

/* -- what conditions above have caught ---------------------------------- */

/* @return 1; 0: what was caught does not fit into the argument; -1 without memory */
static int fill_argument(
		matcher_t *matcher, argument_t *argument, const str *groups)
{
	char buffer[SIP_URI_BYTES_MAX];
	str text = {buffer, 0};
	int bad_hole;

	if(argument->template.pieces == NULL)
		return 1;
	text.len = template_fill(
			&argument->template, groups, buffer, sizeof(buffer), &bad_hole);
	if(text.len < 0)
		return 0;
	return arena_copy(matcher->scratch, &text, &argument->text) < 0 ? -1 : 1;
}

/* Know the value of a function whose arguments are filled.
 * @return as above */
static int know_filled(
		matcher_t *matcher, const subject_t *subject, const str *groups)
{
	static const str empty = {"", 0};
	known_t *known = &matcher->known[subject->id];
	subject_t filled = *subject;
	int fits = 1;
	int i;

	for(i = 0; i < filled.n_arguments && fits > 0; i++)
		fits = fill_argument(matcher, &filled.arguments[i], groups);
	known->asked_at = ++matcher->now;
	known->values = &empty;
	known->n_values = 1;
	if(fits > 0)
		known->n_values = matcher->source->values(matcher->source->context,
				&filled, matcher->scratch, &known->values);
	return known->n_values == SOURCE_FAILED ? -1 : fits;
}

/* The arguments of a condition are filled with what those above it have caught.
 * @return as above */
static int fill(
		matcher_t *matcher, const rule_t *rule, const condition_t *condition)
{
	str *groups =
			arena_alloc(matcher->scratch, rule->n_groups * sizeof(*groups));
	const condition_t *it;
	int filled = -1;

	if(groups != NULL) {
		for(it = rule->conditions; it != condition; it = it->next)
			take_groups(matcher, it, groups);
		filled = know_filled(matcher, condition->test->subject, groups);
	}
	if(filled < 0)
		matcher->has_failed = true;
	return filled;
}

/* What does not fit is as good as a search that ran into a limit: the condition does not
 * hold, also if it is negated.
 * @param has_limit set */
static outcome_t judge_condition(matcher_t *matcher, const rule_t *rule,
		const condition_t *condition, bool *has_limit)
{
	const verdict_t *verdict;

	*has_limit = condition->test->subject->has_holes
				 && fill(matcher, rule, condition) <= 0;
	if(*has_limit)
		return OUTCOME_MISFIT;
	verdict = judge(matcher, condition->test);
	*has_limit = verdict->has_limit;
	return verdict->outcome;
}

/* @param failed set to the first condition that does not hold, or NULL */
static outcome_t judge_rule(
		matcher_t *matcher, const rule_t *rule, const condition_t **failed)
{
	const match_listener_t *listener = matcher->listener;
	const condition_t *it;

	for(it = rule->conditions; it != NULL; it = it->next) {
		bool has_limit;
		outcome_t outcome = judge_condition(matcher, rule, it, &has_limit);

		if(has_limit && listener != NULL && listener->on_limit != NULL)
			listener->on_limit(listener->context, rule, it);
		if(outcome != OUTCOME_HOLDS) {
			*failed = it;
			return outcome;
		}
	}
	*failed = NULL;
	return OUTCOME_HOLDS;
}

/* -- the list of them --------------------------------------------------- */

static int add_applied(
		matcher_t *matcher, const rule_t *rule, const str *groups)
{
	applied_rule_t *applied = matcher->applied;

	if(matcher->n_applied == matcher->max_applied) {
		int count = matcher->max_applied == 0 ? 4 : 2 * matcher->max_applied;

		applied = arena_alloc(matcher->scratch, count * sizeof(*applied));
		if(applied == NULL)
			return -1;
		if(matcher->n_applied > 0)
			memcpy(applied, matcher->applied,
					matcher->n_applied * sizeof(*applied));
		matcher->applied = applied;
		matcher->max_applied = count;
	}
	applied[matcher->n_applied].rule = rule;
	applied[matcher->n_applied].groups = groups;
	matcher->n_applied++;
	return 0;
}

static int apply(matcher_t *matcher, const rule_t *rule)
{
	str *groups =
			arena_alloc(matcher->scratch, rule->n_groups * sizeof(*groups));
	const condition_t *it;

	if(groups == NULL)
		return -1;
	for(it = rule->conditions; it != NULL; it = it->next)
		take_groups(matcher, it, groups);
	return add_applied(matcher, rule, groups);
}

static void scan(matcher_t *matcher, const subject_t *subject)
{
	const known_t *known;
	int i;

	if(!rule_index_has(matcher->plan->index, subject->id))
		return;
	known = know(matcher, subject);
	for(i = 0; i < known->n_values; i++)
		candidates_scan(matcher->candidates, subject->id, &known->values[i]);
}

/* Set a variable for the rules below; it replaces the value of the script. A value that
 * does not fit is refused later, by the route. */
static void set_variable(
		matcher_t *matcher, const assignment_t *assignment, const str *groups)
{
	const dialplan_t *plan = matcher->plan;
	known_t *known = &matcher->known[assignment->subject_id];
	str *value = arena_alloc(matcher->scratch, sizeof(*value));

	if(value == NULL
			|| assignment_fill(assignment, groups, value, matcher->scratch) < 0)
		return;
	known->asked_at = ++matcher->now;
	known->values = value;
	known->n_values = 1;
	scan(matcher, plan->subjects[assignment->subject_id]);
}

static void set_variables(matcher_t *matcher)
{
	const applied_rule_t *applied = &matcher->applied[matcher->n_applied - 1];
	const assignment_t *it;

	for(it = applied->rule->variables; it != NULL; it = it->next) {
		if(it->subject_id != SUBJECT_NONE)
			set_variable(matcher, it, applied->groups);
	}
}

/* -- matching ----------------------------------------------------------- */

static int begin(matcher_t *matcher, const dialplan_t *plan,
		const request_source_t *source, const match_listener_t *listener)
{
	if(make_room(matcher, plan) < 0)
		return -1;
	arena_reset(matcher->scratch);
	matcher->plan = plan;
	matcher->source = source;
	matcher->listener = listener;
	matcher->begun_at = ++matcher->now;
	matcher->steps_left = PATTERN_STEPS_MAX;
	matcher->applied = NULL;
	matcher->n_applied = matcher->max_applied = 0;
	matcher->has_failed = false;
	matcher->hears_all = listener != NULL && listener->on_rule != NULL;
	if(!matcher->hears_all)
		return 0;
	matcher->asides = arena_alloc(
			matcher->scratch, plan->n_tests * sizeof(*matcher->asides));
	matcher->steps_left_aside = PATTERN_STEPS_MAX;
	matcher->next = 0;
	return matcher->asides == NULL ? -1 : 0;
}

/* No network has what is no address. */
static void scan_address(
		matcher_t *matcher, int number, const argument_t *argument)
{
	const request_source_t *source = matcher->source;
	address_t address;
	int found = SOURCE_UNKNOWN;

	if(source->address != NULL)
		found = source->address(
				source->context, argument, matcher->scratch, &address);
	if(found == SOURCE_FAILED)
		matcher->has_failed = true;
	else if(found != 0)
		candidates_scan_address(
				matcher->candidates, number, found > 0 ? &address : NULL);
}

static void find_candidates(matcher_t *matcher)
{
	const dialplan_t *plan = matcher->plan;
	const argument_t *const *arguments;
	const int *ids;
	int count, i;

	candidates_begin(matcher->candidates, plan->index);
	count = rule_index_subjects(plan->index, &ids);
	for(i = 0; i < count; i++)
		scan(matcher, plan->subjects[ids[i]]);
	count = rule_index_addresses(plan->index, &arguments);
	for(i = 0; i < count; i++)
		scan_address(matcher, i, arguments[i]);
}

static void tell(matcher_t *matcher, const rule_t *rule, outcome_t outcome,
		const condition_t *failed)
{
	const match_listener_t *listener = matcher->listener;
	const known_t *known = NULL;

	if(failed != NULL)
		known = know(matcher, failed->test->subject);
	listener->on_rule(listener->context, rule, outcome, failed,
			known == NULL ? NULL : known->values,
			known == NULL || known->n_values < 0 ? 0 : known->n_values);
}

/* Tell the listener of the rules before this one that the index has left out. */
static void tell_aside(matcher_t *matcher, int before)
{
	matcher->is_aside = true;
	for(; matcher->next < before && !matcher->has_failed; matcher->next++) {
		const rule_t *rule = matcher->plan->rules[matcher->next];
		const condition_t *failed;
		outcome_t outcome = judge_rule(matcher, rule, &failed);

		tell(matcher, rule, outcome, failed);
	}
	matcher->is_aside = false;
}

/* @return the next rule that may apply; NULL behind the last one */
static const rule_t *next_candidate(matcher_t *matcher)
{
	const dialplan_t *plan = matcher->plan;
	int id = candidates_next(matcher->candidates);

	if(matcher->hears_all) {
		tell_aside(matcher, id < 0 ? plan->n_rules : id);
		matcher->next++;
	}
	return id < 0 ? NULL : plan->rules[id];
}

int dialplan_match(const dialplan_t *plan, matcher_t *matcher,
		const request_source_t *source, const match_listener_t *listener,
		const applied_rule_t **applied)
{
	const rule_t *rule;

	if(begin(matcher, plan, source, listener) < 0)
		return -1;
	find_candidates(matcher);
	while((rule = next_candidate(matcher)) != NULL && !matcher->has_failed) {
		const condition_t *failed;
		outcome_t outcome = judge_rule(matcher, rule, &failed);

		if(matcher->hears_all)
			tell(matcher, rule, outcome, failed);
		if(outcome != OUTCOME_HOLDS)
			continue;
		if(apply(matcher, rule) < 0)
			return -1;
		if(!rule->continues)
			break;
		set_variables(matcher);
	}
	*applied = matcher->applied;
	/* without memory, a variable that a rule has set may be missing */
	return matcher->has_failed || arena_has_failed(matcher->scratch)
				   ? -1
				   : matcher->n_applied;
}
