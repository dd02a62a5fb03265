/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rule.h"

/* room for a setting's value with what is put into it */
#define SETTING_BYTES_MAX 1024

int destinations_parse(const fragment_t *text, destination_t **list,
		arena_t *arena, diagnostics_t *diagnostics)
{
	fragment_t rest = *text;
	fragment_t word;
	int result = 0;

	while(*list != NULL)
		list = &(*list)->next;
	while(fragment_next_word(&rest, &word)) {
		*list = destination_parse(&word, arena, diagnostics);
		if(*list == NULL)
			result = -1;
		else
			list = &(*list)->next;
	}
	return result;
}

static int read_open_setting(const open_setting_t *open, const str *values,
		settings_t *settings, arena_t *arena, diagnostics_t *diagnostics)
{
	char buffer[SETTING_BYTES_MAX];
	fragment_t value = open->where;
	int bad_hole;

	value.marks = NULL;
	value.n_marks = 0;
	value.text.s = buffer;
	value.text.len = template_fill(
			&open->value, values, buffer, sizeof(buffer), &bad_hole);
	if(value.text.len < 0)
		return diagnostics_error(diagnostics, &open->where,
				"[%.*s]: what is put in has a line end in it, or is too long",
				SHOWN(&open->where));
	value = fragment_trim(&value);
	return settings_read(settings, open->setting, &value, arena, diagnostics);
}

int rule_settings(const rule_t *rule, const str *values, settings_t *settings,
		arena_t *arena, diagnostics_t *diagnostics)
{
	settings_t level = rule->settings;
	const open_setting_t *open;

	for(open = rule->open_settings; open != NULL; open = open->next) {
		if(read_open_setting(open, values, &level, arena, diagnostics) < 0)
			return -1;
	}
	settings_apply(settings, &level);
	return 0;
}
