/* SPDX-License-Identifier: GPL-2.0-or-later */
/* header_name: names of SIP headers. They are the same in any case of letters
 * and in their compact forms (RFC 3261 section 7.3.3 and the registry of header
 * fields at IANA). */
#ifndef FAILOVER_SIP_HEADER_NAME_H
#define FAILOVER_SIP_HEADER_NAME_H

#include "text/text.h"

/** May a header have this name (a token, RFC 3261 section 25.1)? */
bool header_name_is_valid(const str *name);

/** The long form of a name.
 * @return the name itself where it is not a compact one; else static memory */
str header_name_long(const str *name);

/** Do two names name the same header? */
bool header_name_equal(const str *a, const str *b);

/** May a dial plan not change this header: the proxy itself lives by it? */
bool header_name_is_reserved(const str *name);

#endif
