/* SPDX-License-Identifier: GPL-2.0-or-later */
/* nearness: finds the word that an author most likely meant by a wrong one. */
#ifndef FAILOVER_TEXT_NEARNESS_H
#define FAILOVER_TEXT_NEARNESS_H

#include <stdbool.h>

#include "../../core/str.h"

/** How many letters must be added, removed, replaced or swapped with their
 * neighbour to turn one word into the other. Upper and lower case are the same. For
 * long words the result is a large number. */
int nearness_distance(const str *word, const char *other);

/** Is a word another one with a typing mistake, or that word itself? */
bool nearness_is_slip(const str *word, const char *other);

#endif
