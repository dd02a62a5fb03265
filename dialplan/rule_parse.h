/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rule_parse: reads the lines of one rule, conditions and deploy patterns. The deploy
 * lines are a table (rule_parse.c). */
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
	/* the rule has such a line */
	bool has_transport, has_continue, has_to, has_session;
	fragment_t target; /* $target, as it is written */
	/* the line of the first condition that looks like a deploy line; 0: none */
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

/** The length of a group, %1 to %9 or %{n}, at the beginning of a text; 0: there is no
 * group.
 * @param group set to its number; the rule may have no such group */
int rule_group_len(const str *text, int *group);

/** Begin a rule.
 * @param header the line that opens it
 * @return the rule, NULL without memory, which is reported */
rule_t *rule_begin(rule_reader_t *reader, const fragment_t *header,
		tests_t *tests, diagnostics_t *diagnostics);

/** Note that a line, or another header, belongs to the rule, for its source. */
void rule_extend(rule_reader_t *reader, const fragment_t *line);

/** Read a line, trimmed and not empty. Every error is reported. After an error the
 * rule is invalid, and it is read on only to find further errors. */
void rule_read_condition(rule_reader_t *reader, const fragment_t *line);
void rule_read_deploy(rule_reader_t *reader, const fragment_t *line);

/** End a rule. This checks whether its lines fit together, as they may come in any
 * order. */
void rule_end(rule_reader_t *reader);

#endif
