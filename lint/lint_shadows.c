/* SPDX-License-Identifier: GPL-2.0-or-later */
/* lint_shadows: checks for rules that another rule above hides. */
#include "lint/lint.h"

#include "text/ascii.h"
#include "dialplan/literal.h"

/* How much work the search may cost for a whole plan (about a second), and how many
 * rules are looked at for one rule. */
#define WORK_MAX 50000000
#define SHADOWING_MAX 256
#define LOOKUP_WORK 4
#define SEARCH_WORK 20

/* A rule that can shadow others. It is listed under a text that those must contain. */
typedef struct shadowing
{
	struct shadowing *next;
	const rule_t *rule;
} shadowing_t;

/* What is known of a test. */
typedef struct known
{
	int uses;	   /* how many conditions have it */
	bool is_read;  /* the fields below are filled in */
	bool is_sound; /* if it matches a text, it matches every longer one */
	requirement_t *required;
} known_t;

typedef struct shadows
{
	lint_t *lint;
	known_t *known;	   /* by the id of a test */
	text_map_t *texts; /* by the id of a subject: lists of shadowing_t */
	unsigned long long *lengths; /* likewise: which lengths, bit len - 1 */
	shadowing_t *anywhere;		 /* rules that demand no certain text */
	long left;					 /* how much work may still be done */
} shadows_t;

/* The two conditions that show why: the earlier one holds wherever the later one
 * does. */
typedef struct proof
{
	const condition_t *earlier, *later;
} proof_t;

/* -- patterns that match whatever is longer ----------------------------- */

/* Is a quantifier followed by a +, so that it is possessive? */
static bool is_possessive(const str *regex, int i)
{
	return i + 1 < regex->len && regex->s[i + 1] == '+';
}

/* If an expression matches a text, does it also match every text that contains it
 * (with a leading ^: that begins with it)? The answer for an expression that is not
 * understood is no. */
static bool is_sound(const str *regex)
{
	int i = regex->len > 0 && regex->s[0] == '^';

	for(; i < regex->len; i++) {
		switch(regex->s[i]) {
			case '\\':
				if(++i == regex->len)
					return false;
				if(is_digit(regex->s[i])
						|| (is_letter(regex->s[i])
								&& !is_one_of(regex->s[i], "dDwWsS")))
					return false;
				break;
			case '[':
				i = lint_class_end(regex, i);
				if(i < 0)
					return false;
				break;
			case '(':
				if(i + 1 < regex->len && regex->s[i + 1] == '*')
					return false;
				if(i + 1 == regex->len || regex->s[i + 1] != '?')
					break;
				if(i + 2 >= regex->len || regex->s[i + 2] != ':')
					return false;
				i += 2;
				break;
			case '^':
			case '$':
				return false;
			case '*':
			case '+':
			case '?':
			case '}':
				if(is_possessive(regex, i))
					return false;
				break;
			default:
				break;
		}
	}
	return true;
}

/* @return NULL without memory */
static known_t *know(shadows_t *shadows, const test_t *test)
{
	known_t *known = &shadows->known[test->id];

	if(known->is_read)
		return known;
	known->is_read = true;
	known->is_sound = is_sound(&test->pattern.text);
	return literal_requirements(
				   &test->pattern.text, shadows->lint->arena, &known->required)
						   < 0
				   ? NULL
				   : known;
}

/* Can a condition be compared with one of another rule? A variable can change
 * between the two rules. */
static bool is_comparable(const condition_t *condition)
{
	return !condition->test->pattern.is_negated
		   && condition->test->subject->kind != SUBJECT_VARIABLE;
}

/* -- one rule and another ----------------------------------------------- */

