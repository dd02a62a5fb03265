/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dialplan/rule_index.h"

#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "dialplan/literal.h"
#include "dialplan/network_text.h"

/* for a node where no text ends, and for a subject without texts */
#define NONE 0xffffffffu

/* A tree of texts: those that begin alike share their beginning. The nodes are in one
 * array, and those with the same parent are side by side. A node has all characters
 * that the texts behind it have in common. */
typedef struct node
{
	unsigned label;		  /* its characters in labels, without the first one */
	unsigned first_child; /* in nodes */
	unsigned rules; /* the rules whose text ends here, in rules; or NONE */
	unsigned short n_children;
	unsigned char label_len;
} node_t;

_Static_assert(LITERAL_BYTES_MAX <= UCHAR_MAX, "a label is part of a literal");
_Static_assert(ADDRESS_BITS_BYTES <= UCHAR_MAX, "or of an address in bits");

/* The texts of a subject: the roots of two trees, or NONE. */
typedef struct texts
{
	unsigned anchored; /* at the beginning of a value */
	unsigned floating; /* anywhere in it */
	/* the first characters of the floating texts, if they differ */
	unsigned char starts[256 / 8];
} texts_t;

struct rule_index
{
	/* by subject; behind them by address, where each text is a network in bits */
	const texts_t *texts;
	int n_subjects;
	const int *scanned; /* the subjects that have texts, n_scanned of them */
	int n_scanned;
	const argument_t *const *addresses; /* n_addresses of them */
	int n_addresses;
	const node_t *nodes;
	const unsigned char *firsts; /* the first character of each node */
	const char *labels;
	/* for each text its rules; the last one of a text has LAST_RULE */
	const unsigned *rules;
	const unsigned *always; /* rules without a text, n_always of them */
	int n_always;
	int n_entries; /* of rules */
};

#define LAST_RULE 0x80000000u

/* -- terms -------------------------------------------------------------- */

/* A text by which rules can be found. */
typedef struct term
{
	/* twice the index in texts, and one more if it is anchored */
	unsigned place;
	str text;
	unsigned n_possible; /* rules that could be found by it */
	unsigned n_rules;	 /* that are */
	unsigned rules;		 /* where they begin in the index */
} term_t;

/* A choice of terms. If a rule uses it, the rule is listed under each of them. */
typedef struct choice
{
	struct choice *next;
	term_t **terms;
	int n_terms;
} choice_t;

/* The choices that a test offers. */
typedef struct choices
{
	bool are_known;
	choice_t *first;
} choices_t;

typedef struct maker
{
	rule_t *const *rules;
	int n_rules, n_subjects;
	arena_t *arena, *scratch;
	text_map_t map, addresses_by_key;
	const argument_t **addresses; /* n_addresses of them */
	int n_addresses;
	searcher_t searcher;
	choices_t *choices; /* by test */
	choice_t **chosen;	/* by rule */
	term_t **terms;		/* that were chosen, n_terms of them */
	unsigned n_terms;
	unsigned n_entries; /* rules of all terms together */
	rule_index_t *index;
} maker_t;

static term_t *term_add(
		maker_t *maker, unsigned place, const literal_t *literal)
{
	str name;
	text_entry_t *entry;
	term_t *term;

	name.len = (int)sizeof(place) + literal->text.len;
	name.s = arena_alloc(maker->scratch, name.len);
	if(name.s == NULL)
		return NULL;
	memcpy(name.s, &place, sizeof(place));
	memcpy(name.s + sizeof(place), literal->text.s, literal->text.len);
	entry = text_map_enter(&maker->map, &name);
	if(entry == NULL || entry->value != NULL)
		return entry == NULL ? NULL : entry->value;
	term = entry->value = arena_alloc(maker->scratch, sizeof(*term));
	if(term == NULL)
		return NULL;
	term->place = place;
	term->text = literal->text;
	return term;
}

