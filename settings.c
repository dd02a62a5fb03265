/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "settings.h"

#include <stddef.h>
#include <string.h>

#include "duration.h"

static int parse_duration(const fragment_t *value, const setting_t *setting,
		void *field, diagnostics_t *diagnostics)
{
	(void)setting;
	return duration_parse(value, field, diagnostics);
}

static int parse_pattern(const fragment_t *value, const setting_t *setting,
		void *field, diagnostics_t *diagnostics)
{
	(void)setting;
	return response_set_compile(value, field, diagnostics);
}

static int parse_boolean(const fragment_t *value, const setting_t *setting,
		void *field, diagnostics_t *diagnostics)
{
	static const struct
	{
		const char *word;
		bool value;
	} words[] = {{"true", true}, {"on", true}, {"yes", true}, {"1", true},
			{"false", false}, {"off", false}, {"no", false}, {"0", false}};
	size_t i;

	for(i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if(fragment_is(value, words[i].word)) {
			*(bool *)field = words[i].value;
			return 0;
		}
	}
	return diagnostics_error(diagnostics, value,
			"[%.*s] is neither true nor false, the values of %s",
			SHOWN(value), setting->name);
}

static int parse_number(const fragment_t *value, const setting_t *setting,
		void *field, diagnostics_t *diagnostics)
{
	unsigned long number = 0;
	int i;

	for(i = 0; i < value->text.len; i++) {
		char c = value->text.s[i];

		if(c < '0' || c > '9')
			break;
		if(number <= setting->most) /* beyond that it must only not wrap */
			number = number * 10 + (unsigned)(c - '0');
	}
	if(i < value->text.len || number < setting->least || number > setting->most)
		return diagnostics_error(diagnostics, value,
				"[%.*s] is no whole number from %u to %u, the values of %s",
				SHOWN(value), setting->least, setting->most,
				setting->name);
	*(unsigned *)field = (unsigned)number;
	return 0;
}

static int parse_ringing(const fragment_t *value, const setting_t *setting,
		void *field, diagnostics_t *diagnostics)
{
	if(fragment_is(value, "continue")) {
		*(unsigned *)field = RINGING_CONTINUE;
		return 0;
	}
	if(fragment_is(value, "stop")) {
		*(unsigned *)field = RINGING_STOP;
		return 0;
	}
	return diagnostics_error(diagnostics, value,
			"[%.*s] is neither continue nor stop, the values of %s",
			SHOWN(value), setting->name);
}

#define FIELD(f) offsetof(settings_t, f), sizeof(((settings_t *)0)->f)

static const setting_t table[SETTING_COUNT] = {
		[SETTING_TIMER_INVITING] = {"timer.inviting", "inviting", "10s",
				"how long a destination may stay without any reply", false,
				parse_duration, FIELD(timer_inviting_ms), 0, 0},
		[SETTING_TIMER_PROVISIONAL] = {"timer.provisional", "provisional",
				"20s",
				"how long a destination may stay between its first "
				"provisional reply and its final one",
				false, parse_duration, FIELD(timer_provisional_ms), 0, 0},
		[SETTING_PATTERN_RESPONSE] = {"pattern.response", "pattern", ".+",
				"the negative final replies that lead to the next destination",
				false, parse_pattern, FIELD(pattern_response), 0, 0},
		[SETTING_REDIRECTION] = {"redirection", NULL, "true",
				"whether the Contacts of a matching 3xx are followed", false,
				parse_boolean, FIELD(redirection), 0, 0},
		[SETTING_REDIRECTION_MAX] = {"redirection.max", NULL, "10",
				"how many Contacts are followed in one call", true,
				parse_number, FIELD(redirection_max), 0, ATTEMPTS_MAX},
		[SETTING_ATTEMPTS] = {"attempts", NULL, "30",
				"how many attempts a call makes at the most", true,
				parse_number, FIELD(attempts), 1, ATTEMPTS_MAX},
		[SETTING_RINGING] = {"ringing", NULL, "continue",
				"whether the failure of a destination that has rung is final",
				true, parse_ringing, FIELD(ringing), 0, 0},
};

const setting_t *settings_table(void)
{
	return table;
}

void settings_builtin(settings_t *settings)
{
	diagnostics_t none = {0};
	int i;

	memset(settings, 0, sizeof(*settings));
	for(i = 0; i < SETTING_COUNT; i++) {
		str text = {(char *)table[i].fallback, (int)strlen(table[i].fallback)};
		fragment_t value = fragment_of(&text);

		settings_read(settings, &table[i], &value, &none);
	}
	/* the default pattern is not `.+` written out: it leaves the challenges
	 * to the caller */
	response_set_default(&settings->pattern_response);
}

const setting_t *setting_find(const fragment_t *name)
{
	int i;

	for(i = 0; i < SETTING_COUNT; i++) {
		if(fragment_is(name, table[i].name))
			return &table[i];
	}
	return NULL;
}

const setting_t *setting_require(
		const fragment_t *name, diagnostics_t *diagnostics)
{
	const setting_t *setting = setting_find(name);
	char names[256] = "";
	int i;

	if(setting != NULL)
		return setting;
	for(i = 0; i < SETTING_COUNT; i++) {
		strncat(names, i > 0 ? ", " : "", sizeof(names) - strlen(names) - 1);
		strncat(names, table[i].name, sizeof(names) - strlen(names) - 1);
	}
	diagnostics_error(diagnostics, name,
			"[%.*s] is no setting of failover: one of %s would be right",
			SHOWN(name), names);
	return NULL;
}

const setting_t *setting_find_option(const fragment_t *name)
{
	int i;

	for(i = 0; i < SETTING_COUNT; i++) {
		if(table[i].option != NULL && fragment_is(name, table[i].option))
			return &table[i];
	}
	return NULL;
}

int settings_name(settings_t *settings, const setting_t *setting,
		const fragment_t *name, diagnostics_t *diagnostics)
{
	unsigned bit = 1u << (setting - table);

	if(settings->named & bit)
		return diagnostics_error(diagnostics, name,
				"%s stands here a second time: once is right", setting->name);
	settings->named |= bit;
	return 0;
}

int settings_read(settings_t *settings, const setting_t *setting,
		const fragment_t *value, diagnostics_t *diagnostics)
{
	if(value->text.len == 0)
		return 0;
	if(setting->parse(value, setting, (char *)settings + setting->offset,
			   diagnostics)
			< 0)
		return -1;
	settings->written |= 1u << (setting - table);
	return 0;
}

bool settings_has(const settings_t *settings, setting_id_t id)
{
	return (settings->written >> id) & 1;
}

void settings_apply(settings_t *settings, const settings_t *level)
{
	int i;

	for(i = 0; i < SETTING_COUNT; i++) {
		if(!settings_has(level, i))
			continue;
		memcpy((char *)settings + table[i].offset,
				(const char *)level + table[i].offset, table[i].size);
		settings->written |= 1u << i;
	}
}
