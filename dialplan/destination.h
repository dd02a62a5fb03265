/* SPDX-License-Identifier: GPL-2.0-or-later */
/* destination: one place a call can be sent to, as an author writes it
 *     URI[/TRANSPORT][{option=value,...}]      or the word  current
 * and the target it becomes in a call, when its holes are filled. */
#ifndef FAILOVER_DIALPLAN_DESTINATION_H
#define FAILOVER_DIALPLAN_DESTINATION_H

#include "dialplan/settings.h"
#include "sip/sip_uri.h"
#include "dialplan/template.h"

typedef enum transport
{
	TRANSPORT_UDP,
	TRANSPORT_TCP,
	TRANSPORT_TLS,
	TRANSPORT_SCTP,
	TRANSPORT_COUNT
} transport_t;

/* A URI that has been taken apart. */
typedef struct known_uri
{
	str text;
	uri_parts_t parts; /* point into text */
	str host;		   /* where it leads: what maddr says, else its host */
	bool is_address;   /* that is an IPv4 or IPv6 address, and not a name */
} known_uri_t;

typedef struct destination
{
	struct destination *next;
	fragment_t where; /* the word in its text */
	bool has_user;	  /* its URI has a user part */
	bool is_current;  /* the request's own R-URI and next hop; no template */
	template_t uri;	  /* as written, without suffix and options */
	const known_uri_t *known; /* the same without holes; NULL: it has some */
	transport_t transport;
	bool has_transport; /* written out by suffix, parameter or sips: */
	settings_t options; /* of this destination */
} destination_t;

/* Where a destination is sent to. */
typedef struct place
{
	char text[SIP_URI_BYTES_MAX]; /* its URI, into which the rest points */
	uri_parts_t uri;
	str host; /* or what maddr says in the place of it */
	int port;
} place_t;

/* A destination of one call. */
typedef struct target
{
	struct target *next;
	str uri;		   /* the R-URI */
	str name;		   /* what it is called in messages and traces: the
						* destination's own URI, which is the R-URI as well
						* unless keeps_ruri */
	uri_parts_t parts; /* of uri; all empty if it is no sip or sips URI, and
						* where keeps_ruri: it is then no way to know it by */
	str next_hop; /* the dst URI, with the transport; len 0: where is_current */
	transport_t transport;
	bool is_address;		   /* the host of next_hop is one, and not a name */
	bool is_current;		   /* the request's own R-URI, next hop and path */
	bool keeps_ruri;		   /* uri is the request's own, and the destination
								* is next_hop alone (ruri = keep) */
	bool is_contact;		   /* from a 3xx, not from the list */
	int q;					   /* of a Contact: 0..1000 */
	const settings_t *options; /* of this destination; or NULL */
} target_t;

/** The name of a transport in capitals, "UDP". */
const char *transport_name(transport_t transport);

/** Over which transport a URI is reached where nothing else says it: TLS for sips,
 * else as its parameter says, else UDP; UDP also for what is no SIP URI. */
transport_t transport_of_uri(const str *uri);

/** Read the name of a transport.
 * @param text in any case of letters
 * @return 0; -1 with one error reported, also for WS and WSS */
int transport_parse(const fragment_t *text, transport_t *transport,
		diagnostics_t *diagnostics);

/** Read one destination.
 * @param word without blanks round it; the destination keeps pointers into it
 * @param arena holds the destination
 * @return NULL with one error reported */
destination_t *destination_parse(
		const fragment_t *word, arena_t *arena, diagnostics_t *diagnostics);

/** Cut the next option off a block of options, without its braces.
 * @param rest in: the block; out: what is behind the option and its comma
 * @param option trimmed; may be empty
 * @return whether a further one follows, be it empty */
bool option_next(fragment_t *rest, fragment_t *option);

/** Take an option apart.
 * @param name,value trimmed, the value without its quotes
 * @return false without an equals sign; value is not set then */
bool option_split(
		const fragment_t *option, fragment_t *name, fragment_t *value);

/** Give a destination the transport that a line of its own names for it.
 * @return 0, or -1 with an error reported if that contradicts what it says */
int destination_set_transport(destination_t *destination,
		const fragment_t *transport, diagnostics_t *diagnostics);

/* of a destination whose user part would not be sent; the destination's text */
#define KEPT_USER                                                           \
	"[%.*s]: with ruri = keep the Request-URI of the call is sent, so the " \
	"user part of a destination goes nowhere: a URI without one, such as "  \
	"sip:gw1.example.com, would be right"

/** Does the R-URI of a call stay as it is for a destination?
 * @param is_default whether it does where its options do not say it */
bool destination_keeps_ruri(const destination_t *destination, bool is_default);

/** Fill the holes of a destination.
 * @param destination not `current`
 * @param values what is put into its holes
 * @param user the user part for a destination that has none; len 0: none
 * @param arena holds the target, with a copy of the destination's options
 * @param why set to what was wrong when NULL is returned, static memory
 * @return the target; NULL when a value may not stand in its place, or without
 *         memory */
target_t *destination_resolve(const destination_t *destination,
		const str *values, const str *user, arena_t *arena, const char **why);

/** Make a target of a URI.
 * @param text a sip or sips URI without headers
 * @param user as above
 * @param transport over which it is reached
 * @return NULL if it is no such URI, with why set, or without memory */
target_t *target_of_uri(const str *text, const str *user, transport_t transport,
		arena_t *arena, const char **why);

/** Give a target the options of its destination; they are copied.
 * @return 0, or -1 without memory */
int target_set_options(
		target_t *target, const settings_t *options, arena_t *arena);

/** Have the R-URI of a call stay as it is: the target becomes a next hop only.
 * @param uri that R-URI; copied
 * @return 0, or -1 without memory */
int target_keep_ruri(target_t *target, const str *uri, arena_t *arena);

/** Take the R-URI of a target apart, once it is set. */
void target_take_apart(target_t *target);

/** Make a target of a Contact of a 3xx reply. Its `?headers` are dropped, its
 * transport is its own, else UDP, for sips TLS.
 * @param uri as it came
 * @param q its preference, 0..1000
 * @return NULL if it cannot be followed (no sip or sips URI, a WebSocket, ...),
 *         with why set, or without memory */
target_t *target_of_contact(
		const str *uri, int q, arena_t *arena, const char **why);

/** Have two targets the same R-URI? (RFC 3261 section 19.1.4) */
bool target_equal_uri(const target_t *a, const target_t *b);

/** Where a destination that is not `current` is sent to.
 * @param values for its holes
 * @param place filled; must stay where it is
 * @return false: these values cannot stand there */
bool destination_find_place(
		const destination_t *destination, const str *values, place_t *place);

#endif