/* Does a pattern match each of these texts? */
static bool matches_each(
		shadows_t *shadows, const test_t *test, const requirement_t *required)
{
	const str *regex = &test->pattern.text;
	bool is_at_begin = regex->len > 0 && regex->s[0] == '^';
	int i;

	for(i = 0; i < required->n_literals; i++) {
		const literal_t *literal = &required->literals[i];

		shadows->left -= SEARCH_WORK;
		if((is_at_begin && !literal->is_anchored)
				|| pattern_match(&test->pattern, &shadows->lint->searcher,
						   &literal->text, PATTERN_STEPS_MAX)
						   != 1)
			return false;
	}
	return true;
}

/* Does a condition hold wherever a later one holds?
 * @return 1 yes, 0 not certain, -1 without memory */
static int follows(shadows_t *shadows, const condition_t *earlier,
		const condition_t *later)
{
	const requirement_t *required;
	const known_t *known;

	if(earlier->test->subject != later->test->subject || !is_comparable(earlier)
			|| !is_comparable(later))
		return 0;
	known = know(shadows, earlier->test);
	if(known == NULL)
		return -1;
	if(!known->is_sound)
		return 0;
	known = know(shadows, later->test);
	if(known == NULL)
		return -1;
	for(required = known->required; required != NULL;
			required = required->next) {
		if(matches_each(shadows, earlier->test, required))
			return 1;
	}
	return 0;
}

/* @return as follows() */
static int is_covered(shadows_t *shadows, const condition_t *earlier,
		const rule_t *rule, proof_t *proof)
{
	const condition_t *later;

	for(later = rule->conditions; later != NULL; later = later->next) {
		shadows->left--;
		if(later->test == earlier->test
				&& earlier->test->subject->kind != SUBJECT_VARIABLE)
			return 1;
	}
	for(later = rule->conditions; later != NULL && shadows->left > 0;
			later = later->next) {
		int result = follows(shadows, earlier, later);

		if(result > 0) {
			proof->earlier = earlier;
			proof->later = later;
		}
		if(result != 0)
			return result;
	}
	return 0;
}

/* @return as follows(); also 0 where the conditions are equal: rule-unreachable
 *         warns of that */
static int is_shadowed_by(shadows_t *shadows, const rule_t *rule,
		const rule_t *earlier, proof_t *proof)
{
	const condition_t *condition;

	proof->earlier = NULL;
	for(condition = earlier->conditions; condition != NULL;
			condition = condition->next) {
		int result = is_covered(shadows, condition, rule, proof);

		if(result <= 0)
			return result;
	}
	return proof->earlier != NULL;
}

/* -- all rules ---------------------------------------------------------- */

typedef struct search
{
	shadows_t *shadows;
	const rule_t *rule;
	const rule_t *found;
	proof_t proof;
	int left; /* how many rules may still be looked at */
} search_t;

static int search_list(search_t *search, const shadowing_t *list)
{
	for(; list != NULL && search->left > 0 && search->shadows->left > 0;
			list = list->next) {
		int result;

		search->left--;
		result = is_shadowed_by(
				search->shadows, search->rule, list->rule, &search->proof);
		if(result < 0)
			return -1;
		if(result > 0) {
			search->found = list->rule;
			return 0;
		}
	}
	return 0;
}

/* Look at the rules that are listed under a part of a text which this rule demands. */
static int search_text(search_t *search, int subject_id, const str *text)
{
	shadows_t *shadows = search->shadows;
	const text_map_t *map = &shadows->texts[subject_id];
	int len, begin;

	for(len = 1; len <= text->len && len <= LITERAL_BYTES_MAX; len++) {
		if(!((shadows->lengths[subject_id] >> (len - 1)) & 1))
			continue;
		for(begin = 0; begin + len <= text->len; begin++) {
			str part = {text->s + begin, len};
			const text_entry_t *entry = text_map_find(map, &part);

			shadows->left -= LOOKUP_WORK;
			if(entry != NULL && search_list(search, entry->value) < 0)
				return -1;
			if(search->found != NULL)
				return 0;
		}
	}
	return 0;
}

