/* SPDX-License-Identifier: GPL-2.0-or-later */
/* subject: the left-hand side of a condition, what of a request is looked at.
 * The kinds are one table (subject.c); a further one is a further row, and a
 * function in each place that knows requests. */
#ifndef FAILOVER_DIALPLAN_SUBJECT_H
#define FAILOVER_DIALPLAN_SUBJECT_H

#include "text/arena.h"
#include "text/diagnostics.h"

/* how a pseudo-variable begins */
#define PV_OPENING "$pv("

typedef enum subject_kind
{
	SUBJECT_HEADER,	   /* a header of the request, by its name */
	SUBJECT_REQUEST,   /* $request: METHOD URI SIP/2.0 */
	SUBJECT_ADDR,	   /* $addr: the address it came from */
	SUBJECT_PORT,	   /* $port: the port it came from */
	SUBJECT_TRANSPORT, /* $transport: UDP, TCP, TLS, SCTP, WS, WSS */
	SUBJECT_LOCALHOST, /* $localhost: true if it came from this server itself */
	SUBJECT_LOCALHOST_OF,  /* $localhost(X): true if the host of X is ours */
	SUBJECT_OUTBOUND,	   /* $outbound: true if it leads elsewhere */
	SUBJECT_OUTBOUND_OF,   /* $outbound(X): the contrary of $localhost(X) */
	SUBJECT_ADDR_PREFIX,   /* $addrPrefix("NET/BITS", X) */
	SUBJECT_ADDR_RANGE,	   /* $addrRange("A", "B", X) */
	SUBJECT_GLOBAL_ADDR,   /* $globalAddr(X) */
	SUBJECT_GETURI,		   /* $geturi(X): the SIP URI in X */
	SUBJECT_GETUSER,	   /* $getSIPuser(X): the user part of that */
	SUBJECT_REGISTERED,	   /* $registered: whether the callee is */
	SUBJECT_REGISTERED_OF, /* $registered(From): whether the caller is */
	SUBJECT_DATE,		   /* $date: yyyy/mm/dd, local */
	SUBJECT_TIME,		   /* $time: hh:mm:ss, local */
	SUBJECT_VARIABLE,	   /* &name: of an earlier rule, or of the script */
	SUBJECT_PV,			   /* $pv($...): any pseudo-variable */
	SUBJECT_KINDS
} subject_kind_t;

/* What a function is asked of. */
typedef enum argument_kind
{
	ARGUMENT_NONE,
	ARGUMENT_HEADER,  /* a header of the request, the first of its name */
	ARGUMENT_ADDR,	  /* $addr */
	ARGUMENT_REQUEST, /* $request: its URI */
	ARGUMENT_TEXT,	  /* what stands in double quotes */
} argument_kind_t;

typedef struct argument
{
	argument_kind_t kind;
	str text; /* the name of the header, in its long form, or the text */
	/* SUBJECT_GETURI or SUBJECT_GETUSER stands round it; SUBJECT_KINDS: none */
	subject_kind_t function;
} argument_t;

/* of $addrRange("A", "B", X) */
#define SUBJECT_ARGUMENTS_MAX 3

typedef struct subject
{
	int id; /* in its plan, from 0 */
	subject_kind_t kind;
	str name; /* of a header in its long form; of a variable; a
					   * pseudo-variable with its dollar */
	argument_t arguments[SUBJECT_ARGUMENTS_MAX]; /* of a function */
	int n_arguments;
	fragment_t where; /* where it stands first, as written */
} subject_t;

/* A row of the table. */
typedef struct subject_row
{
	const char *name; /* as it is written; NULL: by a name of its own */
	const char *explanation;
	/* of a function: how many arguments; the first ones are texts in quotes, and
	 * the last is what it is asked of, where it may be left out $addr */
	int least, most, n_texts;
} subject_row_t;

/** The table, by subject_kind_t: SUBJECT_KINDS rows. */
const subject_row_t *subject_table(void);

/** Is it the name of a class of pseudo-variables, as hdr of $hdr(NAME)? */
bool subject_is_pv_class(const str *name);

/** Is it a function: are its values worked out from others (function.h)? */
bool subject_is_function(subject_kind_t kind);

/** The kind that a name with a dollar stands for, $request and so on but $pv().
 * @param name trimmed, in any case of letters
 * @return SUBJECT_KINDS: it is none of them */
subject_kind_t subject_find(const fragment_t *name);

/** Where the left-hand side of a line ends: the offset of its equals sign, which
 * does not stand within the brackets of a pseudo-variable; -1 without one. */
int subject_end(const fragment_t *line);

/** Read a left-hand side.
 * @param text trimmed; the subject keeps pointers into it
 * @param subject filled, but for its id
 * @return 0, or -1 with one error reported; of a function that only the Brekeke
 *         server has it says what to write instead */
int subject_parse(
		const fragment_t *text, subject_t *subject, diagnostics_t *diagnostics);

/** A text that is the same for the same subject, for text_map.
 * @return 0, or -1 without memory */
int subject_key(const subject_t *subject, arena_t *arena, str *key);

/** Read the name of a variable, $name or &name.
 * @param text trimmed, with its first character
 * @param name set to what is behind that; points into text
 * @return 0, or -1 with one error reported */
int subject_read_variable(
		const fragment_t *text, str *name, diagnostics_t *diagnostics);

/** Is a date yyyy/mm/dd, and a time hh:mm:ss? For those who are given one. */
bool subject_is_date(const str *text);
bool subject_is_time(const str *text);

#endif
