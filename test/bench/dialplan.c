/* SPDX-License-Identifier: GPL-2.0-or-later */
/* dialplan: measures the time of a search in dial plans of different sizes, with
 * the index and rule by rule. The plans are the same in each run: their prefixes
 * have four to seven digits, and half of them are anchored. Each request is
 * searched in both ways, and both must find the same rule.
 *
 *     make bench-dialplan [BENCH=--check]
 *
 * With --check it fails if a target below is not met. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "dialplan/dialplan.h"
#include "dialplan_parse.h"

#define TARGET_US 2.0	 /* for a request, in a plan of 10 000 rules */
#define TARGET_RATIO 2.0 /* of this time to the time in a plan of 100 */

#define REQUESTS 500	   /* requests that match; as many do not */
#define PASS_NS 20000000.0 /* the shortest time of a pass */
#define PASSES 9		   /* the fastest one counts */

/* larger plans are searched rule by rule for a few requests only */
#define SEQUENTIAL_MAX 10000
#define SEQUENTIAL_REQUESTS 20

#define BLOCK_BYTES 4096

/* -- random numbers ----------------------------------------------------- */

static unsigned random_state;

static unsigned random_below(unsigned limit)
{
	random_state = random_state * 1664525u + 1013904223u;
	return (random_state >> 8) % limit;
}

static void random_digits(char *digits, unsigned n)
{
	unsigned i;

	for(i = 0; i < n; i++)
		digits[i] = (char)('0' + random_below(10));
	digits[n] = '\0';
}

static void fail(const char *what)
{
	fprintf(stderr, "%s\n", what);
	exit(EXIT_FAILURE);
}

/* -- plans -------------------------------------------------------------- */

typedef struct text
{
	char *s;
	size_t len, room;
} text_t;

static void text_print(text_t *text, const char *format, ...)
		__attribute__((format(printf, 2, 3)));

static void text_print(text_t *text, const char *format, ...)
{
	va_list arguments;

	if(text->room - text->len < 256) {
		text->room = 2 * text->room + 256;
		text->s = realloc(text->s, text->room);
		if(text->s == NULL)
			fail("no memory");
	}
	va_start(arguments, format);
	text->len += (size_t)vsnprintf(
			text->s + text->len, text->room - text->len, format, arguments);
	va_end(arguments);
}

typedef char prefix_t[8];

/* The part of the request in which a rule looks for its prefix. */
static const struct
{
	const char *condition;
	bool has_method; /* beside it */
} kinds[] = {
		{"$request = ^INVITE sip:%s([0-9]+)@\n", false},
		{"To = sip:0049%s(.+)@\n", false},
		{"From = ^<sip:%s([0-9]*)@\n", false},
		{"To = sip:%s(.+)@example\\.com\n", true},
};

#define KINDS ((int)(sizeof(kinds) / sizeof(kinds[0])))

static text_t plan_text(int n_rules, prefix_t *prefixes)
{
	text_t text = {NULL, 0, 0};
	int i;

	for(i = 0; i < n_rules; i++) {
		random_digits(prefixes[i], 4 + random_below(4));
		text_print(&text, "[Matching Patterns]\n");
		text_print(&text, "%s",
				kinds[i % KINDS].has_method ? "$request = ^INVITE\n" : "");
		text_print(&text, kinds[i % KINDS].condition, prefixes[i]);
		if(i % 10 == 0)
			text_print(&text, "From = !sip:anonymous@\n");
		text_print(&text, "[Deploy Patterns]\nTo = sip:%%1@gw%d.example.com\n",
				i % 100);
	}
	return text;
}

static void print_error(void *context, const diagnostic_t *diagnostic)
{
	(void)context;
	fprintf(stderr, "%d:%d %s\n", diagnostic->line, diagnostic->column,
			diagnostic->text);
}

/* -- requests ----------------------------------------------------------- */

typedef enum part
{
	PART_REQUEST,
	PART_TO,
	PART_FROM,
	PARTS
} part_t;

