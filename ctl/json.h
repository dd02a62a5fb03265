/* SPDX-License-Identifier: GPL-2.0-or-later */
/* json: makes JSON of any text. JSON is always UTF-8. */
#ifndef FAILOVER_CTL_JSON_H
#define FAILOVER_CTL_JSON_H

#include <jansson.h>

#include "text/text.h"

/** Make a JSON string of a text. A byte that is no UTF-8 becomes U+FFFD. */
json_t *json_of_text(const str *text);
json_t *json_of_string(const char *text);

/** The same; null for an empty text. */
json_t *json_of_text_or_null(const str *text);

/** Print an object to stdout, and release it.
 * @return 0, or -1 if it cannot be printed */
int json_print(json_t *object);

#endif