static int search_rule(search_t *search)
{
	const condition_t *condition;
	const requirement_t *required;

	for(condition = search->rule->conditions;
			condition != NULL && search->shadows->left > 0;
			condition = condition->next) {
		int subject_id = condition->test->subject->id;
		const known_t *known;

		if(!is_comparable(condition)
				|| search->shadows->lengths[subject_id] == 0)
			continue;
		known = know(search->shadows, condition->test);
		if(known == NULL)
			return -1;
		/* one text is enough: an earlier rule has to match all of them */
		for(required = known->required; required != NULL;
				required = required->next) {
			if(search_text(search, subject_id, &required->literals[0].text) < 0)
				return -1;
			if(search->found != NULL)
				return 0;
		}
	}
	return search_list(search, search->shadows->anywhere);
}

static int note_in(shadows_t *shadows, const rule_t *rule, shadowing_t **list)
{
	shadowing_t *noted = arena_alloc(shadows->lint->arena, sizeof(*noted));

	if(noted == NULL)
		return -1;
	noted->rule = rule;
	noted->next = *list;
	*list = noted;
	return 0;
}

static int note_texts(shadows_t *shadows, const rule_t *rule, int subject_id,
		const requirement_t *required)
{
	int i;

	for(i = 0; i < required->n_literals; i++) {
		const str *text = &required->literals[i].text;
		text_entry_t *entry = text_map_enter(&shadows->texts[subject_id], text);
		shadowing_t *list;

		if(entry == NULL)
			return -1;
		list = entry->value;
		if(note_in(shadows, rule, &list) < 0)
			return -1;
		entry->value = list;
		shadows->lengths[subject_id] |= 1ULL << (text->len - 1);
	}
	return 0;
}

/* List a rule under its rarest condition. */
static int note_rule(shadows_t *shadows, const rule_t *rule)
{
	const condition_t *condition, *rarest = NULL;
	const known_t *known;

	for(condition = rule->conditions; condition != NULL;
			condition = condition->next) {
		if(condition->test->subject->kind == SUBJECT_VARIABLE)
			return 0;
		if(!is_comparable(condition))
			continue;
		known = know(shadows, condition->test);
		if(known == NULL)
			return -1;
		if(known->required != NULL
				&& (rarest == NULL
						|| known->uses < shadows->known[rarest->test->id].uses))
			rarest = condition;
	}
	if(rarest == NULL)
		return note_in(shadows, rule, &shadows->anywhere);
	return note_texts(shadows, rule, rarest->test->subject->id,
			shadows->known[rarest->test->id].required);
}

static void warn_shadowed(const search_t *search)
{
	fragment_t above = condition_value(search->proof.earlier);
	fragment_t below = condition_value(search->proof.later);

	diagnostics_warning(search->shadows->lint->diagnostics, &below,
			"this rule never applies: the rule of line %d takes whatever it "
			"would, as what [%.*s] matches is matched by [%.*s] too; put this "
			"one above it",
			search->found->line, SHOWN(&below), SHOWN(&above));
}

static int search_all(shadows_t *shadows)
{
	const dialplan_t *plan = shadows->lint->plan;
	const bool *is_hidden = shadows->lint->is_hidden;
	int i;

	for(i = 0; i < plan->n_rules && shadows->left > 0; i++) {
		search_t search = {.shadows = shadows,
				.rule = plan->rules[i],
				.left = SHADOWING_MAX};

		if(is_hidden != NULL && is_hidden[i])
			continue;
		if(search_rule(&search) < 0)
			return -1;
		if(search.found != NULL) {
			warn_shadowed(&search);
			continue;
		}
		if(plan->rules[i]->continues)
			continue;
		if(plan->rules[i]->conditions == NULL)
			return 0; /* rule-unreachable warns of the rules below */
		if(note_rule(shadows, plan->rules[i]) < 0)
			return -1;
	}
	return 0;
}

