/* SPDX-License-Identifier: GPL-2.0-or-later */
/* describe: shows settings in words and as JSON. How each is shown is one table,
 * in the order of the settings' own table (settings.c). */
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

/** What the caller gets when all have failed: "the last reply". */
description_t describe_reply(const reply_choice_t *reply);

/** All settings by name: times in milliseconds, patterns of codes as ranges,
 * null for what is off or empty. */
json_t *settings_json(const settings_t *settings);

#endif