static choice_t *choice_make(
		maker_t *maker, int subject_id, const requirement_t *requirement)
{
	choice_t *choice = arena_alloc(maker->scratch, sizeof(*choice));
	int i;

	if(choice == NULL)
		return NULL;
	choice->n_terms = requirement->n_literals;
	choice->terms = arena_alloc(
			maker->scratch, choice->n_terms * sizeof(*choice->terms));
	if(choice->terms == NULL)
		return NULL;
	for(i = 0; i < choice->n_terms; i++) {
		const literal_t *literal = &requirement->literals[i];
		unsigned place = 2 * (unsigned)subject_id + literal->is_anchored;

		choice->terms[i] = term_add(maker, place, literal);
		if(choice->terms[i] == NULL)
			return NULL;
	}
	return choice;
}

/* -- networks ----------------------------------------------------------- */

/* The number of an argument. Equal arguments have the same one.
 * @return -1 without memory */
static int address_number(maker_t *maker, const argument_t *argument)
{
	const argument_t **place;
	text_entry_t *entry;
	str key;

	key.len = argument->text.len + 2;
	key.s = arena_alloc(maker->scratch, key.len);
	if(key.s == NULL)
		return -1;
	key.s[0] = (char)('A' + argument->kind);
	key.s[1] = (char)('A' + argument->function);
	if(argument->text.len > 0)
		memcpy(key.s + 2, argument->text.s, argument->text.len);
	entry = text_map_enter(&maker->addresses_by_key, &key);
	if(entry == NULL)
		return -1;
	if(entry->value == NULL) {
		entry->value = &maker->addresses[maker->n_addresses++];
		place = entry->value;
		*place = argument;
	}
	place = entry->value;
	return (int)(place - maker->addresses);
}

/* The choice of a test that holds for addresses in a network only.
 * @param bits of the network */
static choice_t *choice_of_network(
		maker_t *maker, const subject_t *subject, const str *bits)
{
	int number = address_number(maker, subject_asked_of(subject));
	literal_t literal = {.is_anchored = true};
	requirement_t requirement = {.literals = &literal, .n_literals = 1};

	return number < 0 || arena_copy(maker->scratch, bits, &literal.text) < 0
				   ? NULL
				   : choice_make(
						   maker, maker->n_subjects + number, &requirement);
}

/* -- the choices of a test ---------------------------------------------- */

/* Is it a test that a function is true? */
static bool is_for_truth(maker_t *maker, const test_t *test)
{
	static const str untrue = str_init("false");

	return pattern_match(
				   &test->pattern, &maker->searcher, &untrue, PATTERN_STEPS_MAX)
		   == 0;
}

/* Find the choices of a test. A negated test has none.
 * @return NULL without memory */
static const choices_t *choices_of(maker_t *maker, const test_t *test)
{
	choices_t *choices = &maker->choices[test->id];
	choice_t **last = &choices->first;
	requirement_t *requirement = NULL;
	char buffer[ADDRESS_BITS_BYTES];
	str bits = {buffer, 0};

	if(choices->are_known)
		return choices;
	choices->are_known = true;
	bits.len = network_text(test->subject, bits.s);
	if(bits.len > 0 && is_for_truth(maker, test)) {
		*last = choice_of_network(maker, test->subject, &bits);
		return *last == NULL ? NULL : choices;
	}
	if(test->pattern.is_negated || test->subject->has_holes)
		return choices;
	if(literal_requirements(&test->pattern.text, maker->scratch, &requirement)
			< 0)
		return NULL;
	for(; requirement != NULL; requirement = requirement->next) {
		*last = choice_make(maker, test->subject->id, requirement);
		if(*last == NULL)
			return NULL;
		last = &(*last)->next;
	}
	return choices;
}

static void count_choices(const choices_t *choices)
{
	const choice_t *choice;
	int i;

	for(choice = choices->first; choice != NULL; choice = choice->next) {
		for(i = 0; i < choice->n_terms; i++)
			choice->terms[i]->n_possible++;
	}
}

/* Count for every term how many rules could be found by it.
 * @return 0, or -1 without memory */
static int count_terms(maker_t *maker)
{
	int i;

	for(i = 0; i < maker->n_rules; i++) {
		const condition_t *it;

		for(it = maker->rules[i]->conditions; it != NULL; it = it->next) {
			const choices_t *choices = choices_of(maker, it->test);

			if(choices == NULL)
				return -1;
			count_choices(choices);
		}
	}
	return 0;
}

/* -- which term --------------------------------------------------------- */

