/* SPDX-License-Identifier: GPL-2.0-or-later */
/* nearness: which word an author most likely meant who wrote another one. */
#ifndef FAILOVER_TEXT_NEARNESS_H
#define FAILOVER_TEXT_NEARNESS_H

#include <stdbool.h>

#include "../../core/str.h"

/** How many letters must be put in, left out, exchanged or swapped with their
 * neighbour to make one word of the other, whatever their case; a large number
 * for long words. */
int nearness_distance(const str *word, const char *other);

/** Is a word a slip of another one, or that one itself? */
bool nearness_is_slip(const str *word, const char *other);

#endif
