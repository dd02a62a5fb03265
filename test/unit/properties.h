/* SPDX-License-Identifier: GPL-2.0-or-later */
/* properties: what must be true for any bytes, from the author of a plan or from a
 * peer. Each function aborts if it is not true. test_mutation.c calls them with damaged
 * texts, and fuzz/fuzz.c with the texts of libFuzzer. */
#ifndef FAILOVER_TEST_PROPERTIES_H
#define FAILOVER_TEST_PROPERTIES_H

#include <stddef.h>

/** Reads the bytes as a dial plan. */
void property_dialplan(const char *bytes, size_t size);

/** Reads the bytes as a dial plan, the byte 0x1e, and a request as in support.h. Finds
 * the rules that apply, with the index and without it, and the route. */
void property_match(const char *bytes, size_t size);

/** Reads the bytes as the arguments of a call, with | between list and settings. Marks
 * are as in support.h; they are replaced with the text after a second |. */
void property_arguments(const char *bytes, size_t size);

/** Reads the bytes as a header of a caller. A rule puts the header into the arguments of
 * functions that look up a host and a user. */
void property_argument(const char *bytes, size_t size);

/** Reads the bytes as a URI, and as a Contact. */
void property_uri(const char *bytes, size_t size);

/** Reads the bytes as a destination, |, a value for its holes, |, and a user part. */
void property_destination(const char *bytes, size_t size);

#endif
