/* SPDX-License-Identifier: GPL-2.0-or-later */
/* describe: shows settings in words and as JSON. One table says how each of them is
 * shown; it has the order of the table in settings.c. */
#ifndef FAILOVER_CTL_DESCRIBE_H
#define FAILOVER_CTL_DESCRIBE_H

#include <jansson.h>

#include "dialplan/settings.h"

typedef struct description
{
	char text[2048];
} description_t;

/** "10 s", "1500 ms" */
description_t describe_duration(unsigned ms);

/** "every negative reply but 401, 407", "408, 5xx" */
description_t describe_responses(const response_set_t *set);

/** "300-400,402-406,408-699" */
description_t describe_ranges(const response_set_t *set);

/** The reply to the caller when all destinations have failed: "the last reply". */
description_t describe_reply(const reply_choice_t *reply);

/** All settings by name: times in milliseconds, patterns of codes as ranges, null for a
 * setting that is off or empty. */
json_t *settings_json(const settings_t *settings);

#endif
