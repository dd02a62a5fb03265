/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "text/boolean.h"

#include <stddef.h>

static const struct
{
	const char *word;
	bool value;
} words[] = {{"true", true}, {"on", true}, {"yes", true}, {"1", true},
		{"false", false}, {"off", false}, {"no", false}, {"0", false}};

int boolean_parse(const fragment_t *text, const char *name, bool *value,
		diagnostics_t *diagnostics)
{
	size_t i;

	for(i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if(fragment_is(text, words[i].word)) {
			*value = words[i].value;
			return 0;
		}
	}
	return diagnostics_error(diagnostics, text,
			"[%.*s] is neither true nor false, the values of %s", SHOWN(text),
			name);
}
