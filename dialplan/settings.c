/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dialplan/settings.h"

#include <stddef.h>
#include <string.h>

#include "text/ascii.h"
#include "text/boolean.h"
#include "text/duration.h"
#include "text/nearness.h"
#include "dialplan/pattern.h"
#include "sip/response.h"

/* Find the field of a setting in a level. */
static void *field_of(const setting_t *setting, settings_t *settings)
{
	return (char *)settings + setting->offset;
}

/* -- readers of values -------------------------------------------------- */

/* Without a unit, more seconds than these are most likely milliseconds, as tm has
 * them. */
#define SECONDS_LIKELY_MAX 120

static void warn_of_unit(const fragment_t *value, diagnostics_t *diagnostics)
{
	const char *before = diagnostics->warning_name;

	diagnostics->warning_name = SETTINGS_UNIT_WARNING;
	diagnostics_warning(diagnostics, value,
			"[%.*s] is taken for seconds: %.*sms would be milliseconds, %.*ss "
			"says that it is meant so",
			SHOWN(value), SHOWN(value), SHOWN(value));
	diagnostics->warning_name = before;
}

static int parse_duration(const setting_t *setting, const fragment_t *value,
		settings_t *settings, arena_t *arena, diagnostics_t *diagnostics)
{
	unsigned *ms = field_of(setting, settings);

	(void)arena;
	if(duration_parse(value, ms, diagnostics) < 0)
		return -1;
	if(*ms > SECONDS_LIKELY_MAX * 1000
			&& is_digit(value->text.s[value->text.len - 1]))
		warn_of_unit(value, diagnostics);
	return 0;
}

/* Is it a number above zero? */
static bool has_number(const fragment_t *value)
{
	int i;

	for(i = 0; i < value->text.len; i++) {
		if(is_digit(value->text.s[i]) && value->text.s[i] != '0')
			return true;
	}
	return false;
}

static int parse_duration_or_off(const setting_t *setting,
		const fragment_t *value, settings_t *settings, arena_t *arena,
		diagnostics_t *diagnostics)
{
	if(fragment_is(value, "off")) {
		*(unsigned *)field_of(setting, settings) = 0;
		return 0;
	}
	if(has_number(value))
		return parse_duration(setting, value, settings, arena, diagnostics);
	return diagnostics_error(diagnostics, value,
			"[%.*s] is no duration: off, for none, or 100ms to 3600s would be "
			"right",
			SHOWN(value));
}

static int parse_responses(const setting_t *setting, const fragment_t *value,
		settings_t *settings, arena_t *arena, diagnostics_t *diagnostics)
{
	response_set_t *set = field_of(setting, settings);

	(void)arena;
	if(response_set_compile(value, set, diagnostics) < 0)
		return -1;
	if(!response_set_is_empty(set))
		return 0;
	return diagnostics_error(diagnostics, value,
			"[%.*s] matches no code from %d to %d: %s", SHOWN(value),
			RESPONSE_CODE_MIN, RESPONSE_CODE_MAX,
			response_set_advice(&value->text));
}

static int parse_boolean(const setting_t *setting, const fragment_t *value,
		settings_t *settings, arena_t *arena, diagnostics_t *diagnostics)
{
	(void)arena;
	return boolean_parse(
			value, setting->name, field_of(setting, settings), diagnostics);
}

/* @return the number; a value above `most` if it is too large; -1 if it is no number */
static long read_number(const fragment_t *value, unsigned most)
{
	long number = 0;
	int i;

	for(i = 0; i < value->text.len; i++) {
		char c = value->text.s[i];

		if(!is_digit(c))
			return -1;
		/* above `most` the value is wrong anyway, but it must not overflow */
		if(number <= (long)most)
			number = number * 10 + (c - '0');
	}
	return value->text.len > 0 ? number : -1;
}