/* Estimate how often a request contains a text: a text of many rules, or a short text,
 * is in many requests. */
static unsigned long term_cost(const term_t *term)
{
	static const unsigned char short_texts[] = {16, 16, 4};
	/* an anchored text is rarer, as it must be at the beginning */
	unsigned len = (unsigned)term->text.len + (term->place & 1);

	return (unsigned long)term->n_possible
		   * (len < sizeof(short_texts) ? short_texts[len] : 1);
}

static unsigned long choice_cost(const choice_t *choice)
{
	unsigned long cost = 0;
	int i;

	for(i = 0; i < choice->n_terms; i++)
		cost += term_cost(choice->terms[i]);
	return cost;
}

static int choice_length(const choice_t *choice)
{
	int len = choice->terms[0]->text.len;
	int i;

	for(i = 1; i < choice->n_terms; i++) {
		if(choice->terms[i]->text.len < len)
			len = choice->terms[i]->text.len;
	}
	return len;
}

static bool is_better(const choice_t *choice, const choice_t *than)
{
	unsigned long cost, cost_than;

	if(than == NULL)
		return true;
	cost = choice_cost(choice);
	cost_than = choice_cost(than);
	return cost < cost_than
		   || (cost == cost_than
				   && choice_length(choice) > choice_length(than));
}

static choice_t *choose(const maker_t *maker, const rule_t *rule)
{
	choice_t *best = NULL;
	const condition_t *it;

	for(it = rule->conditions; it != NULL; it = it->next) {
		choice_t *choice = maker->choices[it->test->id].first;

		for(; choice != NULL; choice = choice->next) {
			if(is_better(choice, best))
				best = choice;
		}
	}
	return best;
}

/* Choose the terms of every rule, and collect them.
 * @return 0, or -1 without memory */
static int choose_terms(maker_t *maker)
{
	int i, j;

	maker->terms = arena_alloc(
			maker->scratch, maker->map.n_entries * sizeof(*maker->terms));
	maker->chosen = arena_alloc(
			maker->scratch, maker->n_rules * sizeof(*maker->chosen));
	if(maker->terms == NULL || maker->chosen == NULL)
		return -1;
	for(i = 0; i < maker->n_rules; i++) {
		choice_t *choice = choose(maker, maker->rules[i]);

		maker->chosen[i] = choice;
		for(j = 0; choice != NULL && j < choice->n_terms; j++) {
			term_t *term = choice->terms[j];

			if(term->n_rules++ == 0)
				maker->terms[maker->n_terms++] = term;
			maker->n_entries++;
		}
	}
	return 0;
}

static int term_compare(const void *a, const void *b)
{
	const term_t *one = *(term_t *const *)a;
	const term_t *other = *(term_t *const *)b;
	int len = one->text.len < other->text.len ? one->text.len : other->text.len;
	int order;

	if(one->place != other->place)
		return one->place < other->place ? -1 : 1;
	order = memcmp(one->text.s, other->text.s, len);
	return order != 0 ? order : one->text.len - other->text.len;
}

/* -- rules -------------------------------------------------------------- */

/* List the rules of each term, in the order of the terms.
 * @return 0, or -1 without memory */
static int list_rules(maker_t *maker)
{
	unsigned *rules =
			arena_alloc(maker->arena, maker->n_entries * sizeof(*rules));
	unsigned at = 0;
	unsigned k;
	int i, j;

	if(rules == NULL)
		return -1;
	maker->index->rules = rules;
	maker->index->n_entries = (int)maker->n_entries;
	for(k = 0; k < maker->n_terms; k++) {
		maker->terms[k]->rules = at;
		at += maker->terms[k]->n_rules;
	}
	/* from the last rule on: the count of a term is the place for its next rule */
	for(i = maker->n_rules - 1; i >= 0; i--) {
		const choice_t *choice = maker->chosen[i];

		for(j = 0; choice != NULL && j < choice->n_terms; j++) {
			term_t *term = choice->terms[j];

			rules[term->rules + --term->n_rules] = (unsigned)i;
		}
	}
	for(k = 1; k <= maker->n_terms; k++) {
		at = k < maker->n_terms ? maker->terms[k]->rules : maker->n_entries;
		rules[at - 1] |= LAST_RULE;
	}
	return 0;
}

