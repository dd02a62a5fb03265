/* SPDX-License-Identifier: GPL-2.0-or-later */
/* condition: a line LHS = PATTERN that must hold for a rule to apply. Many rules of a
 * plan have the same line ($request = ^INVITE), so they share a test. Each test is
 * compiled once, and evaluated once for a request. */
#ifndef FAILOVER_DIALPLAN_CONDITION_H
#define FAILOVER_DIALPLAN_CONDITION_H

#include "dialplan/pattern.h"
#include "dialplan/subject.h"
#include "text/text_map.h"

typedef struct test
{
	struct test *next;
	int id; /* in its plan, from 0 */
	const subject_t *subject;
	pattern_t pattern;
} test_t;

typedef struct condition
{
	struct condition *next;
	const test_t *test;
	fragment_t where; /* the whole line */
	int first_group;  /* the number of its first group in the rule, 0 for %1 */
} condition_t;

/* The subjects and tests of a plan, while it is being read. */
typedef struct tests
{
	arena_t *arena, *scratch;
	pcre2_compile_context *context; /* NULL before the first pattern */
	text_map_t subjects_by_key, tests_by_key;
	subject_t **subjects; /* n_subjects of them, by id */
	test_t *tests;		  /* in reverse order */
	int n_subjects, n_tests;
} tests_t;

/** Begin without subjects and tests.
 * @param arena holds what the rules need
 * @param scratch holds what is needed while they are read */
void tests_init(tests_t *tests, arena_t *arena, arena_t *scratch);

/** Find the subject of a variable, &name.
 * @return NULL if no condition so far uses it, or without memory */
const subject_t *tests_find_variable(const tests_t *tests, const str *name);

/** Read a condition.
 * @param line trimmed, LHS = PATTERN; the condition keeps pointers into it
 * @return NULL with one error reported */
condition_t *condition_parse(
		tests_t *tests, const fragment_t *line, diagnostics_t *diagnostics);

#endif