static int parse_number(const setting_t *setting, const fragment_t *value,
		settings_t *settings, arena_t *arena, diagnostics_t *diagnostics)
{
	long number = read_number(value, setting->most);

	(void)arena;
	if(number < (long)setting->least || number > (long)setting->most)
		return diagnostics_error(diagnostics, value,
				"[%.*s] is no whole number from %u to %u, the values of %s",
				SHOWN(value), setting->least, setting->most, setting->name);
	*(unsigned *)field_of(setting, settings) = (unsigned)number;
	return 0;
}

static int parse_ringing(const setting_t *setting, const fragment_t *value,
		settings_t *settings, arena_t *arena, diagnostics_t *diagnostics)
{
	(void)arena;
	if(fragment_is(value, "continue"))
		settings->ringing = RINGING_CONTINUE;
	else if(fragment_is(value, "stop"))
		settings->ringing = RINGING_STOP;
	else
		return diagnostics_error(diagnostics, value,
				"[%.*s] is neither continue nor stop, the values of %s",
				SHOWN(value), setting->name);
	return 0;
}

static int parse_ruri(const setting_t *setting, const fragment_t *value,
		settings_t *settings, arena_t *arena, diagnostics_t *diagnostics)
{
	(void)arena;
	if(fragment_is(value, "destination"))
		settings->ruri = RURI_DESTINATION;
	else if(fragment_is(value, "keep"))
		settings->ruri = RURI_KEEP;
	else
		return diagnostics_error(diagnostics, value,
				"[%.*s] is neither destination nor keep, the values of %s",
				SHOWN(value), setting->name);
	return 0;
}

static int no_memory(const fragment_t *value, diagnostics_t *diagnostics)
{
	return diagnostics_error(diagnostics, value, "no memory for a setting");
}

static int parse_text(const setting_t *setting, const fragment_t *value,
		settings_t *settings, arena_t *arena, diagnostics_t *diagnostics)
{
	if(arena_copy(arena, &value->text, field_of(setting, settings)) < 0)
		return no_memory(value, diagnostics);
	return 0;
}

/* Check a pattern that is rarely used. It is kept as a text. */
static int parse_pattern(const setting_t *setting, const fragment_t *value,
		settings_t *settings, arena_t *arena, diagnostics_t *diagnostics)
{
	pattern_t pattern;

	if(pattern_compile(&pattern, value, "@example\\.com", NULL, diagnostics)
			< 0)
		return -1;
	pattern_destroy(&pattern);
	return parse_text(setting, value, settings, arena, diagnostics);
}

/* CODE Reason */
static int parse_fixed_reply(const fragment_t *value, settings_t *settings,
		arena_t *arena, diagnostics_t *diagnostics)
{
	fragment_t phrase;
	int code = response_split(value, &phrase);

	if(code < 0 || !response_is_phrase(&phrase.text))
		return diagnostics_error(diagnostics, value,
				"[%.*s] is no reply: last, best, or a code from %d to %d and a "
				"reason, as in 480 Try Later, would be right",
				SHOWN(value), RESPONSE_OWN_MIN, RESPONSE_OWN_MAX);
	settings->reply.kind = REPLY_FIXED;
	settings->reply.code = code;
	if(arena_copy(arena, &phrase.text, &settings->reply.phrase) < 0)
		return no_memory(value, diagnostics);
	return 0;
}

static int parse_reply(const setting_t *setting, const fragment_t *value,
		settings_t *settings, arena_t *arena, diagnostics_t *diagnostics)
{
	(void)setting;
	if(fragment_is(value, "last"))
		settings->reply.kind = REPLY_LAST;
	else if(fragment_is(value, "best"))
		settings->reply.kind = REPLY_BEST;
	else
		return parse_fixed_reply(value, settings, arena, diagnostics);
	return 0;
}

static int parse_preset(const setting_t *setting, const fragment_t *value,
		settings_t *settings, arena_t *arena, diagnostics_t *diagnostics);

