/* SPDX-License-Identifier: GPL-2.0-or-later */
/* properties: what must hold for any bytes whatever, be they an author's or a
 * peer's. Each aborts when it does not. test_mutation.c feeds them damaged
 * texts, fuzz/fuzz.c what libFuzzer thinks of. */
#ifndef FAILOVER_TEST_PROPERTIES_H
#define FAILOVER_TEST_PROPERTIES_H

#include <stddef.h>

/** Reads as a dial plan. */
void property_dialplan(const char *bytes, size_t size);

/** Reads as a dial plan, the byte 0x1e, and a request as in support.h: which
 * rules apply, with the index and without it, and the route that follows. */
void property_match(const char *bytes, size_t size);

/** Reads as the arguments of a call, | between list and settings; marks as in
 * support.h, which are filled with what is behind a further |. */
void property_arguments(const char *bytes, size_t size);

/** Reads as what a caller has in a header, which a rule puts into the arguments of
 * functions: of which host, and of which user, they ask. */
void property_argument(const char *bytes, size_t size);

/** Reads as a URI, and as a Contact. */
void property_uri(const char *bytes, size_t size);

/** Reads as a destination, | , a value for its holes, | , a user part. */
void property_destination(const char *bytes, size_t size);

#endif