typedef struct request
{
	char bytes[PARTS][128];
	str values[PARTS];
	const rule_t *rule; /* the rule that applies; NULL: none */
} request_t;

static part_t part_of(const subject_t *subject)
{
	if(subject->kind == SUBJECT_REQUEST)
		return PART_REQUEST;
	return subject->name.s[0] == 'T' ? PART_TO : PART_FROM;
}

static int values_of(void *context, const subject_t *subject, arena_t *arena,
		const str **values)
{
	const request_t *request = context;

	(void)arena;
	*values = &request->values[part_of(subject)];
	return 1;
}

static void request_make(
		request_t *request, const char *called, const char *calling)
{
	int i;

	snprintf(request->bytes[PART_REQUEST], sizeof(request->bytes[0]),
			"INVITE sip:%s@example.com:5060;transport=udp SIP/2.0", called);
	snprintf(request->bytes[PART_TO], sizeof(request->bytes[0]),
			"\"Bob\" <sip:%s@example.com;user=phone>", called);
	snprintf(request->bytes[PART_FROM], sizeof(request->bytes[0]),
			"<sip:%s@sbc.example.net;user=phone>;tag=as7d0f2c31", calling);
	for(i = 0; i < PARTS; i++) {
		request->values[i].s = request->bytes[i];
		request->values[i].len = (int)strlen(request->bytes[i]);
	}
}

/* Make a request that a rule matches, or one that differs from it in the last
 * digit of the prefix. */
static void request_near(
		request_t *request, int rule, const char *prefix, bool is_hit)
{
	char number[32] = "", other[32], digits[8];

	random_digits(digits, 4);
	random_digits(other, 11);
	snprintf(number, sizeof(number), "%s%s%s", rule % KINDS == 1 ? "0049" : "",
			prefix, digits);
	if(!is_hit) {
		char *last = &number[strlen(number) - 5];

		*last = (char)('0' + (*last - '0' + 1 + random_below(9)) % 10);
	}
	if(rule % KINDS == 2)
		request_make(request, other, number);
	else
		request_make(request, number, other);
}

/* -- a plan and its requests -------------------------------------------- */

typedef struct bench
{
	int n_rules;
	arena_t *arena;
	dialplan_t *plan;
	matcher_t *matcher;
	char *text; /* the plan points into it */
	double load_ms;
	request_t *hits, *misses; /* REQUESTS of each */
	double hit_ns, miss_ns;	  /* time of one request */
} bench_t;

/* The processor time of this process: others use the machine too. */
static double now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return 1e9 * (double)now.tv_sec + (double)now.tv_nsec;
}

/* Find the rule that applies to a request, with the index. */
static const rule_t *by_index(const bench_t *bench, request_t *request)
{
	request_source_t source = {.values = values_of, .context = request};
	const applied_rule_t *applied;
	int n = dialplan_match(
			bench->plan, bench->matcher, &source, NULL, &applied);

	if(n < 0)
		fail("no memory for a match");
	return n == 0 ? NULL : applied->rule;
}

static bool holds(
		const rule_t *rule, const request_t *request, pcre2_match_data *match)
{
	const condition_t *it;

	for(it = rule->conditions; it != NULL; it = it->next) {
		const pattern_t *pattern = &it->test->pattern;
		const str *value = &request->values[part_of(it->test->subject)];
		bool is_found = pcre2_match(pattern->regex, (PCRE2_SPTR)value->s,
								value->len, 0, 0, match, NULL)
						>= 0;

		if(is_found == pattern->is_negated)
			return false;
	}
	return true;
}

/* Find the same, rule by rule. */
static const rule_t *by_rule(
		const bench_t *bench, const request_t *request, pcre2_match_data *match)
{
	int i;

	for(i = 0; i < bench->plan->n_rules; i++) {
		if(holds(bench->plan->rules[i], request, match))
			return bench->plan->rules[i];
	}
	return NULL;
}

