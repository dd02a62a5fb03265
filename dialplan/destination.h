/* SPDX-License-Identifier: GPL-2.0-or-later */
/* destination: a place that a call can be sent to, as an author writes it:
 *     URI[/TRANSPORT][{option=value,...}]      or the word  current
 *     ds:SET[/ALGORITHM][{option=value,...}]   the gateways of a set of Kamailio's
 *                                              module dispatcher
 * In a call its holes are filled, and it becomes a target. */
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

/* A URI and its parts. */
typedef struct known_uri
{
	str text;
	uri_parts_t parts; /* point into text */
	str host;		   /* where it leads: maddr, or else its host */
	bool is_address;   /* that is an IPv4 or IPv6 address, and not a name */
} known_uri_t;

typedef struct destination
{
	struct destination *next;
	fragment_t where; /* its place in the text */
	bool has_user;	  /* its URI has a user part */
	bool is_current;  /* the request's own R-URI and next hop; no template */
	bool is_set;	  /* the gateways of this set; no template */
	int set, algorithm;
	bool is_value;	/* a pseudo-variable that is the whole word: whoever has the
					* call reads its value as a destination; no template */
	int hole;		/* then, which value it is */
	template_t uri; /* as written, without suffix and options */
	const known_uri_t *known; /* its parts, if it has no holes; else NULL */
	transport_t transport;
	bool has_transport; /* it is written: a suffix, a parameter, or sips: */
	settings_t options; /* of this destination */
} destination_t;

/* The address that a destination is sent to. */
typedef struct place
{
	char text[SIP_URI_BYTES_MAX]; /* its URI; the fields below point into it */
	uri_parts_t uri;
	str host; /* or maddr, which replaces it */
	int port;
} place_t;

/* A gateway of dispatcher, as that has it. */
typedef struct gateway
{
	struct gateway *next;
	int set;
	str uri, attributes;
	str socket; /* from which it is sent to; len 0: any */
} gateway_t;

/* Dispatcher's number of the algorithm that sends to all gateways at once, and the
 * highest number. */
#define ALGORITHM_PARALLEL 12
#define ALGORITHM_MAX 99

/* A destination of one call. */
typedef struct target
{
	struct target *next;
	str uri; /* the R-URI */
	/* its name in messages and traces: the destination's own URI, which is also the
	 * R-URI unless keeps_ruri */
	str name;
	/* of uri; empty if that is no sip or sips URI, and with keeps_ruri, when the URI
	 * does not identify the target */
	uri_parts_t parts;
	str next_hop; /* the dst URI, with the transport; len 0 with is_current */
	transport_t transport;
	bool is_address; /* the host of next_hop is one, and not a name */
	bool has_port;	 /* next_hop has one */
	unsigned short
			place_len; /* of HOST or HOST:PORT in next_hop, behind "sip:" */
	bool is_current;   /* the request's own R-URI, next hop and path */
	/* uri is the request's own; the destination is only next_hop (ruri = keep) */
	bool keeps_ruri;
	bool is_contact;		   /* from a 3xx, not from the list */
	int q;					   /* of a Contact: 0..1000 */
	const gateway_t *gateway;  /* that it is; NULL: none of dispatcher's */
	const settings_t *options; /* of this destination; or NULL */
} target_t;

/** The name of a transport in capital letters, "UDP". */
const char *transport_name(transport_t transport);

/** The transport of a URI: TLS for sips, or else its parameter, or else UDP. It is UDP
 * also for a text that is no SIP URI. */
transport_t transport_of_uri(const str *uri);

/** Read the name of a transport.
 * @param text in any case of letters
 * @return 0; -1 with one error reported, also for WS and WSS */
int transport_parse(const fragment_t *text, transport_t *transport,
		diagnostics_t *diagnostics);

/** Read one destination.
 * @param word without blanks around it; the destination keeps pointers into it. A
 *             word that is one pseudo-variable becomes is_value.
 * @param arena holds the destination
 * @return NULL with one error reported */
