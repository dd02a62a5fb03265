/* SPDX-License-Identifier: GPL-2.0-or-later */
/* networks: measures the time of a search in a plan of 10 000 rules with $addrPrefix. Half
 * of the requests come from one of the networks. Most networks have 24 bits; the last
 * rules have the networks of 16 bits that contain them. Each request is also searched rule
 * by rule, and both ways must find the same rule.
 *
 *     make bench-networks [BENCH=--check]
 *
 * With --check it fails if a request takes more than the target below.
 * test/bench/instructions.sh counts the instructions; for it, --ask N searches N
 * requests. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "dialplan/function.h"
#include "dialplan_parse.h"

#define TARGET_US 2.0

#define RULES 10000
#define WIDE_RULES 40 /* the last ones have 16 bits */
#define REQUESTS 1000
#define PASS_NS 20000000.0 /* the shortest time of a pass */
#define PASSES 9		   /* the fastest one counts */
#define RULE_BYTES 128
#define ADDRESS_BYTES 16
#define BLOCK_BYTES 4096

static void fail(const char *what)
{
	fprintf(stderr, "%s\n", what);
	exit(EXIT_FAILURE);
}

/* -- the plan ----------------------------------------------------------- */

/* Write a rule. Its number gives its network, 10.X.Y.0/24 or 10.X.0.0/16. */
static int write_rule(char *at, int rule)
{
	bool is_wide = rule >= RULES - WIDE_RULES;
	int network = is_wide ? 256 * (rule - (RULES - WIDE_RULES)) : rule;

	return snprintf(at, RULE_BYTES,
			"[Matching Patterns]\n$addrPrefix(\"10.%d.%d.0/%d\") = true\n"
			"[Deploy Patterns]\nTo = sip:gw%d.example.com\n",
			network / 256, network % 256, is_wide ? 16 : 24, rule % 100);
}

static void print_error(void *context, const diagnostic_t *diagnostic)
{
	(void)context;
	fprintf(stderr, "%d:%d %s\n", diagnostic->line, diagnostic->column,
			diagnostic->text);
}

/* @param text room for the text of the plan, which points into it */
static dialplan_t *plan_make(arena_t *arena, char *text)
{
	static const allocator_t heap = {malloc, free};
	diagnostics_t diagnostics = {.emit = print_error};
	arena_t *scratch = arena_create(&heap, BLOCK_BYTES);
	str whole = {text, 0};
	dialplan_t *plan;
	int i;

	for(i = 0; i < RULES; i++)
		whole.len += write_rule(text + whole.len, i);
	plan = dialplan_parse(&whole, arena, scratch, &diagnostics);
	arena_destroy(scratch);
	if(plan == NULL)
		fail("the plan is not read");
	return plan;
}

/* -- requests ----------------------------------------------------------- */

typedef struct request
{
	char bytes[ADDRESS_BYTES];
	str address;
} request_t;

/* Every second request comes from none of the networks. */
static void request_make(request_t *request, int number)
{
	static unsigned state = 1;
	unsigned network;

	state = state * 1664525u + 1013904223u;
	network = (state >> 8) % (RULES + 200);
	request->address.s = request->bytes;
	request->address.len = snprintf(request->bytes, ADDRESS_BYTES,
			"%d.%u.%u.%d", number % 2 == 0 ? 10 : 172, network / 256,
			network % 256, number % 250);
}

static int values_of(void *context, const subject_t *subject, arena_t *arena,
		const str **values);

static function_world_t world_of(void *context)
{
	return (function_world_t){
			.source = {.values = values_of, .context = context}};
}

static int values_of(void *context, const subject_t *subject, arena_t *arena,
		const str **values)
{
	const request_t *request = context;
	function_world_t world = world_of(context);

	if(subject_is_function(subject->kind))
		return function_values(&world, subject, arena, values);
	*values = &request->address;
	return 1;
}

