/* SPDX-License-Identifier: GPL-2.0-or-later */
/* header_name: names of SIP headers. Upper and lower case are the same, and so are
 * the long and the compact form (RFC 3261 section 7.3.3 and IANA's registry of
 * header fields). */
#ifndef FAILOVER_SIP_HEADER_NAME_H
#define FAILOVER_SIP_HEADER_NAME_H

#include "text/text.h"

/** May a header have this name (a token, RFC 3261 section 25.1)? */
bool header_name_is_valid(const str *name);

/** The long form of a name.
 * @return static memory for a compact name; any other name itself */
str header_name_long(const str *name);

/** Do two names name the same header? */
bool header_name_equal(const str *a, const str *b);

/** Is it a header that a dial plan must not change, because the proxy needs it? */
bool header_name_is_reserved(const str *name);

#endif
