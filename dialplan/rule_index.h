/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rule_index: finds the rules of a plan that a request could match. For each rule, it
 * chooses a condition whose pattern only matches a text that contains a certain word
 * (literal.h). If the request does not contain this word, the rule is not evaluated. So
 * the cost of a search depends on the rules that could match, not on the number of all
 * rules. */
#ifndef FAILOVER_DIALPLAN_RULE_INDEX_H
#define FAILOVER_DIALPLAN_RULE_INDEX_H

#include "dialplan/network.h"
#include "dialplan/rule.h"

typedef struct rule_index rule_index_t;

/** Make the index of a plan.
 * @param rules n_rules of them; each has its place as its id
 * @param n_subjects of the plan
 * @param arena holds it; it is only read afterwards
 * @param scratch holds what is needed while it is made
 * @return NULL without memory */
rule_index_t *rule_index_make(rule_t *const *rules, int n_rules, int n_subjects,
		arena_t *arena, arena_t *scratch);

/** Does the index have texts of this subject? If not, its values need not be scanned. */
bool rule_index_has(const rule_index_t *index, int subject_id);

/** The subjects that have texts in the index.
 * @param ids set to their ids, in ascending order
 * @return how many there are */
int rule_index_subjects(const rule_index_t *index, const int **ids);

/** Rules with $addrPrefix and $addrRange are found by addresses: those that a function is
 * asked of.
 * @param arguments set to them, each once
 * @return how many there are */
int rule_index_addresses(
		const rule_index_t *index, const argument_t *const **arguments);

/** The number of its entries: each rule counts once for every text that leads to it. */
int rule_index_entries(const rule_index_t *index);

/* The rules that a request could match, in order: all that have no text, and
 * those whose text was found. */
typedef struct candidates candidates_t;

/** Make room for the candidates of a plan.
 * @param n_rules,n_entries of the largest plan that it is for
 * @param arena holds it
 * @return NULL without memory */
candidates_t *candidates_create(int n_rules, int n_entries, arena_t *arena);

/** Begin anew.
 * @param index of the plan that is searched next */
void candidates_begin(candidates_t *candidates, const rule_index_t *index);

/** Look for the texts of a subject in one of its values. The rules that are found
 * become candidates, if they stand behind the last candidate that was taken. */
void candidates_scan(
		candidates_t *candidates, int subject_id, const str *value);

/** Look for the networks that an address is in, likewise.
 * @param number of its argument, in rule_index_addresses()
 * @param address NULL: not known, so it can be in any of them */
void candidates_scan_address(
		candidates_t *candidates, int number, const address_t *address);

/** Take the next candidate.
 * @return the id of its rule; -1: there is no further one */
int candidates_next(candidates_t *candidates);

#endif