int lint_rule_shadowed(lint_t *lint)
{
	const dialplan_t *plan = lint->plan;
	size_t n_subjects = (size_t)plan->n_subjects;
	shadows_t shadows = {.lint = lint, .left = WORK_MAX};
	const condition_t *condition;
	int i;

	shadows.known = arena_alloc(
			lint->arena, (size_t)plan->n_tests * sizeof(*shadows.known));
	shadows.texts =
			arena_alloc(lint->arena, n_subjects * sizeof(*shadows.texts));
	shadows.lengths =
			arena_alloc(lint->arena, n_subjects * sizeof(*shadows.lengths));
	if(shadows.known == NULL || shadows.texts == NULL
			|| shadows.lengths == NULL)
		return -1;
	for(i = 0; i < plan->n_subjects; i++)
		text_map_init(&shadows.texts[i], lint->arena);
	for(i = 0; i < plan->n_rules; i++) {
		for(condition = plan->rules[i]->conditions; condition != NULL;
				condition = condition->next)
			shadows.known[condition->test->id].uses++;
	}
	return search_all(&shadows);
}

/* -- rules that take calls for which there is nothing ------------------- */

/* For so many such rules the check looks for another one that takes their calls. */
#define ALONE_MAX 64

static bool has_somewhere(const rule_t *rule)
{
	return rule->has_first || rule->has_further || rule->has_reply;
}

static bool sets_variable(const rule_t *rule, const str *name)
{
	const assignment_t *variable;

	for(variable = rule->variables; variable != NULL;
			variable = variable->next) {
		if(str_equal(&variable->name, name))
			return true;
	}
	return false;
}

/* Which calls of a rule another rule takes.
 * @return bits as of lint_sides_of(); both bits: all calls */
static int sides_taken(
		lint_t *lint, const rule_t *rule, const rule_t *other, const int *marks)
{
	const condition_t *condition;
	int sides = 3;

	for(condition = other->conditions; condition != NULL;
			condition = condition->next) {
		const test_t *test = condition->test;

		if(marks[test->id] == rule->id + 1)
			continue;
		if(test->subject->kind == SUBJECT_VARIABLE
				&& sets_variable(rule, &test->subject->name))
			continue;
		sides &= lint_sides_of(lint, test);
		if(sides == 0)
			return 0;
	}
	return sides;
}

/* Does each call to which a rule applies get a destination or a reply? */
static bool is_provided(lint_t *lint, const rule_t *rule, int *marks)
{
	const condition_t *condition;
	int sides = 0;
	int i;

	for(condition = rule->conditions; condition != NULL;
			condition = condition->next)
		marks[condition->test->id] = rule->id + 1;
	for(i = 0; i < lint->plan->n_rules && sides != 3; i++) {
		const rule_t *other = lint->plan->rules[i];

		if(other != rule && (!other->continues || has_somewhere(other)))
			sides |= sides_taken(lint, rule, other, marks);
	}
	return sides == 3;
}

int lint_continues_alone(lint_t *lint)
{
	int *marks = arena_alloc(
			lint->arena, (size_t)lint->plan->n_tests * sizeof(*marks));
	int left = ALONE_MAX;
	fragment_t where;
	int i;

	if(marks == NULL)
		return -1;
	/* the last rule has no rule behind it; last-continues is its check */
	for(i = 0; i < lint->plan->n_rules - 1 && left > 0; i++) {
		const rule_t *rule = lint->plan->rules[i];

		if(!rule->continues || has_somewhere(rule))
			continue;
		left--;
		if(is_provided(lint, rule, marks))
			continue;
		where = rule_where(rule);
		diagnostics_warning(lint->diagnostics, &where,
				"this rule takes a call also where no rule below does, and "
				"names no destination: then the call goes to the request's own "
				"URI, or is refused if that is this server; a last rule with "
				"$action = 404 Not Found would answer it");
		return 0;
	}
	return 0;
}