destination_t *destination_parse(
		const fragment_t *word, arena_t *arena, diagnostics_t *diagnostics);

/** Cut off the next option of a block of options without braces.
 * @param rest in: the block; out: the text behind the option and its comma
 * @param option trimmed; may be empty
 * @return whether a further option follows, even an empty one */
bool option_next(fragment_t *rest, fragment_t *option);

/** Split an option into name and value.
 * @param name,value trimmed; the value without its quotes
 * @return false without an equals sign; then value is not set */
bool option_split(
		const fragment_t *option, fragment_t *name, fragment_t *value);

/** Set the transport of a destination from a separate line.
 * @return 0, or -1 with an error reported if the destination says another transport */
int destination_set_transport(destination_t *destination,
		const fragment_t *transport, diagnostics_t *diagnostics);

/* about a destination whose user part is not sent; takes the destination's text */
#define KEPT_USER                                                           \
	"[%.*s]: with ruri = keep the Request-URI of the call is sent, so the " \
	"user part of a destination goes nowhere: a URI without one, such as "  \
	"sip:gw1.example.com, would be right"

/** Does a destination keep the R-URI of the call?
 * @param is_default the answer if its options do not say it */
bool destination_keeps_ruri(const destination_t *destination, bool is_default);

/** Fill the holes of a destination.
 * @param destination not `current`
 * @param values the values for its holes
 * @param user the user part for a destination that has none; len 0: none
 * @param arena holds the target, with a copy of the destination's options
 * @param why set to the reason when NULL is returned, static memory
 * @return the target; NULL if a value does not fit in its place, or without memory */
target_t *destination_resolve(const destination_t *destination,
		const str *values, const str *user, arena_t *arena, const char **why);

/** Make the target of a gateway of a set.
 * @param user as above; for a gateway whose URI has none
 * @param gateway lives as long as the target
 * @return NULL as above */
target_t *target_of_gateway(const destination_t *destination,
		const gateway_t *gateway, const str *user, arena_t *arena,
		const char **why);

/** Make a target of a URI.
 * @param text a sip or sips URI without headers
 * @param user as above
 * @param transport the transport to it
 * @return NULL if it is no such URI, with why set, or without memory */
target_t *target_of_uri(const str *text, const str *user, transport_t transport,
		arena_t *arena, const char **why);

/** Give a target the options of its destination; they are copied.
 * @return 0, or -1 without memory */
int target_set_options(
		target_t *target, const settings_t *options, arena_t *arena);

/** Keep the R-URI of the call: the target becomes only a next hop.
 * @param uri that R-URI; copied
 * @return 0, or -1 without memory */
int target_keep_ruri(target_t *target, const str *uri, arena_t *arena);

/** Set the parts of a target from its R-URI. */
void target_take_apart(target_t *target);

/** Make a target of a Contact of a 3xx reply. Its `?headers` are dropped. Its transport
 * is the one that it names, or else UDP; TLS for sips.
 * @param uri as it was received
 * @param q its preference, 0..1000
 * @return NULL if it cannot be followed (no sip or sips URI, a WebSocket, ...),
 *         with why set, or without memory */
target_t *target_of_contact(
		const str *uri, int q, arena_t *arena, const char **why);

/** Do two targets have the same R-URI? (RFC 3261 section 19.1.4) */
bool target_equal_uri(const target_t *a, const target_t *b);

/** Find the address that a destination is sent to. The destination is not `current`.
 * @param values for its holes
 * @param place filled; must stay where it is
 * @return false: these values do not fit */
bool destination_find_place(
		const destination_t *destination, const str *values, place_t *place);

/** Find it where it is the same in each call.
 * @return false: the host, or the whole destination, is only known in a call */
bool destination_find_known_place(
		const destination_t *destination, place_t *place);

#endif
