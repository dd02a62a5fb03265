/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "dialplan/literal.h"
#include "dialplan/rule_index.h"
#include "suites.h"
#include "support.h"

/* more than any plan here has */
#define ENTRIES 100000

/* -- plans -------------------------------------------------------------- */

#define SUBJECTS 4

/* The parts of a plan that the index uses. */
typedef struct plan
{
	arena_t *arena; /* the memory of the plan and of the index */
	arena_t *scratch;
	subject_t subjects[SUBJECTS];
	rule_t **rules;
	int n_rules;
	test_t *tests;
	int n_tests;
} plan_t;

static void plan_init(plan_t *plan, int max_rules)
{
	int i;

	memset(plan, 0, sizeof(*plan));
	plan->arena = arena_create(&counting, 4096);
	plan->scratch = arena_create(&counting, 4096);
	plan->rules = arena_alloc(plan->arena, max_rules * sizeof(*plan->rules));
	for(i = 0; i < SUBJECTS; i++)
		plan->subjects[i].id = i;
}

static void plan_destroy(plan_t *plan)
{
	arena_destroy(plan->scratch);
	arena_destroy(plan->arena);
}

static void add_rule(plan_t *plan)
{
	rule_t *rule = arena_alloc(plan->arena, sizeof(*rule));

	rule->id = plan->n_rules;
	plan->rules[plan->n_rules++] = rule;
}

/* The test of a subject and a pattern; equal ones share one test. */
static const test_t *test_of(plan_t *plan, int subject, const str *text)
{
	bool is_negated = text->s[0] == '!';
	str regex = {text->s + is_negated, text->len - is_negated};
	test_t *test;

	for(test = plan->tests; test != NULL; test = test->next) {
		if(test->subject->id == subject
				&& test->pattern.is_negated == is_negated
				&& test->pattern.text.len == regex.len
				&& memcmp(test->pattern.text.s, regex.s, regex.len) == 0)
			return test;
	}
	test = arena_alloc(plan->arena, sizeof(*test));
	test->id = plan->n_tests++;
	test->subject = &plan->subjects[subject];
	test->pattern.is_negated = is_negated;
	arena_copy(plan->arena, &regex, &test->pattern.text);
	test->next = plan->tests;
	plan->tests = test;
	return test;
}

/* Add a condition to the last rule. */
static void add_condition(plan_t *plan, int subject, const str *pattern)
{
	condition_t **link = &plan->rules[plan->n_rules - 1]->conditions;

	while(*link != NULL)
		link = &(*link)->next;
	*link = arena_alloc(plan->arena, sizeof(**link));
	(*link)->test = test_of(plan, subject, pattern);
}

/* Each line is a rule, with SUBJECT=PATTERN, separated by blanks. */
static void plan_read(plan_t *plan, const char *text)
{
	int i;

	plan_init(plan, 100);
	while(*text != '\0') {
		size_t len = strcspn(text, " \n");

		if(text[len] == '\n' || len > 0) {
			if(plan->n_rules == 0 || text[-1] == '\n')
				add_rule(plan);
		}
		if(len > 0) {
			str pattern = {(char *)text + 2, (int)len - 2};

			add_condition(plan, text[0] - '0', &pattern);
		}
		text += len + (text[len] != '\0');
	}
	for(i = 0; i < plan->n_rules; i++)
		ck_assert_int_eq(plan->rules[i]->id, i);
}

static rule_index_t *plan_index(plan_t *plan)
{
	return rule_index_make(
			plan->rules, plan->n_rules, SUBJECTS, plan->arena, plan->scratch);
}

/* -- which rules are found ---------------------------------------------- */

static void scan(candidates_t *candidates, int subject, const char *text)
{
	str value = exact(text, (int)strlen(text));

	candidates_scan(candidates, subject, &value);
	exact_free(&value);
}

static void take_all(candidates_t *candidates, char *buffer, size_t size)
{
	int id;

	while((id = candidates_next(candidates)) >= 0)
		print(buffer, size, "%s%d", buffer[0] == '\0' ? "" : " ", id);
	ck_assert_int_eq(candidates_next(candidates), -1);
}