static void make_requests(bench_t *bench, prefix_t *prefixes)
{
	int n_hits = 0, n_misses = 0;

	bench->hits = calloc(REQUESTS, sizeof(*bench->hits));
	bench->misses = calloc(REQUESTS, sizeof(*bench->misses));
	if(bench->hits == NULL || bench->misses == NULL)
		fail("no memory for requests");
	while(n_hits < REQUESTS || n_misses < REQUESTS) {
		int rule = (int)random_below((unsigned)bench->n_rules);
		request_t request;

		request_near(&request, rule, prefixes[rule], n_hits < REQUESTS);
		request.rule = by_index(bench, &request);
		if(request.rule != NULL && n_hits < REQUESTS)
			bench->hits[n_hits++] = request;
		else if(request.rule == NULL && n_misses < REQUESTS)
			bench->misses[n_misses++] = request;
	}
}

/* The requests were copied: let their values point into the copies. */
static void settle(request_t *requests)
{
	int i, part;

	for(i = 0; i < REQUESTS; i++) {
		for(part = 0; part < PARTS; part++)
			requests[i].values[part].s = requests[i].bytes[part];
	}
}

static void bench_init(bench_t *bench, int n_rules)
{
	static const allocator_t heap = {malloc, free};
	prefix_t *prefixes = calloc(n_rules, sizeof(*prefixes));
	diagnostics_t diagnostics = {.emit = print_error};
	arena_t *scratch;
	text_t text;
	str whole;
	double begun;

	memset(bench, 0, sizeof(*bench));
	random_state = (unsigned)n_rules;
	bench->n_rules = n_rules;
	if(prefixes == NULL)
		fail("no memory for prefixes");
	text = plan_text(n_rules, prefixes);
	bench->text = text.s;
	whole.s = text.s;
	whole.len = (int)text.len;
	begun = now_ns();
	bench->arena = arena_create(&heap, BLOCK_BYTES);
	scratch = arena_create(&heap, BLOCK_BYTES);
	bench->plan = dialplan_parse(&whole, bench->arena, scratch, &diagnostics);
	if(bench->plan == NULL)
		fail("the plan is not read");
	bench->load_ms = (now_ns() - begun) / 1e6;
	arena_destroy(scratch);
	bench->matcher = matcher_create(&heap);
	if(bench->matcher == NULL)
		fail("no memory for a matcher");
	make_requests(bench, prefixes);
	settle(bench->hits);
	settle(bench->misses);
	free(prefixes);
}

static void bench_destroy(bench_t *bench)
{
	free(bench->hits);
	free(bench->misses);
	matcher_destroy(bench->matcher);
	arena_destroy(bench->arena);
	free(bench->text);
}

/* The mean of a request that matches and one that does not. */
static double request_ns(const bench_t *bench)
{
	return (bench->hit_ns + bench->miss_ns) / 2;
}

/* -- measuring ---------------------------------------------------------- */

typedef enum way
{
	BY_INDEX,
	BY_RULE
} way_t;

static void ask(const bench_t *bench, way_t way, request_t *request,
		pcre2_match_data *match)
{
	const rule_t *rule = way == BY_INDEX ? by_index(bench, request)
										 : by_rule(bench, request, match);

	if(rule == request->rule)
		return;
	fprintf(stderr, "%d rules: rule %d, but %d was found %s: %s\n",
			bench->n_rules, request->rule == NULL ? -1 : request->rule->id,
			rule == NULL ? -1 : rule->id,
			way == BY_INDEX ? "at another time" : "rule by rule",
			request->bytes[PART_REQUEST]);
	exit(EXIT_FAILURE);
}

/* Search all requests, again and again, for the time of a pass.
 * @param best the least time for a request in ns, 0 at first. The least counts,
 *             because other work of the machine only makes it longer. */
static void measure(const bench_t *bench, way_t way, request_t *requests, int n,
		double *best)
{
	pcre2_match_data *match = pcre2_match_data_create(64, NULL);
	double begun = now_ns();
	double taken;
	int rounds = 0;
	int i;

	do {
		for(i = 0; i < n; i++)
			ask(bench, way, &requests[i], match);
		rounds++;
		taken = now_ns() - begun;
	} while(taken < PASS_NS);
	taken /= (double)rounds * n;
	if(*best == 0 || taken < *best)
		*best = taken;
	pcre2_match_data_free(match);
}