static int address_of(void *context, const argument_t *argument, arena_t *arena,
		address_t *address)
{
	function_world_t world = world_of(context);

	return function_address(&world, argument, arena, address);
}

/* -- both ways ---------------------------------------------------------- */

typedef struct bench
{
	const dialplan_t *plan;
	matcher_t *matcher;
	request_t requests[REQUESTS];
	arena_t *scratch; /* for the search rule by rule */
} bench_t;

static const rule_t *by_index(const bench_t *bench, request_t *request)
{
	request_source_t source = {
			.values = values_of, .context = request, .address = address_of};
	const applied_rule_t *applied;
	int n = dialplan_match(
			bench->plan, bench->matcher, &source, NULL, &applied);

	if(n < 0)
		fail("no memory for a match");
	return n == 0 ? NULL : applied->rule;
}

static const rule_t *by_rule(const bench_t *bench, request_t *request)
{
	int i;

	for(i = 0; i < bench->plan->n_rules; i++) {
		const rule_t *rule = bench->plan->rules[i];
		const str *value;

		arena_reset(bench->scratch);
		if(values_of(request, rule->conditions->test->subject, bench->scratch,
				   &value)
				!= 1)
			fail("no memory for a value");
		if(value->s[0] == 't')
			return rule;
	}
	return NULL;
}

static void compare(bench_t *bench)
{
	int n_found = 0, n_wide = 0;
	int i;

	for(i = 0; i < REQUESTS; i++) {
		const rule_t *rule = by_index(bench, &bench->requests[i]);

		if(rule != by_rule(bench, &bench->requests[i]))
			fail("the search rule by rule found another rule");
		n_found += rule != NULL;
		n_wide += rule != NULL && rule->id >= RULES - WIDE_RULES;
	}
	if(n_found < REQUESTS / 3 || n_wide == 0)
		fail("the requests are from too few of the networks");
}

/* -- measuring ---------------------------------------------------------- */

/* The processor time of this process: others use the machine too. */
static double now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return 1e9 * (double)now.tv_sec + (double)now.tv_nsec;
}

static void ask(bench_t *bench, int n)
{
	int i;

	for(i = 0; i < n; i++)
		by_index(bench, &bench->requests[i % REQUESTS]);
}

/* The least time of all passes, because other work only makes a pass longer. */
static double measure_us(bench_t *bench)
{
	double best = 0;
	int pass;

	for(pass = 0; pass < PASSES; pass++) {
		double begun = now_ns();
		double taken;
		int rounds = 0;

		do {
			ask(bench, REQUESTS);
			rounds++;
			taken = now_ns() - begun;
		} while(taken < PASS_NS);
		taken /= 1e3 * rounds * REQUESTS;
		if(best == 0 || taken < best)
			best = taken;
	}
	return best;
}

int main(int argc, char **argv)
{
	static const allocator_t heap = {malloc, free};
	static char text[RULES * RULE_BYTES];
	static bench_t bench;
	arena_t *arena = arena_create(&heap, BLOCK_BYTES);
	double us = 0;
	int i;

	bench.plan = plan_make(arena, text);
	bench.matcher = matcher_create(&heap);
	bench.scratch = arena_create(&heap, BLOCK_BYTES);
	if(bench.matcher == NULL || bench.scratch == NULL)
		fail("no memory for a matcher");
	for(i = 0; i < REQUESTS; i++)
		request_make(&bench.requests[i], i);
	if(argc == 3 && strcmp(argv[1], "--ask") == 0) {
		ask(&bench, atoi(argv[2]));
	} else {
		compare(&bench);
		us = measure_us(&bench);
		printf("A request in %d rules with $addrPrefix takes %.2f us (the "
			   "target is %.1f at most), in %zu KiB\n",
				RULES, us, TARGET_US, arena_bytes(arena) / 1024);
	}
	arena_destroy(bench.scratch);
	matcher_destroy(bench.matcher);
	arena_destroy(arena);
	return argc == 2 && us > TARGET_US ? EXIT_FAILURE : EXIT_SUCCESS;
}
