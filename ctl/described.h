/* SPDX-License-Identifier: GPL-2.0-or-later */
/* described: a request as it is described on a command line, for the conditions of
 * a dial plan. What was not said of it is unknown, and not guessed. */
#ifndef FAILOVER_CTL_DESCRIBED_H
#define FAILOVER_CTL_DESCRIBED_H

#include "dialplan/dialplan.h"
#include "ctl/given.h"
#include "ctl/reason.h"
#include "dialplan/route.h"

/* A host, or a host and a port, that is the server's own. */
typedef struct own_host
{
	struct own_host *next;
	str host;
	int port; /* 0: any */
} own_host_t;

/* What was said by a left-hand side. */
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
	bool knows_own;	 /* whether its R-URI is the server's own */
	bool is_own;	 /* it is */
	str *registered; /* users, n_registered of them */
	int n_registered;
	bool knows_registered;		   /* who is was said */
	asked_for_t *sets, **last_set; /* by --set, in order */
} request_t;

/** Begin with a request of which nothing is known.
 * @param arena holds what is said of it */
void request_init(request_t *request, arena_t *arena);

/* Each of these takes a value as it stands on a command line, which must outlive
 * the request, and says why if it cannot.
 * @return 0, or -1 with why filled */

/** METHOD URI SIP/2.0 */
int request_set_line(request_t *request, const char *value, reason_t *why);

/** Name: value */
int request_add_header(request_t *request, const char *value, reason_t *why);

/** The address, IPv4 or IPv6, and what it came over. */
int request_set_addr(request_t *request, const char *value, reason_t *why);
int request_set_transport(request_t *request, const char *value, reason_t *why);

/** The body of a Route header, as it is there when failover() is called. */
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

/** All has been said: what follows from it, and the clock's date and time where
 * none were said.
 * @return 0, or -1 with why filled */
int request_finish(request_t *request, reason_t *why);

/** What it says to conditions. */
request_source_t request_source(request_t *request);

/** What it was to be sent with. */
request_view_t request_view(const request_t *request);

/** Is it known whether its R-URI is the server's own? */
bool request_knows_own(const request_t *request);

/** Is a left-hand side of use for a plan: does a rule ask for it, or for what
 * follows from it?
 * @param subjects of the plan, n_subjects of them */
bool request_is_asked(
		const subject_t *subject, subject_t *const *subjects, int n_subjects);

/** The options that would say what is not known of a subject. */
void request_describe_missing(
		const subject_t *subject, char *text, size_t size);

#endif