static const struct
{
	const char *title;
	const char *plan;
	const char *values; /* SUBJECT=VALUE, separated by blanks */
	const char *expected;
} searches[] = {
		{"no rule", "", "0=abc", ""},
		{"a rule without a condition", "\n", "0=abc", "0"},
		{"a condition without a text", "0=.\n", "0=abc", "0"},
		{"a negated condition", "0=!abc\n", "0=abc", "0"},
		{"a text", "0=abc\n", "0=abc", "0"},
		{"elsewhere", "0=abc\n", "0=xxabcxx", "0"},
		{"at the end", "0=abc\n", "0=xxabc", "0"},
		{"only a part of the text", "0=abc\n", "0=ab", ""},
		{"the text in another subject", "0=abc\n", "1=abc", ""},
		{"no value", "0=abc\n", "", ""},
		{"an empty value", "0=abc\n", "0=", ""},
		{"the second value", "0=abc\n", "0=x 0=abc", "0"},
		{"at the beginning", "0=^abc\n", "0=abcx", "0"},
		{"not at the beginning", "0=^abc\n", "0=xabc", ""},
		{"at the beginning, and anywhere", "0=^abc\n0=abc\n", "0=xabc", "1"},
		{"both", "0=^abc\n0=abc\n", "0=abc", "0 1"},
		{"in order", "0=c\n0=b\n0=a\n", "0=cba", "0 1 2"},
		{"with rules that are always candidates", "0=c\n\n0=a\n\n0=x\n", "0=ac",
				"0 1 2 3"},
		{"the same test", "0=a\n0=b\n0=a\n0=a\n", "0=a", "0 2 3"},
		{"the same text in other tests", "0=ab.\n0=ab..\n0=.ab\n", "0=ab",
				"0 1 2"},
		{"twice in a value", "0=ab\n", "0=abab", "0"},
		{"one text begins another", "0=a\n0=ab\n0=abc\n0=abd\n", "0=abc",
				"0 1 2"},
		{"and ends it", "0=abcd\n0=cd\n0=d\n0=ce\n", "0=abcd", "0 1 2"},
		{"texts that divide late", "0=sip:001\n0=sip:002\n0=sip:01\n",
				"0=sip:002", "1"},
		{"a text that is cut off where they divide",
				"0=sip:001\n0=sip:002\n0=sip:01\n", "0=sip:00", ""},
		{"one text begins within another", "0=aab\n0=abc\n", "0=aaabc", "0 1"},
		{"alternatives", "0=100|200\n0=300|400\n", "0=x400", "1"},
		{"all of them", "0=100|200\n", "0=200100", "0"},
		{"alternatives at different places", "0=^100|200\n", "0=x100", ""},
		{"the other alternative", "0=^100|200\n", "0=x200", "0"},
		/* rules with several texts */
		{"two conditions: the rare one", "0=INVITE 1=100\n0=INVITE 1=200\n",
				"0=INVITE 1=200", "1"},
		{"in any order", "1=100 0=INVITE\n1=200 0=INVITE\n", "0=INVITE 1=200",
				"1"},
		{"two texts: the rare one", "0=100(.+)@h\n0=200(.+)@h\n", "0=200@h",
				"1"},
		{"one text in all: the long one", "0=INVITE 1=4\n", "0=INVITE 1=5",
				"0"},
		{"the longer of two texts", "0=INVITE 1=100\n", "1=100", ""},
		{"a short text is not chosen before a longer one that is a bit more "
		 "frequent",
				"0=@ 1=sip:9\n1=sip:9\n1=sip:8\n", "0=@ 1=sip:8", "2"},
		{"a short text is chosen before a text that all rules have",
				"0=^9 1=sip:\n1=sip:\n1=sip:\n1=sip:\n1=sip:\n1=sip:\n1=sip:\n"
				"1=sip:\n1=sip:\n1=sip:\n",
				"0=8 1=sip:", "1 2 3 4 5 6 7 8 9"},
		{"a negated condition gives no text", "0=!100 1=200\n", "0=x 1=x", ""},
		{"a negated condition gives no text, also if the same is not negated "
		 "elsewhere",
				"0=!100 1=200\n0=100\n", "0=100", "1"},
		{"conditions that give no text", "0=.+ 1=!2 2=$\n", "", "0"},
};