/* List the rules without a term.
 * @return 0, or -1 without memory */
static int list_always(maker_t *maker)
{
	unsigned *always;
	int n = 0;
	int i;

	for(i = 0; i < maker->n_rules; i++)
		n += maker->chosen[i] == NULL;
	always = arena_alloc(maker->arena, n * sizeof(*always));
	if(always == NULL)
		return -1;
	maker->index->always = always;
	maker->index->n_always = n;
	for(i = 0; i < maker->n_rules; i++) {
		if(maker->chosen[i] == NULL)
			*always++ = (unsigned)i;
	}
	return 0;
}

/* -- trees -------------------------------------------------------------- */

/* The terms below a node. */
typedef struct range
{
	unsigned from, to;
	int depth; /* the number of characters that lead to it, its first one included */
} range_t;

/* The arrays while they grow. They are copied when their size is known. */
typedef struct trees
{
	term_t **terms;
	node_t *nodes;
	range_t *ranges; /* by node */
	unsigned char *firsts;
	char *labels;
	unsigned n_nodes, n_labels;
} trees_t;

static unsigned node_add(
		trees_t *trees, unsigned from, unsigned to, int depth, char first)
{
	unsigned id = trees->n_nodes++;

	trees->ranges[id].from = from;
	trees->ranges[id].to = to;
	trees->ranges[id].depth = depth;
	trees->firsts[id] = (unsigned char)first;
	return id;
}

/* The number of characters that all terms of a range have in common. The terms are
 * sorted, so these are the characters that the first and the last one have in common. */
static int common_length(const trees_t *trees, const range_t *range)
{
	const str *first = &trees->terms[range->from]->text;
	const str *last = &trees->terms[range->to - 1]->text;
	int len = range->depth;

	while(len < first->len && first->s[len] == last->s[len])
		len++;
	return len;
}

static void node_make(trees_t *trees, unsigned id)
{
	node_t *node = &trees->nodes[id];
	range_t range = trees->ranges[id];
	const term_t *first = trees->terms[range.from];
	int len = common_length(trees, &range);

	node->label = trees->n_labels;
	node->label_len = (unsigned char)(len - range.depth);
	memcpy(trees->labels + trees->n_labels, first->text.s + range.depth,
			node->label_len);
	trees->n_labels += node->label_len;
	node->rules = NONE;
	if(first->text.len == len) {
		node->rules = first->rules;
		range.from++;
	}
	node->first_child = trees->n_nodes;
	while(range.from < range.to) {
		char c = trees->terms[range.from]->text.s[len];
		unsigned to = range.from + 1;

		while(to < range.to && trees->terms[to]->text.s[len] == c)
			to++;
		node_add(trees, range.from, to, len + 1, c);
		node->n_children++;
		range.from = to;
	}
}

/* Make the tree of a range of terms, level by level. All children of a node are added
 * together.
 * @return its root */
static unsigned tree_make(trees_t *trees, unsigned from, unsigned to)
{
	unsigned root = node_add(trees, from, to, 0, 0);
	unsigned id;

	for(id = root; id < trees->n_nodes; id++)
		node_make(trees, id);
	return root;
}

static void mark_starts(const trees_t *trees, texts_t *texts)
{
	const node_t *root = &trees->nodes[texts->floating];
	unsigned i;

	for(i = 0; i < root->n_children; i++) {
		unsigned char c = trees->firsts[root->first_child + i];

		texts->starts[c / 8] |= (unsigned char)(1 << c % 8);
	}
}

/* Make the trees of all subjects of the sorted terms. */
static void trees_make(trees_t *trees, unsigned n_terms, texts_t *texts)
{
	unsigned from, to;

	for(from = 0; from < n_terms; from = to) {
		unsigned place = trees->terms[from]->place;
		texts_t *its = &texts[place / 2];
		unsigned root;

		for(to = from + 1; to < n_terms && trees->terms[to]->place == place;)
			to++;
		root = tree_make(trees, from, to);
		if(place % 2 == 1) {
			its->anchored = root;
		} else {
			its->floating = root;
			mark_starts(trees, its);
		}
	}
}