/* -- the table ---------------------------------------------------------- */

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
		[SETTING_TIMER_RINGING] = {"timer.ringing", "ringing", "off",
				"how long a destination may ring, from its first 18x to its "
				"final reply; timer.provisional then ends at that 18x",
				true, parse_duration_or_off, FIELD(timer_ringing_ms), 0, 0},
		[SETTING_PATTERN_RESPONSE] = {"pattern.response", "pattern", ".+",
				"the negative final replies that lead to the next destination",
				false, parse_responses, FIELD(pattern_response), 0, 0},
		[SETTING_REDIRECTION] = {"redirection", NULL, "true",
				"whether the Contacts of a matching 3xx are followed", false,
				parse_boolean, FIELD(redirection), 0, 0},
		[SETTING_REDIRECTION_MAX] = {"redirection.max", NULL, "10",
				"how many Contacts are followed in one call", true,
				parse_number, FIELD(redirection_max), 0, ATTEMPTS_MAX},
		[SETTING_REDIRECTION_ALLOW] = {"redirection.allow", NULL, "",
				"a pattern: only Contacts whose URI it matches are followed",
				true, parse_pattern, FIELD(redirection_allow), 0, 0},
		[SETTING_TIMER_TOTAL] = {"timer.total", NULL, "off",
				"how long all attempts of a call may take together", true,
				parse_duration_or_off, FIELD(timer_total_ms), 0, 0},
		[SETTING_ATTEMPTS] = {"attempts", NULL, "30",
				"how many attempts a call makes at the most", true,
				parse_number, FIELD(attempts), 1, ATTEMPTS_MAX},
		[SETTING_RINGING] = {"ringing", NULL, "continue",
				"whether the failure of a destination that has rung is final",
				true, parse_ringing, FIELD(ringing), 0, 0},
		[SETTING_RURI] = {"ruri", "ruri", "destination",
				"keep: the Request-URI stays as it is, and a destination is "
				"only the next hop",
				true, parse_ruri, FIELD(ruri), 0, 0},
		[SETTING_REPLY] = {"reply", NULL, "last",
				"what the caller gets when all destinations have failed", true,
				parse_reply, FIELD(reply), 0, 0},
		[SETTING_PRESET] = {"preset", NULL, "",
				"a set of settings: carrier or brekeke", true, parse_preset,
				FIELD(preset), 0, 0},
		[SETTING_SOCKET] = {NULL, "socket", "",
				"the socket from which this destination is sent to", true,
				parse_text, FIELD(socket), 0, 0},
		[SETTING_HOLD] = {NULL, "hold", "on",
				"whether this destination is held after failures, where the "
				"parameter hold_after is set",
				true, parse_boolean, FIELD(hold), 0, 0},
};

/* -- presets ------------------------------------------------------------ */

typedef struct preset_line
{
	setting_id_t id;
	const char *value;
} preset_line_t;

/* As most carriers do it: another route follows if the route is at fault. It does not
 * follow a reply of the callee, or while a phone rings. */
static const preset_line_t carrier[] = {
		{SETTING_PATTERN_RESPONSE, "408|500|502|503|504"},
		{SETTING_REDIRECTION, "false"},
		{SETTING_RINGING, "stop"},
};

/* Set a setting from the preset of a level, unless the level sets it itself. */
static void preset_write(
		settings_t *settings, setting_id_t id, const settings_t *source)
{
	unsigned bit = 1u << id;

	if(settings->chosen & bit)
		return;
	memcpy(field_of(&table[id], settings),
			field_of(&table[id], (settings_t *)source), table[id].size);
	settings->written |= bit;
}

static void preset_carrier(settings_t *settings, arena_t *arena)
{
	settings_t source = {0};
	diagnostics_t none = {0};
	size_t i;

	for(i = 0; i < sizeof(carrier) / sizeof(carrier[0]); i++) {
		str text = str_of(carrier[i].value);
		fragment_t value = fragment_of(&text);

		settings_read(&source, &table[carrier[i].id], &value, arena, &none);
		preset_write(settings, carrier[i].id, &source);
	}
}

