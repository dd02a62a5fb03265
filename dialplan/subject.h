/* SPDX-License-Identifier: GPL-2.0-or-later */
/* subject: the left-hand side of a condition. It names a value of the request. The
 * kinds are one table (subject.c). A new kind is a new row, and a function in each
 * place that reads requests. */
#ifndef FAILOVER_DIALPLAN_SUBJECT_H
#define FAILOVER_DIALPLAN_SUBJECT_H

#include "dialplan/template.h"
#include "text/arena.h"
#include "text/diagnostics.h"

/* the beginning of a pseudo-variable */
#define PV_OPENING "$pv("

typedef enum subject_kind
{
	SUBJECT_HEADER,	   /* a header of the request, by its name */
	SUBJECT_REQUEST,   /* $request: METHOD URI SIP/2.0 */
	SUBJECT_ADDR,	   /* $addr: the address it came from */
	SUBJECT_PORT,	   /* $port: the port it came from */
	SUBJECT_TRANSPORT, /* $transport: UDP, TCP, TLS, SCTP, WS, WSS */
	SUBJECT_LOCALHOST, /* $localhost: true if it came from this server itself */
	SUBJECT_LOCALHOST_OF, /* $localhost(X): true if the host of X is ours */
	SUBJECT_OUTBOUND,	  /* $outbound: true if it leads elsewhere */
	SUBJECT_OUTBOUND_OF,  /* $outbound(X): the contrary of $localhost(X) */
	SUBJECT_ADDR_PREFIX,  /* $addrPrefix("NET/BITS", X) */
	SUBJECT_ADDR_RANGE,	  /* $addrRange("A", "B", X) */
	SUBJECT_GLOBAL_ADDR,  /* $globalAddr(X) */
	SUBJECT_GETURI,		  /* $geturi(X): the SIP URI in X */
	SUBJECT_GETUSER,	  /* $getSIPuser(X): its user part */
	SUBJECT_REGISTERED,	  /* $registered: whether the callee is registered */
	SUBJECT_REGISTERED_OF, /* $registered(From): whether the caller is registered */
	SUBJECT_DATE,		   /* $date: yyyy/mm/dd, local */
	SUBJECT_TIME,		   /* $time: hh:mm:ss, local */
	SUBJECT_VARIABLE,	   /* &name: of an earlier rule, or of the script */
	SUBJECT_PV,			   /* $pv($...): any pseudo-variable */
	SUBJECT_KINDS
} subject_kind_t;

/* The argument of a function. */
typedef enum argument_kind
{
	ARGUMENT_NONE,
	ARGUMENT_HEADER,  /* a header of the request: the first one of this name */
	ARGUMENT_ADDR,	  /* $addr */
	ARGUMENT_REQUEST, /* $request: its URI */
	ARGUMENT_TEXT,	  /* a text in double quotes */
} argument_kind_t;

typedef struct argument
{
	argument_kind_t kind;
	str text; /* the name of the header, in its long form, or the text */
	/* a text as it is written, without its quotes, with its marks */
	fragment_t written;
	template_t template; /* of a text with holes; has no pieces otherwise */
	/* the function around it, SUBJECT_GETURI or SUBJECT_GETUSER; SUBJECT_KINDS: none */
	subject_kind_t function;
} argument_t;

/* of $addrRange("A", "B", X) */
#define SUBJECT_ARGUMENTS_MAX 3

typedef struct subject
{
	int id; /* in its plan, from 0 */
	subject_kind_t kind;
	/* of a header, in its long form; of a variable; of a pseudo-variable, with its
	 * dollar */
	str name;
	argument_t arguments[SUBJECT_ARGUMENTS_MAX]; /* of a function */
	int n_arguments;
	/* texts of it are filled with what the conditions above in its rule have caught;
	 * then it belongs to one condition only */
	bool has_holes;
	fragment_t where; /* where it stands first, as written */
} subject_t;

/* A row of the table. */
typedef struct subject_row
{
	const char *name; /* as it is written; NULL: the author names it */
	const char *explanation;
	/* of a function: how many arguments. The first ones are texts in quotes. The last
	 * one is a value of the request; if it is optional, it is $addr */
	int least, most, n_texts;
} subject_row_t;

/** The table, by subject_kind_t: SUBJECT_KINDS rows. */
const subject_row_t *subject_table(void);

/** Is it the name of a class of pseudo-variables, such as hdr in $hdr(NAME)? */
bool subject_is_pv_class(const str *name);

/** The argument that a function is asked of: the one behind its texts. */
const argument_t *subject_asked_of(const subject_t *subject);

/** Is it a function (function.h)? */
bool subject_is_function(subject_kind_t kind);

/** Can a name with a dollar have arguments in brackets?
 * @param name with or without them */
bool subject_takes_arguments(const fragment_t *name);

/** Find the kind for a name with a dollar, such as $request; not $pv().
 * @param name trimmed; capital and small letters are equal
 * @return SUBJECT_KINDS: there is no such kind */
subject_kind_t subject_find(const fragment_t *name);

/** Find the end of the left-hand side of a line: the offset of its equals sign; -1
 * without one. An equals sign in the brackets of a pseudo-variable does not count. */
int subject_end(const fragment_t *line);

/** Read a left-hand side.
 * @param text trimmed; the subject keeps pointers into it
 * @param subject filled, but for its id
 * @return 0, or -1 with one error reported. For a function that only the Brekeke
 *         server has, the error says what to write instead */
int subject_parse(
		const fragment_t *text, subject_t *subject, diagnostics_t *diagnostics);

/** Make the key of a subject for text_map. Equal subjects have equal keys.
 * @return 0, or -1 without memory */
int subject_key(const subject_t *subject, arena_t *arena, str *key);

/** Read the name of a variable, $name or &name.
 * @param text trimmed, with its first character
 * @param name set to the text behind that; points into text
 * @return 0, or -1 with one error reported */
int subject_read_variable(
		const fragment_t *text, str *name, diagnostics_t *diagnostics);

/** Is this a date yyyy/mm/dd? Is it a time hh:mm:ss? */
bool subject_is_date(const str *text);
bool subject_is_time(const str *text);

#endif