/* @return 0, or -1 without memory */
static int trees_init(trees_t *trees, const maker_t *maker)
{
	/* each term ends at a node, and each other node has two children or more */
	size_t most = 2 * (size_t)maker->n_terms;
	size_t characters = 0;
	unsigned i;

	for(i = 0; i < maker->n_terms; i++)
		characters += maker->terms[i]->text.len;
	memset(trees, 0, sizeof(*trees));
	trees->terms = maker->terms;
	trees->nodes = arena_alloc(maker->scratch, most * sizeof(*trees->nodes));
	trees->ranges = arena_alloc(maker->scratch, most * sizeof(*trees->ranges));
	trees->firsts = arena_alloc(maker->scratch, most);
	trees->labels = arena_alloc(maker->scratch, characters);
	return trees->nodes == NULL || trees->ranges == NULL
						   || trees->firsts == NULL || trees->labels == NULL
				   ? -1
				   : 0;
}

static void *copy_of(arena_t *arena, const void *bytes, size_t size)
{
	void *copy = arena_alloc(arena, size);

	if(copy != NULL && size > 0)
		memcpy(copy, bytes, size);
	return copy;
}

static bool has_texts(const texts_t *texts)
{
	return texts->anchored != NONE || texts->floating != NONE;
}

/* List the subjects that have texts.
 * @return 0, or -1 without memory */
static int list_scanned(maker_t *maker)
{
	rule_index_t *index = maker->index;
	int *scanned;
	int i;

	for(i = 0; i < index->n_subjects; i++)
		index->n_scanned += has_texts(&index->texts[i]);
	scanned = arena_alloc(maker->arena, index->n_scanned * sizeof(*scanned));
	if(scanned == NULL)
		return -1;
	index->scanned = scanned;
	for(i = 0; i < index->n_subjects; i++) {
		if(has_texts(&index->texts[i]))
			*scanned++ = i;
	}
	return 0;
}

/* @return 0, or -1 without memory */
static int make_trees(maker_t *maker)
{
	rule_index_t *index = maker->index;
	int n_texts = maker->n_subjects + maker->n_addresses;
	texts_t *texts = arena_alloc(maker->arena, n_texts * sizeof(*texts));
	trees_t trees;
	int i;

	if(texts == NULL || trees_init(&trees, maker) < 0)
		return -1;
	for(i = 0; i < n_texts; i++)
		texts[i].anchored = texts[i].floating = NONE;
	trees_make(&trees, maker->n_terms, texts);
	index->texts = texts;
	index->n_subjects = maker->n_subjects;
	index->n_addresses = maker->n_addresses;
	index->addresses = copy_of(maker->arena, maker->addresses,
			maker->n_addresses * sizeof(*maker->addresses));
	index->nodes = copy_of(
			maker->arena, trees.nodes, trees.n_nodes * sizeof(*trees.nodes));
	index->firsts = copy_of(maker->arena, trees.firsts, trees.n_nodes);
	index->labels = copy_of(maker->arena, trees.labels, trees.n_labels);
	return index->nodes == NULL || index->firsts == NULL
						   || index->labels == NULL || index->addresses == NULL
				   ? -1
				   : list_scanned(maker);
}

/* -- the index ---------------------------------------------------------- */

static int count_tests(rule_t *const *rules, int n_rules)
{
	int count = 0;
	int i;

	for(i = 0; i < n_rules; i++) {
		const condition_t *it;

		for(it = rules[i]->conditions; it != NULL; it = it->next) {
			if(it->test->id >= count)
				count = it->test->id + 1;
		}
	}
	return count;
}

/* @return 0, or -1 without memory */
static int make(maker_t *maker)
{
	int n_tests = count_tests(maker->rules, maker->n_rules);

	maker->index = arena_alloc(maker->arena, sizeof(*maker->index));
	maker->choices =
			arena_alloc(maker->scratch, n_tests * sizeof(*maker->choices));
	maker->addresses =
			arena_alloc(maker->scratch, n_tests * sizeof(*maker->addresses));
	if(maker->index == NULL || maker->choices == NULL
			|| maker->addresses == NULL || count_terms(maker) < 0
			|| choose_terms(maker) < 0)
		return -1;
	qsort(maker->terms, maker->n_terms, sizeof(*maker->terms), term_compare);
	return list_rules(maker) < 0 || list_always(maker) < 0
						   || make_trees(maker) < 0
				   ? -1
				   : 0;
}