static void compile_machine_code(const bench_t *bench)
{
	int i;

	for(i = 0; i < bench->plan->n_rules; i++) {
		const condition_t *it = bench->plan->rules[i]->conditions;

		for(; it != NULL; it = it->next)
			pcre2_jit_compile(it->test->pattern.regex, PCRE2_JIT_COMPLETE);
	}
}

/* Measure the search rule by rule, and check that it finds the same rules. */
static void measure_sequential(const bench_t *bench)
{
	bool is_large = bench->n_rules > SEQUENTIAL_MAX;
	int n = is_large ? SEQUENTIAL_REQUESTS : REQUESTS;
	int kind;

	for(kind = 0; kind < 2; kind++) {
		double hit = 0, miss = 0;

		measure(bench, BY_RULE, bench->hits, n, &hit);
		measure(bench, BY_RULE, bench->misses, n, &miss);
		printf(" %12.2f %9.2f", hit / 1e3, miss / 1e3);
		fflush(stdout);
		if(is_large)
			break;
		/* PCRE2 uses the machine code from now on, so this comes last */
		compile_machine_code(bench);
	}
	printf("\n");
}

static void measure_all(bench_t *benches, int n)
{
	int pass, i;

	/* one pass of each in turn: a disturbance then affects all of them */
	for(pass = 0; pass < PASSES; pass++) {
		for(i = 0; i < n; i++) {
			bench_t *bench = &benches[i];

			measure(bench, BY_INDEX, bench->hits, REQUESTS, &bench->hit_ns);
			measure(bench, BY_INDEX, bench->misses, REQUESTS, &bench->miss_ns);
		}
	}
}

static void print_all(const bench_t *benches, int n)
{
	int i;

	printf("                                        by the index"
		   "          rule by rule     rule by rule, JIT\n"
		   "  rules   load ms       KiB B/rule   hit us  miss us"
		   "       hit us   miss us       hit us   miss us\n");
	for(i = 0; i < n; i++) {
		const bench_t *bench = &benches[i];
		size_t bytes = arena_bytes(bench->arena);

		printf("%7d %9.1f %9zu %6zu %8.3f %8.3f", bench->n_rules,
				bench->load_ms, bytes / 1024, bytes / (size_t)bench->n_rules,
				bench->hit_ns / 1e3, bench->miss_ns / 1e3);
		measure_sequential(bench);
	}
}

int main(int argc, char **argv)
{
	static const int sizes[] = {10, 100, 1000, 10000, 100000};
	enum
	{
		HUNDRED = 1,
		TEN_THOUSAND = 3,
		SIZES = 5
	};
	static bench_t benches[SIZES];
	bool is_check = argc == 2 && strcmp(argv[1], "--check") == 0;
	double ns, ratio;
	int i;

	if(argc > 1 && !is_check) {
		fprintf(stderr, "usage: %s [--check]\n", argv[0]);
		return 2;
	}
	for(i = 0; i < SIZES; i++)
		bench_init(&benches[i], sizes[i]);
	measure_all(benches, SIZES);
	print_all(benches, SIZES);
	ns = request_ns(&benches[TEN_THOUSAND]);
	ratio = ns / request_ns(&benches[HUNDRED]);
	printf("A request in 10000 rules takes %.2f us (the target is %.1f at "
		   "most), "
		   "%.2f times what it takes in 100 (%.1f)\n",
			ns / 1e3, TARGET_US, ratio, TARGET_RATIO);
	for(i = 0; i < SIZES; i++)
		bench_destroy(&benches[i]);
	if(is_check && (ns > 1e3 * TARGET_US || ratio > TARGET_RATIO))
		return EXIT_FAILURE;
	return EXIT_SUCCESS;
}
