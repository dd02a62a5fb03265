/* SPDX-License-Identifier: GPL-2.0-or-later */
/* lint_destinations: checks of the destinations: those that cannot be tried, are
 * repeated, or are names. */
#include "lint/lint.h"

#include <stdio.h>

#include "text/ascii.h"
#include "text/nearness.h"

/* A call makes no more attempts than this, so the destinations behind them are not
 * compared. */
#define COMPARED_MAX ATTEMPTS_MAX

/* While destinations are compared, this stands for a group: a port number, which
 * fits in every place, and which nobody writes. */
#define GROUP_PORT_BASE 65001

/* -- destinations that are never tried ---------------------------------- */

static int count_destinations(const destination_t *destination)
{
	int count = 0;

	for(; destination != NULL; destination = destination->next)
		count++;
	return count;
}

/* Can the request's own URI be the first destination of a rule without To? Not if
 * that URI is this server. */
static bool may_be_implied(const walk_t *walk)
{
	const condition_t *condition;

	for(condition = walk->rule->conditions; condition != NULL;
			condition = condition->next) {
		if(lint_sides_of(walk->lint, condition->test) == 1)
			return false;
	}
	return !walk->may_have_first && !walk->rule->continues;
}

/* Describe the destination before the list of a rule, for a message.
 * @return how many destinations stand there; 0: none, or it is not sure */
static int count_before(const walk_t *walk, char *before, size_t size)
{
	before[0] = '\0';
	if(walk->rule->has_first)
		return 1;
	if(walk->first != NULL && !walk->rule->continues) {
		snprintf(before, size, " (the first is To of the rule of line %d)",
				walk->first->line);
		return 1;
	}
	if(!may_be_implied(walk))
		return 0;
	snprintf(before, size,
			" (without To the request's own is the first, unless that is this "
			"server)");
	return 1;
}

/* How many destinations of a rule can be tried, and which limit says so. */
static int tried_of(const walk_t *walk, const char **bound)
{
	unsigned branches = walk->lint->max_branches;
	unsigned attempts = walk_is_sure(walk, SETTING_ATTEMPTS)
								? walk->settings.attempts
								: ATTEMPTS_MAX;

	if(branches <= attempts) {
		*bound = "max_branches in kamailio.cfg, 30 at the most, would have to "
				 "be more";
		return (int)branches;
	}
	*bound = walk->lint->call_settings != NULL
					 ? "attempts would have to be more"
					 : "&failover.attempts would have to be more";
	return (int)attempts;
}

static void see_untried(const walk_t *walk)
{
	char before[128];
	const char *bound;
	int tried = tried_of(walk, &bound);
	int n_before = count_before(walk, before, sizeof(before));
	int count = n_before + count_destinations(walk->rule->further);
	const destination_t *untried = walk->rule->further;
	int i;

	if(count <= tried || untried == NULL)
		return;
	for(i = n_before; i < tried; i++)
		untried = untried->next;
	diagnostics_warning(walk->lint->diagnostics, &untried->where,
			"this is destination %d of %d%s, and only %d are tried: %s",
			tried + 1, count, before, tried, bound);
}

/* To stands in this rule, the list in a rule above. */
static void see_untried_above(const walk_t *walk)
{
	const rule_t *rule = walk->rule;
	const char *bound;
	int tried = tried_of(walk, &bound);
	int count;

	if(!rule->has_first || rule->has_further || rule->continues
			|| walk->further == NULL || walk->further->has_first)
		return;
	count = count_destinations(walk->further->further);
	/* a list that is too long by itself gets its own warning */
	if(1 + count > tried && count <= (int)walk->lint->max_branches)
		diagnostics_warning(walk->lint->diagnostics, &rule->first->where,
				"with the list of the rule of line %d there are %d "
				"destinations, and only %d are tried: %s",
				walk->further->line, 1 + count, tried, bound);
}

int lint_destination_untried(lint_t *lint)
{
	walk_t walk;

	walk_begin(&walk, lint);
	while(walk_next(&walk)) {
		see_untried(&walk);
		see_untried_above(&walk);
	}
	return 0;
}

/* -- names --------------------------------------------------------------- */

int lint_destination_name(lint_t *lint)
{
	rules_warn_of_names(
			lint->plan->rules, lint->plan->n_rules, lint->diagnostics);
	return 0;
}

/* -- the same place twice ----------------------------------------------- */

/* A destination, and where it is. */
typedef struct compared
{
	const destination_t *destination;
	bool is_above; /* it stands in a rule above with $continue */
	place_t place;
} compared_t;

typedef struct comparison
{
	lint_t *lint;
	str groups[RULE_GROUPS_MAX];
	char digits[RULE_GROUPS_MAX][8];
	compared_t list[COMPARED_MAX];
	int count;
} comparison_t;