rule_index_t *rule_index_make(rule_t *const *rules, int n_rules, int n_subjects,
		arena_t *arena, arena_t *scratch)
{
	maker_t maker = {.rules = rules,
			.n_rules = n_rules,
			.n_subjects = n_subjects,
			.arena = arena,
			.scratch = scratch};
	int made;

	if(searcher_init(&maker.searcher) < 0)
		return NULL;
	text_map_init(&maker.map, scratch);
	text_map_init(&maker.addresses_by_key, scratch);
	made = make(&maker);
	searcher_destroy(&maker.searcher);
	return made < 0 ? NULL : maker.index;
}

int rule_index_entries(const rule_index_t *index)
{
	return index->n_entries;
}

bool rule_index_has(const rule_index_t *index, int subject_id)
{
	return has_texts(&index->texts[subject_id]);
}

int rule_index_subjects(const rule_index_t *index, const int **ids)
{
	*ids = index->scanned;
	return index->n_scanned;
}

int rule_index_addresses(
		const rule_index_t *index, const argument_t *const **arguments)
{
	*arguments = index->addresses;
	return index->n_addresses;
}

/* -- candidates --------------------------------------------------------- */

#define WORD_BITS 64

/* A bit for each rule that was found and not taken yet. A second level has a bit for each
 * word that is not 0. So rules that were not found cost nearly nothing. */
struct candidates
{
	const rule_index_t *index;
	uint64_t *words;
	uint64_t *summary;
	unsigned *
			added_in; /* by the place of a text's rules: the search that added them */
	unsigned search; /* which one it is; 0: none yet */
	int n_entries;
	int n_summary;
	int n_always; /* how many rules without a text were taken */
	int last;	  /* that was taken; -1: none */
};

candidates_t *candidates_create(int n_rules, int n_entries, arena_t *arena)
{
	candidates_t *candidates = arena_alloc(arena, sizeof(*candidates));
	int n_words = n_rules / WORD_BITS + 1;

	if(candidates == NULL)
		return NULL;
	candidates->n_summary = n_words / WORD_BITS + 1;
	candidates->words = arena_alloc(arena, n_words * sizeof(uint64_t));
	candidates->summary =
			arena_alloc(arena, candidates->n_summary * sizeof(uint64_t));
	candidates->n_entries = n_entries;
	candidates->added_in =
			arena_alloc(arena, n_entries * sizeof(*candidates->added_in));
	if(candidates->words == NULL || candidates->summary == NULL
			|| candidates->added_in == NULL)
		return NULL;
	return candidates;
}

/* The lowest bit that is set; there is at least one. */
static int lowest(uint64_t word)
{
	return __builtin_ctzll(word);
}

void candidates_begin(candidates_t *candidates, const rule_index_t *index)
{
	int i;

	for(i = 0; i < candidates->n_summary; i++) {
		uint64_t *summary = &candidates->summary[i];

		for(; *summary != 0; *summary &= *summary - 1)
			candidates->words[i * WORD_BITS + lowest(*summary)] = 0;
	}
	if(++candidates->search == 0) {
		memset(candidates->added_in, 0,
				candidates->n_entries * sizeof(*candidates->added_in));
		candidates->search = 1;
	}
	candidates->index = index;
	candidates->n_always = 0;
	candidates->last = -1;
}

static void candidate_add(candidates_t *candidates, int rule)
{
	int word = rule / WORD_BITS;

	if(rule <= candidates->last)
		return;
	candidates->words[word] |= (uint64_t)1 << rule % WORD_BITS;
	candidates->summary[word / WORD_BITS] |= (uint64_t)1 << word % WORD_BITS;
}

static void candidates_add(candidates_t *candidates, unsigned rules)
{
	const unsigned *rule = &candidates->index->rules[rules];

	/* a value can contain a text many times */
	if(candidates->added_in[rules] == candidates->search)
		return;
	candidates->added_in[rules] = candidates->search;
	for(; (*rule & LAST_RULE) == 0; rule++)
		candidate_add(candidates, (int)*rule);
	candidate_add(candidates, (int)(*rule & ~LAST_RULE));
}

