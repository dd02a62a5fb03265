/* SPDX-License-Identifier: GPL-2.0-or-later */
/* support: what the tests of several rooms need. */
#ifndef FAILOVER_TEST_SUPPORT_H
#define FAILOVER_TEST_SUPPORT_H

#include <check.h>

#include "arena.h"
#include "diagnostics.h"
#include "rule.h"

#define ROWS(table) ((int)(sizeof(table) / sizeof((table)[0])))

/* Two initializers of a row: bytes, which may have NUL in them, and how many. */
#define TEXT(literal) literal, (int)sizeof(literal) - 1

/** Append printf's text to a buffer. */
void print(char *buffer, size_t size, const char *format, ...)
		__attribute__((format(printf, 3, 4)));

/* -- text ----------------------------------------------------------------- */

/** A copy that ends where its memory ends: reading on is seen by ASan. Freed
 * by exact_free(). */
str exact(const char *bytes, int len);
void exact_free(str *text);

#define MARKS_MAX 64

/** Find the marks of a text: $0 to $9 are holes, $$ is an escape, $(...) and
 * ${...} are hole 0 whatever is between the brackets.
 * @param marks room for MARKS_MAX
 * @return the whole text with its marks */
fragment_t marked(const str *text, mark_t *marks);

/* -- memory --------------------------------------------------------------- */

/** Over malloc; counts, and fails where it is told to. */
extern const allocator_t counting;

/** Let the n-th allocation from now on fail, and all behind it; 0: none. */
void counting_fail_at(int n);

/** Has an allocation failed since counting_fail_at()? */
bool counting_has_failed(void);

/** Blocks that are not released. */
int counting_live(void);

/** An arena that takes a block for nearly every allocation. */
arena_t *small_arena(void);

/** Something that reads a text: 0, or -1 with an error reported. */
typedef int (*reader_t)(
		const str *text, arena_t *arena, diagnostics_t *diagnostics);

/** Let every allocation of a reader fail in turn: it must say so each time,
 * crash never, and leak nothing. The text must be a right one. */
void expect_out_of_memory_is_reported(reader_t reader, const char *text);

/* -- diagnostics ---------------------------------------------------------- */

typedef struct collector
{
	diagnostics_t diagnostics;
	char text[16384]; /* LINE:COLUMN MESSAGE, each with a line end */
	int count;
	int last_line, last_column; /* of the last one */
	bool is_ordered;			/* by line */
} collector_t;

void collector_init(collector_t *collector);

/** Compare what was reported.
 * @param expected a line for each, LINE:COLUMN MESSAGE; ... within the message
 *                 stands for anything. */
void expect_reported(
		const char *title, const collector_t *collector, const char *expected);

/* -- results -------------------------------------------------------------- */

/** Write a template out, a hole as <0u>: its number and its kind. */
void describe_template(const template_t *template, char *buffer, size_t size);

/** Write a destination out: URI/TRANSPORT{options}, a transport that is only
 * implied as (UDP). */
void describe_destination(
		const destination_t *destination, char *buffer, size_t size);

/** Write out what a level has: name=value; times in ms, a pattern as
 * HOW-MANY:LEAST-MOST. */
void describe_settings(const settings_t *settings, char *buffer, size_t size);

/** Write a rule out. */
void describe_rule(const rule_t *rule, char *buffer, size_t size);

/** An assertion for the inner loops: Check writes each of its own to a file,
 * this one only when it fails. */
#define EXPECT(condition, ...)         \
	do {                               \
		if(!(condition))               \
			ck_abort_msg(__VA_ARGS__); \
	} while(0)

void expect_same(const char *title, const char *found, const char *expected);

#endif