START_TEST(finds_the_rules_that_could_match)
{
	const char *text = searches[_i].values;
	char buffer[256] = "";
	plan_t plan;
	rule_index_t *index;
	candidates_t *candidates;

	plan_read(&plan, searches[_i].plan);
	index = plan_index(&plan);
	candidates = candidates_create(plan.n_rules, ENTRIES, plan.arena);
	ck_assert_ptr_nonnull(index);
	/* the index does not need the scratch memory any more */
	arena_destroy(plan.scratch);
	plan.scratch = NULL;
	candidates_begin(candidates, index);
	while(*text != '\0') {
		size_t len = strcspn(text, " ");
		char value[64] = "";

		print(value, sizeof(value), "%.*s", (int)len - 2, text + 2);
		scan(candidates, text[0] - '0', value);
		text += len + (text[len] != '\0');
	}
	take_all(candidates, buffer, sizeof(buffer));
	expect_same(searches[_i].title, buffer, searches[_i].expected);
	plan_destroy(&plan);
}
END_TEST

START_TEST(knows_which_subjects_it_has)
{
	plan_t plan;
	rule_index_t *index;

	plan_read(&plan, "0=a 1=!b\n2=^b\n3=.\n");
	index = plan_index(&plan);
	ck_assert(rule_index_has(index, 0));
	ck_assert(!rule_index_has(index, 1));
	ck_assert(rule_index_has(index, 2));
	ck_assert(!rule_index_has(index, 3));
	plan_destroy(&plan);
}
END_TEST

/* A value without bytes and without an address. */
START_TEST(survives_no_string_at_all)
{
	static const str none = {NULL, 0};
	plan_t plan;
	candidates_t *candidates;

	plan_read(&plan, "0=^a\n0=^b\n0=a\n0=b\n");
	candidates = candidates_create(plan.n_rules, ENTRIES, plan.arena);
	candidates_begin(candidates, plan_index(&plan));
	candidates_scan(candidates, 0, &none);
	ck_assert_int_eq(candidates_next(candidates), -1);
	plan_destroy(&plan);
}
END_TEST