static bool is_same_socket(const compared_t *a, const compared_t *b)
{
	return str_equal_nocase(
			&a->destination->options.socket, &b->destination->options.socket);
}

static void warn_same(const comparison_t *comparison, const compared_t *later,
		const compared_t *earlier)
{
	const fragment_t *where = &later->destination->where;
	const fragment_t *first = &earlier->destination->where;

	if(earlier->is_above) {
		diagnostics_warning(comparison->lint->diagnostics, where,
				"[%.*s] is tried twice, as a rule with $continue has it too "
				"(line %d, column %d): leave one of them out",
				SHOWN(where), first->line, first->column);
		return;
	}
	diagnostics_warning(comparison->lint->diagnostics, where,
			"[%.*s] stands in this %s a second time (line %d, column %d), so "
			"what has just failed is tried again: leave one of them out",
			SHOWN(where), lint_rule_word(comparison->lint), first->line,
			first->column);
}

static void warn_same_host(const comparison_t *comparison,
		const compared_t *later, const compared_t *earlier)
{
	const fragment_t *where = &later->destination->where;
	const fragment_t *first = &earlier->destination->where;

	diagnostics_warning(comparison->lint->diagnostics, where,
			"[%.*s] has the host, port and transport of line %d, column %d "
			"again: what makes that one fail most likely makes this one fail "
			"too",
			SHOWN(where), first->line, first->column);
}

/* @return whether there was something to warn of */
static bool compare(const comparison_t *comparison, const compared_t *later,
		const compared_t *earlier)
{
	const destination_t *a = earlier->destination;
	const destination_t *b = later->destination;

	if(a->is_current != b->is_current || !is_same_socket(earlier, later))
		return false;
	if(a->is_current
			|| (a->transport == b->transport
					&& sip_uri_equal(&earlier->place.uri, &later->place.uri))) {
		warn_same(comparison, later, earlier);
		return true;
	}
	if(a->transport != b->transport || earlier->place.port != later->place.port
			|| !str_equal_nocase(&earlier->place.host, &later->place.host))
		return false;
	warn_same_host(comparison, later, earlier);
	return true;
}

/* @param is_above it stands in a rule above, so it is compared only with the
 *        destinations of this rule */
static void add_one(comparison_t *comparison, const destination_t *destination,
		bool is_above)
{
	compared_t *added = &comparison->list[comparison->count];
	int i;

	if(comparison->count == COMPARED_MAX
			|| (!destination->is_current
					&& !destination_find_place(
							destination, comparison->groups, &added->place)))
		return;
	added->destination = destination;
	added->is_above = is_above;
	for(i = 0; i < comparison->count && !is_above; i++) {
		if(compare(comparison, added, &comparison->list[i]))
			break;
	}
	comparison->count++;
}

static void add_all(comparison_t *comparison, const destination_t *destination,
		bool is_above)
{
	for(; destination != NULL && comparison->count < COMPARED_MAX;
			destination = destination->next)
		add_one(comparison, destination, is_above);
}

static void see_same(comparison_t *comparison, const walk_t *walk)
{
	const rule_t *rule = walk->rule;

	comparison->count = 0;
	/* a rule below can replace them */
	if(!rule->continues && rule->has_first != rule->has_further) {
		if(rule->has_first && walk->further != NULL)
			add_all(comparison, walk->further->further, true);
		if(rule->has_further && walk->first != NULL
				&& rule->transport.text.s == NULL)
			add_one(comparison, walk->first->first, true);
	}
	add_all(comparison, rule->first, false);
	add_all(comparison, rule->further, false);
}

/* Without To, the request's own URI is the first destination. */
static void see_current(const walk_t *walk)
{
	const destination_t *destination = walk->rule->further;

	if(walk->rule->has_first || walk->rule->continues || walk->may_have_first)
		return;
	while(destination != NULL && !destination->is_current)
		destination = destination->next;
	if(destination != NULL)
		diagnostics_warning(walk->lint->diagnostics, &destination->where,
				"without To the request's own destination is the first "
				"already, so that it is tried twice: leave current out, or "
				"write To");
}

int lint_destination_twice(lint_t *lint)
{
	comparison_t *comparison = arena_alloc(lint->arena, sizeof(*comparison));
	walk_t walk;
	int i;

	if(comparison == NULL)
		return -1;
	comparison->lint = lint;
	for(i = 0; i < RULE_GROUPS_MAX; i++) {
		comparison->groups[i].s = comparison->digits[i];
		comparison->groups[i].len = snprintf(comparison->digits[i],
				sizeof(comparison->digits[i]), "%d", GROUP_PORT_BASE + i);
	}
	walk_begin(&walk, lint);
	while(walk_next(&walk)) {
		see_same(comparison, &walk);
		see_current(&walk);
	}
	return 0;
}

/* -- what looks like something else ------------------------------------- */

/* Find the word behind the last slash of a parameter's value.
 * @return false: there is none */