static void preset_brekeke(settings_t *settings)
{
	settings_t source;
	int id;

	settings_builtin(&source);
	for(id = 0; id < SETTING_COUNT; id++) {
		if(table[id].name != NULL && id != SETTING_PRESET)
			preset_write(settings, id, &source);
	}
}

static int parse_preset(const setting_t *setting, const fragment_t *value,
		settings_t *settings, arena_t *arena, diagnostics_t *diagnostics)
{
	if(fragment_is(value, "carrier"))
		preset_carrier(settings, arena);
	else if(fragment_is(value, "brekeke"))
		preset_brekeke(settings);
	else
		return diagnostics_error(diagnostics, value,
				"[%.*s] is no preset: carrier or brekeke would be right",
				SHOWN(value));
	return parse_text(setting, value, settings, arena, diagnostics);
}

/* -- levels ------------------------------------------------------------- */

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
		str text = str_of(table[i].fallback);
		fragment_t value = fragment_of(&text);

		/* no default needs an arena, as none is a text */
		settings_read(settings, &table[i], &value, NULL, &none);
		settings->written |= 1u << i;
	}
	/* the default pattern is not a written `.+`: challenges go to the caller */
	response_set_default(&settings->pattern_response);
}

const setting_t *setting_find(const fragment_t *name)
{
	int i;

	for(i = 0; i < SETTING_COUNT; i++) {
		if(table[i].name != NULL && fragment_is(name, table[i].name))
			return &table[i];
	}
	return NULL;
}

const setting_t *setting_require(
		const fragment_t *name, diagnostics_t *diagnostics)
{
	const setting_t *setting = setting_find(name);
	char names[512] = "";
	const char *comma = "";
	int i;

	if(setting != NULL)
		return setting;
	for(i = 0; i < SETTING_COUNT; i++) {
		if(table[i].name == NULL)
			continue;
		strncat(names, comma, sizeof(names) - strlen(names) - 1);
		strncat(names, table[i].name, sizeof(names) - strlen(names) - 1);
		comma = ", ";
	}
	for(i = 0; i < SETTING_COUNT; i++) {
		if(table[i].name == NULL
				|| !nearness_is_slip(&name->text, table[i].name))
			continue;
		diagnostics_error(diagnostics, name,
				"[%.*s] is no setting of failover: was %s meant? Else one of "
				"%s would be right",
				SHOWN(name), table[i].name, names);
		return NULL;
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
				"[%.*s] stands here a second time: once is right", SHOWN(name));
	settings->named |= bit;
	return 0;
}

int settings_read(settings_t *settings, const setting_t *setting,
		const fragment_t *value, arena_t *arena, diagnostics_t *diagnostics)
{
	unsigned bit = 1u << (setting - table);

	if(value->text.len == 0)
		return 0;
	if(setting->parse(setting, value, settings, arena, diagnostics) < 0)
		return -1;
	settings->written |= bit;
	settings->chosen |= bit;
	return 0;
}

bool settings_has(const settings_t *settings, setting_id_t id)
{
	return (settings->written >> id) & 1;
}

bool settings_is_chosen(const settings_t *settings, setting_id_t id)
{
	return (settings->chosen >> id) & 1;
}

int settings_keep(settings_t *settings, arena_t *arena)
{
	str *texts[] = {&settings->redirection_allow, &settings->reply.phrase,
			&settings->preset, &settings->socket};
	size_t i;

	for(i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		if(texts[i]->len > 0 && arena_copy(arena, texts[i], texts[i]) < 0)
			return -1;
	}
	return 0;
}

void settings_apply(settings_t *settings, const settings_t *level)
{
	unsigned left;

	/* a level has a few of them */
	for(left = level->written; left != 0; left &= left - 1) {
		int i = __builtin_ctz(left);

		memcpy(field_of(&table[i], settings),
				field_of(&table[i], (settings_t *)level), table[i].size);
	}
	settings->written |= level->written;
}