START_TEST(knows_every_byte)
{
	plan_t plan;
	candidates_t *candidates;
	int c;

	plan_init(&plan, 256);
	for(c = 0; c < 256; c++) {
		char regex[] = {'x', '\\', (char)c, (char)c};
		str pattern = {regex, 4};

		/* a backslash before a letter or digit has a special meaning */
		if((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z')
				|| (c >= 'a' && c <= 'z'))
			regex[1] = 'x';
		/* these characters have a special meaning without a backslash */
		if(c != 0 && strchr("^$.[|()?*+{\\", c) != NULL)
			regex[3] = 'x';
		add_rule(&plan);
		add_condition(&plan, 0, &pattern);
	}
	candidates = candidates_create(256, ENTRIES, plan.arena);
	candidates_begin(candidates, plan_index(&plan));
	for(c = 0; c < 256; c++) {
		const str *text = &plan.rules[c]->conditions->test->pattern.text;
		requirement_t *requirement;

		ck_assert_int_eq(
				literal_requirements(text, plan.scratch, &requirement), 0);
		ck_assert_ptr_nonnull(requirement);
		candidates_scan(candidates, 0, &requirement->literals[0].text);
		EXPECT(candidates_next(candidates) == c, "byte %d", c);
	}
	ck_assert_int_eq(candidates_next(candidates), -1);
	plan_destroy(&plan);
}
END_TEST

/* -- a search ----------------------------------------------------------- */

/* A rule sees the variables that the rules above it have set. */
START_TEST(gets_values_during_the_search)
{
	char buffer[64] = "";
	plan_t plan;
	candidates_t *candidates;

	plan_read(&plan, "1=x\n0=a\n1=x\n\n1=x\n1=y\n0=a\n");
	candidates = candidates_create(plan.n_rules, ENTRIES, plan.arena);
	candidates_begin(candidates, plan_index(&plan));
	scan(candidates, 0, "a");
	ck_assert_int_eq(candidates_next(candidates), 1);
	scan(candidates, 1, "x");
	ck_assert_int_eq(candidates_next(candidates), 2);
	ck_assert_int_eq(candidates_next(candidates), 3);
	scan(candidates, 1, "x");
	scan(candidates, 1, "y");
	ck_assert_int_eq(candidates_next(candidates), 4);
	scan(candidates, 0, "a");
	scan(candidates, 1, "xy");
	take_all(candidates, buffer, sizeof(buffer));
	expect_same("the rest", buffer, "5 6");
	scan(candidates, 0, "a");
	ck_assert_int_eq(candidates_next(candidates), -1);
	plan_destroy(&plan);
}
END_TEST

START_TEST(starts_a_new_search_before_the_end)
{
	plan_t large, small;
	rule_index_t *index;
	candidates_t *candidates;
	char buffer[64] = "";
	int i;

	plan_init(&large, 9000);
	for(i = 0; i < 9000; i++) {
		char text[] = "a";
		str pattern = {text, 1};

		add_rule(&large);
		add_condition(&large, 0, &pattern);
	}
	plan_read(&small, "0=b\n0=a\n\n");
	index = plan_index(&large);
	candidates = candidates_create(9000, ENTRIES, large.arena);
	for(i = 0; i < 9000; i += 1000) {
		int taken;

		candidates_begin(candidates, index);
		scan(candidates, 0, "a");
		for(taken = 0; taken < i; taken++)
			EXPECT(candidates_next(candidates) == taken, "%d", taken);
		buffer[0] = '\0';
		candidates_begin(candidates, plan_index(&small));
		scan(candidates, 0, "a");
		take_all(candidates, buffer, sizeof(buffer));
		expect_same("another plan", buffer, "1 2");
	}
	candidates_begin(candidates, index);
	ck_assert_int_eq(candidates_next(candidates), -1);
	plan_destroy(&small);
	plan_destroy(&large);
}
END_TEST

/* -- large plans -------------------------------------------------------- */

/* Every rule has its own text: 0049 and a number. */
static void add_number(plan_t *plan, const char *format, unsigned number)
{
	char text[256] = "";
	str pattern = {text, 0};
	test_t *test = arena_alloc(plan->arena, sizeof(*test));
	condition_t *condition = arena_alloc(plan->arena, sizeof(*condition));

	print(text, sizeof(text), format, number);
	pattern.len = (int)strlen(text);
	test->id = plan->n_tests++;
	test->subject = &plan->subjects[0];
	arena_copy(plan->arena, &pattern, &test->pattern.text);
	condition->test = test;
	add_rule(plan);
	plan->rules[plan->n_rules - 1]->conditions = condition;
}

static const struct
{
	const char *format;
	int bytes; /* the index may need this number of bytes for a rule */
} large_plans[] = {
		{"sip:0049%07u(.+)@", 40},
		{"^INVITE sip:%07u[0-9]+@", 40},
		{"%07u@customer\\.example\\.com", 60},
		{"a text that is the same in all of them, and longer than what a "
		 "literal may be: then they are found by what is behind it, %07u",
				60},
};

#define RULES 20000

START_TEST(finds_one_in_many)
{
	const char *format = large_plans[_i].format;
	rule_index_t *index;
	candidates_t *candidates;
	plan_t plan;
	size_t before;
	int i;

	plan_init(&plan, RULES);
	for(i = 0; i < RULES; i++)
		add_number(&plan, format, (unsigned)i * 7919 % 10000000);
	before = arena_bytes(plan.arena);
	index = plan_index(&plan);
	ck_assert_int_le((int)((arena_bytes(plan.arena) - before) / RULES),
			large_plans[_i].bytes);
	candidates = candidates_create(RULES, ENTRIES, plan.arena);
	for(i = 0; i < RULES; i++) {
		str text = plan.rules[i]->conditions->test->pattern.text;
		char plain[256] = "";
		int j;

		/* the text that it matches is the pattern without its special characters */
		for(j = 0; j < text.len; j++) {
			if(strchr("^\\(.+)[-]", text.s[j]) == NULL || text.s[j] == '.')
				print(plain, sizeof(plain), "%c", text.s[j]);
		}
		candidates_begin(candidates, index);
		scan(candidates, 0, plain);
		EXPECT(candidates_next(candidates) == i, "%s", plain);
		EXPECT(candidates_next(candidates) == -1, "%s", plain);
	}
	plan_destroy(&plan);
}
END_TEST

/* -- what is true for every plan ---------------------------------------- */

static unsigned random_state;

static unsigned random_below(unsigned limit)
{
	random_state = random_state * 1664525u + 1013904223u;
	return (random_state >> 8) % limit;
}

static void random_pattern(str *pattern)
{
	static const char *const pieces[] = {"a", "b", "c", "9", "ab", "9c", "ca",
			"^", ".", "(a|b)", "(9|c.)", "?", "+", "*", "|", "[ab]", "\\.",
			"(b9|a)?", "$"};

	for(;;) {
		unsigned n = 1 + random_below(5);
		pcre2_code *code;
		PCRE2_SIZE offset;
		int error;

		for(pattern->len = 0; n > 0; n--) {
			const char *piece = pieces[random_below(ROWS(pieces))];
			size_t len = strlen(piece);

			memcpy(pattern->s + pattern->len, piece, len);
			pattern->len += (int)len;
		}
		code = pcre2_compile(
				(PCRE2_SPTR)pattern->s, pattern->len, 0, &error, &offset, NULL);
		pcre2_code_free(code);
		if(code != NULL)
			return;
	}
}

static void random_plan(plan_t *plan, int n_rules)
{
	char bytes[128] = "!";
	str pattern, negated;
	int i;

	plan_init(plan, n_rules);
	for(i = 0; i < n_rules; i++) {
		unsigned n = random_below(4);

		add_rule(plan);
		for(; n > 0; n--) {
			pattern.s = bytes + 1;
			random_pattern(&pattern);
			negated.s = bytes;
			negated.len = pattern.len + 1;
			add_condition(plan, (int)random_below(SUBJECTS),
					random_below(5) == 0 ? &negated : &pattern);
		}
	}
}

/* The patterns are compiled here, because the index needs no compiled patterns. */
static pcre2_code **compile_all(const plan_t *plan)
{
	pcre2_code **codes = malloc(plan->n_tests * sizeof(*codes));
	const test_t *test;

	for(test = plan->tests; test != NULL; test = test->next) {
		PCRE2_SIZE offset;
		int error;

		codes[test->id] = pcre2_compile((PCRE2_SPTR)test->pattern.text.s,
				test->pattern.text.len, 0, &error, &offset, NULL);
		ck_assert(codes[test->id] != NULL);
	}
	return codes;
}

static void free_all(const plan_t *plan, pcre2_code **codes)
{
	int i;

	for(i = 0; i < plan->n_tests; i++)
		pcre2_code_free(codes[i]);
	free(codes);
}

static bool applies(const rule_t *rule, pcre2_code *const *codes,
		const str *values, pcre2_match_data *match)
{
	const condition_t *it;

	for(it = rule->conditions; it != NULL; it = it->next) {
		const str *value = &values[it->test->subject->id];
		bool is_found = pcre2_match(codes[it->test->id], (PCRE2_SPTR)value->s,
								value->len, 0, 0, match, NULL)
						>= 0;

		if(is_found == it->test->pattern.is_negated)
			return false;
	}
	return true;
}

/* If a value is scanned late, after some rules were taken, the rules after those are
 * found.
 * @return how many rules were found that do not apply */
static int check_search(const plan_t *plan, candidates_t *candidates,
		pcre2_code *const *codes, const str *values, pcre2_match_data *match)
{
	int late = (int)random_below(SUBJECTS + 1);
	int last = -1, wrong = 0;
	int subject, id, i;

	for(subject = 0; subject < SUBJECTS; subject++) {
		if(subject != late)
			candidates_scan(candidates, subject, &values[subject]);
	}
	if(late < SUBJECTS) {
		for(i = (int)random_below(3); i > 0; i--) {
			id = candidates_next(candidates);
			last = id > last ? id : last;
		}
		candidates_scan(candidates, late, &values[late]);
	}
	while((id = candidates_next(candidates)) >= 0) {
		EXPECT(id > last && id < plan->n_rules, "%d behind %d", id, last);
		for(i = last + 1; i < id; i++)
			EXPECT(!applies(plan->rules[i], codes, values, match),
					"rule %d is left out", i);
		wrong += !applies(plan->rules[id], codes, values, match);
		last = id;
	}
	for(i = last + 1; i < plan->n_rules; i++)
		EXPECT(!applies(plan->rules[i], codes, values, match),
				"rule %d is left out at the end", i);
	return wrong;
}

START_TEST(leaves_out_none_that_applies)
{
	static const char letters[] = "aabbcc99.";
	pcre2_match_data *match = pcre2_match_data_create(1, NULL);
	int wrong = 0, asked = 0;
	int round;

	random_state = 1 + (unsigned)_i;
	for(round = 0; round < 40; round++) {
		candidates_t *candidates;
		pcre2_code **codes;
		rule_index_t *index;
		plan_t plan;
		int i;

		random_plan(&plan, (int)random_below(150));
		index = plan_index(&plan);
		ck_assert_ptr_nonnull(index);
		candidates = candidates_create(plan.n_rules, ENTRIES, plan.arena);
		codes = compile_all(&plan);
		for(i = 0; i < 20; i++) {
			char bytes[SUBJECTS][12];
			str values[SUBJECTS];
			int subject, j;

			for(subject = 0; subject < SUBJECTS; subject++) {
				values[subject].s = bytes[subject];
				values[subject].len = (int)random_below(sizeof(bytes[0]) + 1);
				for(j = 0; j < values[subject].len; j++)
					bytes[subject][j] =
							letters[random_below(sizeof(letters) - 1)];
			}
			candidates_begin(candidates, index);
			wrong += check_search(&plan, candidates, codes, values, match);
			asked += plan.n_rules;
		}
		free_all(&plan, codes);
		plan_destroy(&plan);
	}
	/* the index leaves out some rules */
	ck_assert_int_lt(wrong, asked / 2);
	pcre2_match_data_free(match);
	ck_assert_int_eq(counting_live(), 0);
}
END_TEST

/* -- memory ------------------------------------------------------------- */

START_TEST(reports_a_lack_of_memory)
{
	rule_index_t *index = NULL;
	plan_t plan;
	int n;

	plan_read(&plan, "0=a(b|c) 1=x\n0=^b\n2=.\n\n1=100\n");
	for(n = 1; index == NULL; n++) {
		/* every allocation uses the allocator */
		arena_t *arena = small_arena();
		arena_t *scratch = small_arena();

		counting_fail_at(n);
		index = rule_index_make(
				plan.rules, plan.n_rules, SUBJECTS, arena, scratch);
		ck_assert_msg((index == NULL) == counting_has_failed(),
				"the %d. allocation failed", n);
		counting_fail_at(0);
		arena_destroy(scratch);
		arena_destroy(arena);
	}
	ck_assert_int_gt(n, 20);
	plan_destroy(&plan);
	ck_assert_int_eq(counting_live(), 0);
}
END_TEST

START_TEST(reports_a_lack_of_memory_for_candidates)
{
	candidates_t *candidates = NULL;
	int n;

	for(n = 2; candidates == NULL; n++) {
		arena_t *arena;

		counting_fail_at(n);
		arena = small_arena();
		candidates = candidates_create(100000, ENTRIES, arena);
		ck_assert_int_eq(candidates == NULL, counting_has_failed());
		arena_destroy(arena);
	}
	counting_fail_at(0);
	ck_assert_int_gt(n, 3);
	ck_assert_int_eq(counting_live(), 0);
}
END_TEST

Suite *suite_rule_index(void)
{
	Suite *suite = suite_create("rule_index");
	TCase *tc = new_tcase("rule_index");

	tcase_set_timeout(tc, 60);
	tcase_add_loop_test(
			tc, finds_the_rules_that_could_match, 0, ROWS(searches));
	tcase_add_test(tc, knows_which_subjects_it_has);
	tcase_add_test(tc, survives_no_string_at_all);
	tcase_add_test(tc, knows_every_byte);
	tcase_add_test(tc, gets_values_during_the_search);
	tcase_add_test(tc, starts_a_new_search_before_the_end);
	tcase_add_loop_test(tc, finds_one_in_many, 0, ROWS(large_plans));
	tcase_add_loop_test(tc, leaves_out_none_that_applies, 0, 8);
	tcase_add_test(tc, reports_a_lack_of_memory);
	tcase_add_test(tc, reports_a_lack_of_memory_for_candidates);
	suite_add_tcase(suite, tc);
	return suite;
}
