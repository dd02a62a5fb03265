/* SPDX-License-Identifier: GPL-2.0-or-later */
/* args: the arguments of a script call: strings with pseudo-variables.
 *
 * A string is parsed when the configuration is read. Its text is parsed; the values
 * of its pseudo-variables are data. There are exceptions, which are parsed in the
 * call: a string that is one pseudo-variable and nothing else, every string from
 * KEMI, and a word of a list that is one pseudo-variable, which is one destination.
 * Each process parses such a text once and keeps it. */
#ifndef FAILOVER_SERVER_ARGS_H
#define FAILOVER_SERVER_ARGS_H

#include "../../core/parser/msg_parser.h"

#include "dialplan/dialplan.h"

/* The kind of an argument. */
typedef enum arg_kind
{
	ARG_DESTINATIONS,
	ARG_SETTINGS,
	ARG_DESTINATION, /* one, as a word of a list */
} arg_kind_t;

typedef struct arg arg_t;

/** Read an argument when the configuration is loaded. If the server evaluates an
 * expression in the call (failover("sip:" + $rU + "@gw")), this is called then; such
 * a text is parsed, and its errors are logged when it is evaluated.
 * @param text NUL-terminated; must stay where it is
 * @return for the lifetime of the process, or arg_destroy(); NULL with every
 *         error logged */
arg_t *arg_create(arg_kind_t kind, char *text);

/** @return the text of the argument, which the server needs again */
char *arg_destroy(arg_t *arg);

/** Release all that this process has: the server does not do so at its end. */
void args_destroy(void);

/** Is it the same in every call, and does nothing by being looked at: without
 * pseudo-variables, and without sets, whose gateways dispatcher takes in turn? */
bool arg_is_constant(const arg_t *arg);

/** Evaluate an argument in a call.
 * @param applied set to the destinations, or settings, of the argument, with the
 *                values of its pseudo-variables for msg; valid until the next
 *                call of this function in the same process
 * @return 0, or -1 with the reason logged by log_begin_refused() */
int arg_evaluate(arg_t *arg, struct sip_msg *msg, applied_rule_t *applied);

/** Read a text that comes with the call (KEMI). As arg_evaluate(), without holes.
 * Errors are logged in the same way. */
int arg_read_text(struct sip_msg *msg, arg_kind_t kind, const str *text,
		const rule_t **rule);

#endif
