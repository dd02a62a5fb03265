/* SPDX-License-Identifier: GPL-2.0-or-later */
/* support: functions that several suites need. */
#ifndef FAILOVER_TEST_SUPPORT_H
#define FAILOVER_TEST_SUPPORT_H

#include <check.h>

#include "text/arena.h"
#include "text/diagnostics.h"
#include "dialplan/dialplan.h"

#define ROWS(table) ((int)(sizeof(table) / sizeof((table)[0])))

/* Two initializers of a row: bytes, which may contain NUL, and their number. */
#define TEXT(literal) literal, (int)sizeof(literal) - 1

/** A case in which each test begins as the first one does: no allocation and no search
 * fails, and none is counted. */
TCase *new_tcase(const char *name);

/** Append printf's text to a buffer. */
void print(char *buffer, size_t size, const char *format, ...)
		__attribute__((format(printf, 3, 4)));

/* -- text ----------------------------------------------------------------- */

/** A copy that ends where its memory ends, so that ASan finds a read past the end. Freed
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

/** An allocator that uses malloc(), counts, and fails when a test tells it to. */
extern const allocator_t counting;

/** Make the n-th allocation from now on fail, and all after it; 0: none. */
void counting_fail_at(int n);

/** Make only the n-th allocation from now on fail: there is memory for small blocks but
 * not for a large one. */
void counting_fail_once(int n);

/** Has an allocation failed since then? */
bool counting_has_failed(void);

/** Blocks that are not released. */
int counting_live(void);

/** An arena that takes a new block for nearly every allocation. */
arena_t *small_arena(void);

/** A function that reads a text: it returns 0, or -1 with an error reported. */
typedef int (*reader_t)(
		const str *text, arena_t *arena, diagnostics_t *diagnostics);

/** Make the n-th search by PCRE2 from now on fail without memory; 0: none. */
void searches_fail_at(int n);

/** Does the search that begins now fail without memory? For the function that replaces
 * PCRE2's. */
bool search_fails(void);

/** Make each allocation of a reader fail in turn, with all after it and alone. The
 * reader must report each failure, must not crash and must not leak. The text must be
 * valid. */
void expect_out_of_memory_is_reported(reader_t reader, const char *text);

/* -- diagnostics ---------------------------------------------------------- */

typedef struct collector
{
	diagnostics_t diagnostics;
	char text[16384]; /* LINE:COLUMN [SEVERITY: ]MESSAGE, each with a line
					   * end; of an error without the severity */
	int count;
	int last_line, last_column; /* of the last one */
	bool is_ordered;			/* by line */
} collector_t;

void collector_init(collector_t *collector);

/** Compare the diagnostics.
 * @param expected a line for each, LINE:COLUMN MESSAGE; ... in the message matches any
 *        text */
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

/** Write a rule out, each part only if it is there:
 *     LINE[ NAME]:[ {SUBJECT~PATTERN@FIRST-GROUP}...] DESTINATION...
 *     [; continue][; SETTINGS][; Header:=VALUE...][; &variable:=VALUE...]
 * The request's own destination, where no line names the first, is "implied
 * current"; where a reply stands instead of destinations, it is "= CODE
 * REASON". */
void describe_rule(const rule_t *rule, char *buffer, size_t size);

/** Write the rules of a plan out, with a line end between them; "no rule". */
void describe_plan(const dialplan_t *plan, char *buffer, size_t size);

/** What is looked at, as it is written in a plan. */
void describe_subject(const subject_t *subject, char *buffer, size_t size);

/* -- plans and requests --------------------------------------------------- */

typedef struct loaded
{
	str text;
	arena_t *arena, *scratch;
	dialplan_t *plan;
} loaded_t;

/** Read a plan that is valid. */
void load(loaded_t *loaded, const char *text);
void load_bytes(loaded_t *loaded, const char *bytes, int len);
void unload(loaded_t *loaded);

#define REQUEST_VALUES_MAX 32

/* A request for dialplan_match(): the values of subjects, with the names that a plan
 * uses. */
typedef struct request
{
	request_source_t source;
	struct
	{
		str name, value;
	} values[REQUEST_VALUES_MAX];
	int n_values;
	int asked;	/* how often it was asked for values */
	bool fails; /* it has no memory */
} request_t;

/** Begin a request.
 * @param lines `NAME: VALUE`, separated by line ends; a name twice has two
 *              values; `NAME?` is not known; other lines are skipped */
void request_init(request_t *request, const char *lines);
void request_init_bytes(request_t *request, const char *bytes, int len);

/** Add a value of any bytes. */
void request_add(
		request_t *request, const char *name, const char *bytes, int len);

void request_free(request_t *request);

/* -- time ----------------------------------------------------------------- */

/** The processor time of this process in ms. Unlike real time, it does not go on while
 * other processes run. */
double spent_ms(void);

/* A build with sanitizers takes several times as long. */
#ifdef __SANITIZE_ADDRESS__
#define SLOWNESS 6
#else
#define SLOWNESS 1
#endif

/** An assertion for inner loops. Check writes each of its own assertions to a file; this
 * one writes only if it fails. */
#define EXPECT(condition, ...)         \
	do {                               \
		if(!(condition))               \
			ck_abort_msg(__VA_ARGS__); \
	} while(0)

void expect_same(const char *title, const char *found, const char *expected);

#endif