static bool find_slash(
		const fragment_t *uri, fragment_t *name, fragment_t *suffix)
{
	int slash = -1;
	int equals = -1;
	int i, begin;

	for(i = 0; i < uri->text.len; i++) {
		if(uri->text.s[i] == '@' || uri->text.s[i] == ';')
			slash = equals = -1;
		else if(uri->text.s[i] == '=' && equals < 0)
			equals = i;
		else if(uri->text.s[i] == '/')
			slash = i;
	}
	if(equals < 0 || slash < equals)
		return false;
	for(begin = equals; begin > 0 && uri->text.s[begin - 1] != ';'; begin--)
		;
	*name = fragment_part(uri, begin, equals - begin);
	*suffix = fragment_part(uri, slash, uri->text.len - slash);
	return begin > 0;
}

/* Is this a parameter of RFC 3261, whose value has no slash? */
static bool is_known_param(const fragment_t *name)
{
	static const char *const names[] = {
			"transport", "user", "method", "ttl", "maddr", "lr", "ob"};
	size_t i;

	for(i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if(fragment_is(name, names[i]))
			return true;
	}
	return false;
}

/* Find the transport whose name is at most one typing mistake from a word. */
static const char *near_transport(const str *word, int *distance)
{
	int i;

	for(i = 0; i < TRANSPORT_COUNT; i++) {
		*distance = nearness_distance(word, transport_name(i));
		if(*distance <= 1)
			return transport_name(i);
	}
	return NULL;
}

static void see_slash(lint_t *lint, const destination_t *destination)
{
	fragment_t uri = destination_written(destination);
	fragment_t name, suffix;
	const char *transport;
	int distance;
	str word;

	if(destination->is_current || destination->is_set
			|| !find_slash(&uri, &name, &suffix))
		return;
	word = suffix.text;
	word.s++;
	word.len--;
	transport = near_transport(&word, &distance);
	if(transport == NULL || (distance == 0 && is_known_param(&name)))
		return;
	if(distance == 0)
		diagnostics_warning(lint->diagnostics, &suffix,
				"[%.*s] is read as the transport, not as the end of the value "
				"of %.*s: write %%%%2F for a slash that belongs to it",
				SHOWN(&suffix), SHOWN(&name));
	else
		diagnostics_warning(lint->diagnostics, &suffix,
				"[%.*s] is read as the end of the value of %.*s: was /%s "
				"meant?",
				SHOWN(&suffix), SHOWN(&name), transport);
}

static void see_escape(lint_t *lint, const destination_t *destination)
{
	fragment_t uri = destination_written(destination);
	const char *s = uri.text.s;
	int i;

	for(i = 0; i + 2 < uri.text.len; i++) {
		fragment_t where;

		if(s[i] != '%')
			continue;
		if(s[i + 1] < '2' || s[i + 1] > '7' || hex_value(s[i + 2]) < 0) {
			i++; /* the second % of %% begins no escape */
			continue;
		}
		where = fragment_part(&uri, i, 3);
		diagnostics_warning(lint->diagnostics, &where,
				"[%.*s] is group %c and then a %c: %%%%%.2s would be the "
				"escape, %%{%c}%c the group",
				SHOWN(&where), s[i + 1], s[i + 2], s + i + 1, s[i + 1],
				s[i + 2]);
	}
}

/* Has a release of dispatcher this algorithm? (modules/dispatcher/dispatch.c, DS_ALG_;
 * 14, 15 and 64 are of Kamailio 6) */
static bool is_known_algorithm(int algorithm)
{
	return (algorithm >= 0 && algorithm <= 15) || algorithm == 64;
}

static void see_algorithm(lint_t *lint, const destination_t *destination)
{
	if(!destination->is_set || is_known_algorithm(destination->algorithm))
		return;
	diagnostics_warning(lint->diagnostics, &destination->where,
			"[%.*s]: dispatcher has no algorithm %d, and begins with the first "
			"gateway; one of ds_select() would be right, such as 4, in turn",
			SHOWN(&destination->where), destination->algorithm);
}

static void visit_destinations(lint_t *lint,
		void (*see)(lint_t *lint, const destination_t *destination))
{
	const destination_t *destination;
	int i;

	for(i = 0; i < lint->plan->n_rules; i++) {
		const rule_t *rule = lint->plan->rules[i];

		if(rule->first != NULL)
			see(lint, rule->first);
		for(destination = rule->further; destination != NULL;
				destination = destination->next)
			see(lint, destination);
	}
}

int lint_destination_slash(lint_t *lint)
{
	visit_destinations(lint, see_slash);
	return 0;
}

int lint_destination_escape(lint_t *lint)
{
	visit_destinations(lint, see_escape);
	return 0;
}

int lint_destination_algorithm(lint_t *lint)
{
	visit_destinations(lint, see_algorithm);
	return 0;
}
