/* SPDX-License-Identifier: GPL-2.0-or-later */
/* described: a request that the options of a command line describe, for the conditions
 * of a dial plan. A value that is not given is unknown; it is not guessed. */
#ifndef FAILOVER_CTL_DESCRIBED_H
#define FAILOVER_CTL_DESCRIBED_H

#include "dialplan/dialplan.h"
#include "ctl/given.h"
#include "ctl/reason.h"
#include "dialplan/route.h"

/* A host of the server itself, with or without a port. */
typedef struct own_host
{
	struct own_host *next;
	str host;
	int port; /* 0: any */
} own_host_t;

/* A left-hand side that was given. */
typedef struct asked_for
{
	struct asked_for *next;
	subject_t subject;
} asked_for_t;

typedef struct request
{
	arena_t *arena;
	given_t given;
	str line; /* the request line */
	str uri;  /* the R-URI in it */
	own_host_t *own_hosts;
	bool knows_own;	 /* is_own is known */
	bool is_own;	 /* the R-URI is the server's own */
	str *registered; /* users, n_registered of them */
	int n_registered;
	bool knows_registered;		   /* the registered users are known */
	asked_for_t *sets, **last_set; /* by --set, in order */
} request_t;

/** Begin with an unknown request.
 * @param arena holds its values */
void request_init(request_t *request, arena_t *arena);

/* Each of these takes a value from the command line. The value must outlive the
 * request.
 * @return 0, or -1 with why filled */

/** METHOD URI SIP/2.0 */
int request_set_line(request_t *request, const char *value, reason_t *why);

/** Name: value */
int request_add_header(request_t *request, const char *value, reason_t *why);

/** The source address, IPv4 or IPv6, and the transport. */
int request_set_addr(request_t *request, const char *value, reason_t *why);
int request_set_transport(request_t *request, const char *value, reason_t *why);

/** The body of a Route header that the request has when failover() is called. */
int request_set_route(request_t *request, const char *value, reason_t *why);

/** A user who is registered, USER or USER@HOST; empty: nobody is. */
int request_add_registered(
		request_t *request, const char *value, reason_t *why);

/** HOST[:PORT] */
int request_add_own_host(request_t *request, const char *value, reason_t *why);

/** YYYY/MM/DD hh:mm:ss */
int request_set_at(request_t *request, const char *value, reason_t *why);

/** LHS=VALUE, with the left-hand side of a condition */
int request_set(request_t *request, const char *value, reason_t *why);

/** End the description: add the values that follow from it, and the date and time of the
 * clock if none were given.
 * @return 0, or -1 with why filled */
int request_finish(request_t *request, reason_t *why);

/** Its values for conditions. */
request_source_t request_source(request_t *request);

/** Where the request is sent without the module. */
request_view_t request_view(const request_t *request);

/** Is it known whether the R-URI is the server's own? */
bool request_knows_own(const request_t *request);

/** Does a plan use a left-hand side, or a value that follows from it?
 * @param subjects of the plan, n_subjects of them */
bool request_is_asked(
		const subject_t *subject, subject_t *const *subjects, int n_subjects);

/** Name the options that would give the values of an unknown subject. */
void request_describe_missing(
		const subject_t *subject, char *text, size_t size);

#endif
