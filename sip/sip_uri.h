/* SPDX-License-Identifier: GPL-2.0-or-later */
/* sip_uri: takes a sip: or sips: URI apart (RFC 3261 sections 19.1 and 25.1). Zero
 * copy: the parts point into the text. */
#ifndef FAILOVER_SIP_SIP_URI_H
#define FAILOVER_SIP_SIP_URI_H

#include "text/text.h"

/* Kamailio refuses a longer URI (MAX_URI_SIZE in core/config.h, minus the NUL
 * byte). */
#define SIP_URI_BYTES_MAX 1023

typedef struct uri_parts
{
	bool is_sips;
	str user;	 /* password included, '@' not; len 0 without user part */
	str host;	 /* an IPv6 address with its brackets */
	str port;	 /* digits as written; len 0 without */
	str params;	 /* behind the first ';'; len 0 without */
	str headers; /* behind the '?'; len 0 without */
} uri_parts_t;

/** Is it a URI whose scheme is sips? */
bool sip_uri_is_sips(const str *text);

/** Take a URI apart.
 * @param text the whole URI, no angle brackets
 * @param uri filled on success
 * @param at where the fault is, as an offset into text
 * @return NULL on success, else what is wrong and what would be right, in
 *         static memory. The range of the port is not checked here: see
 *         sip_uri_port(). */
const char *sip_uri_parse(const str *text, uri_parts_t *uri, int *at);

/** The port as a number: 1..65535; 0 when none is written; -1 when it is out of
 * range. */
int sip_uri_port(const uri_parts_t *uri);

/** The user part of a sip, sips or tel URI, all of it, as it is written: also the
 * parameters of a number, and of a tel URI all that is behind its scheme (RFC 3261
 * sections 19.1.1, 19.1.6 and 25.1, RFC 4694).
 * @param text may be no URI at all
 * @return len 0 without one; points into text */
str sip_uri_user(const str *text);

/** Find a URI parameter by its name, in any case of letters.
 * @param value set to the text behind its '='; len 0 if there is none. May be NULL.
 * @return whether it is there */
bool sip_uri_param(const uri_parts_t *uri, const char *name, str *value);

/** Are two URIs equal, by the rules of RFC 3261 section 19.1.4? Headers are
 * not compared: a proxy must not take them from a Contact anyway. */
bool sip_uri_equal(const uri_parts_t *a, const uri_parts_t *b);

/** May this character stand unescaped in a user part? (RFC 3261 25.1: user) */
bool sip_uri_is_user_char(char c);

/** May this character stand unescaped in a parameter? (25.1: paramchar) */
bool sip_uri_is_param_char(char c);

/** May this character stand in a host name or an IPv4 address? RFC 3261 has no
 * underscore there, but names in the field do. */
bool sip_uri_is_host_char(char c);

/** Is the host of a URI an IPv4 or IPv6 address, and not a name?
 * @param host of a valid sip or sips URI */
bool sip_host_is_address(const str *host);

#endif
