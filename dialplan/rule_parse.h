/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rule_parse: the lines of one rule, conditions and deploy patterns. Which
 * deploy lines there are is a table (rule_parse.c). */
#ifndef FAILOVER_DIALPLAN_RULE_PARSE_H
#define FAILOVER_DIALPLAN_RULE_PARSE_H

#include "dialplan/rule.h"

/* A rule while it is being read. */
typedef struct rule_reader
{
	arena_t *arena; /* of the rule */
	tests_t *tests;
	diagnostics_t *diagnostics;
	rule_t *rule;
	/* such a line stands there */
	bool has_transport, has_continue, has_to, has_session;
	fragment_t target; /* $target, as it is written */
	/* the first of the conditions that looks like a deploy line; 0: none does */
	int deploy_line;
	bool has_bad_condition; /* so its groups are not known */
	condition_t **last_condition;
} rule_reader_t;

/* A row of the table of deploy lines. */
typedef struct deploy_line
{
	const char *name;		 /* as it is written */
	const char *explanation; /* one line */
	/* reads the value, every error reported */
	void (*read)(rule_reader_t *reader, const fragment_t *name,
			const fragment_t *value);
} deploy_line_t;

/** The table; ends with a row without name. Beside it there are `&failover.*`,
 * headers, and other `$name` and `&name`, which are the script's. */
const deploy_line_t *rule_deploy_table(void);

/** How many characters at the beginning of a text stand for a group, %1 to %9 or
 * %{n}; 0: they do not.
 * @param group set to its number, which a rule need not have */
int rule_group_len(const str *text, int *group);

/** Begin a rule.
 * @param header the line that opens it
 * @return the rule, NULL without memory, which is reported */
rule_t *rule_begin(rule_reader_t *reader, const fragment_t *header,
		tests_t *tests, diagnostics_t *diagnostics);

/** Note that a line, or another header, belongs to the rule, for its source. */
void rule_extend(rule_reader_t *reader, const fragment_t *line);

/** Read a line, trimmed and not empty, every error of it reported: with one the
 * rule is none, and is only read on for the others. */
void rule_read_condition(rule_reader_t *reader, const fragment_t *line);
void rule_read_deploy(rule_reader_t *reader, const fragment_t *line);

/** The lines of a rule may come in any order, so what they say to each other is
 * judged, and reported, at its end. */
void rule_end(rule_reader_t *reader);

#endif