/* Find the texts of a tree that begin at one place. */
static void walk(candidates_t *candidates, unsigned root, const char *at,
		const char *end)
{
	const rule_index_t *index = candidates->index;
	const node_t *node = &index->nodes[root];

	for(;;) {
		const unsigned char *firsts = &index->firsts[node->first_child];
		const unsigned char *first;

		if(end - at < node->label_len
				|| memcmp(at, &index->labels[node->label], node->label_len)
						   != 0)
			return;
		at += node->label_len;
		if(node->rules != NONE)
			candidates_add(candidates, node->rules);
		if(at == end)
			return;
		first = memchr(firsts, (unsigned char)*at, node->n_children);
		if(first == NULL)
			return;
		node = &index->nodes[first - index->firsts];
		at++;
	}
}

static bool is_start(const texts_t *texts, unsigned char c)
{
	return (texts->starts[c / 8] >> c % 8 & 1) != 0;
}

/* Find the next place where a text can begin; NULL: there is none. */
static const char *next_start(const rule_index_t *index, const texts_t *texts,
		const char *at, const char *end)
{
	const node_t *root = &index->nodes[texts->floating];

	if(root->label_len > 0)
		return memchr(at, index->labels[root->label], end - at);
	while(at < end && !is_start(texts, (unsigned char)*at))
		at++;
	return at < end ? at : NULL;
}

void candidates_scan(candidates_t *candidates, int subject_id, const str *value)
{
	const rule_index_t *index = candidates->index;
	const texts_t *texts = &index->texts[subject_id];
	const char *at = value->s;
	const char *end = at + value->len;

	if(value->len == 0)
		return;
	if(texts->anchored != NONE)
		walk(candidates, texts->anchored, at, end);
	if(texts->floating == NONE)
		return;
	while((at = next_start(index, texts, at, end)) != NULL) {
		walk(candidates, texts->floating, at, end);
		at++;
	}
}

/* Find all texts of a tree. It is as deep as an address has bits. */
static void add_tree(candidates_t *candidates, unsigned id)
{
	const node_t *node = &candidates->index->nodes[id];
	unsigned i;

	if(node->rules != NONE)
		candidates_add(candidates, node->rules);
	for(i = 0; i < node->n_children; i++)
		add_tree(candidates, node->first_child + i);
}

void candidates_scan_address(
		candidates_t *candidates, int number, const address_t *address)
{
	const rule_index_t *index = candidates->index;
	unsigned root = index->texts[index->n_subjects + number].anchored;
	char bits[ADDRESS_BITS_BYTES];

	if(root == NONE)
		return;
	if(address == NULL)
		add_tree(candidates, root);
	else
		walk(candidates, root, bits,
				bits + address_write_bits(address, 8 * address->bytes, bits));
}

/* The next rule that was found; -1: there is none. */
static int next_found(const candidates_t *candidates)
{
	int i;

	for(i = 0; i < candidates->n_summary; i++) {
		if(candidates->summary[i] != 0) {
			int word = i * WORD_BITS + lowest(candidates->summary[i]);

			return word * WORD_BITS + lowest(candidates->words[word]);
		}
	}
	return -1;
}

static void candidate_remove(candidates_t *candidates, int rule)
{
	int word = rule / WORD_BITS;

	candidates->words[word] &= candidates->words[word] - 1;
	if(candidates->words[word] == 0)
		candidates->summary[word / WORD_BITS] &=
				~((uint64_t)1 << word % WORD_BITS);
}

/* The next rule without a text; -1: there is none. */
static int next_always(const candidates_t *candidates)
{
	const rule_index_t *index = candidates->index;

	return candidates->n_always < index->n_always
				   ? (int)index->always[candidates->n_always]
				   : -1;
}

int candidates_next(candidates_t *candidates)
{
	int found = next_found(candidates);
	int always = next_always(candidates);

	if(found < 0 || (always >= 0 && always < found)) {
		if(always < 0)
			return -1;
		candidates->n_always++;
		candidates->last = always;
		return always;
	}
	candidate_remove(candidates, found);
	candidates->last = found;
	return found;
}
