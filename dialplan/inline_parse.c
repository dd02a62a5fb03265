/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dialplan/inline_parse.h"

#include <string.h>

#include "text/ascii.h"

/* Find the end of the first setting: a semicolon outside of quotes, a line end, or the
 * end of the text. */
static int setting_end(const fragment_t *text)
{
	bool quoted = false;
	int i;

	for(i = 0; i < text->text.len; i++) {
		char c = text->text.s[i];

		if(fragment_mark(text, i) != NULL)
			continue;
		if(c == '\'')
			quoted = !quoted;
		if(c == '\n' || (c == ';' && !quoted))
			break;
	}
	return i;
}

static fragment_t without_prefix(const fragment_t *name)
{
	int len = (int)strlen(SETTINGS_PREFIX);

	if(name->text.len > len && fragment_begins(name, SETTINGS_PREFIX))
		return fragment_part(name, len, name->text.len - len);
	return *name;
}

/* Remove the quotes around a value. Between them, '' stands for one quote.
 * @return 0, or -1 with an error reported */
static int unquote(
		fragment_t *value, arena_t *arena, diagnostics_t *diagnostics)
{
	fragment_t inner;
	str plain;
	int i;

	if(value->text.len == 0 || value->text.s[0] != '\'')
		return 0;
	if(value->text.len < 2 || value->text.s[value->text.len - 1] != '\'')
		return diagnostics_error(diagnostics, value,
				"this quote is not closed at the end of the value");
	inner = fragment_part(value, 1, value->text.len - 2);
	if(memchr(inner.text.s, '\'', inner.text.len) == NULL) {
		*value = inner;
		return 0;
	}
	if(fragment_has_holes(&inner))
		return diagnostics_error(diagnostics, value,
				"a value with a quote in it must be written out");
	if(arena_copy(arena, &inner.text, &plain) < 0)
		return diagnostics_error(diagnostics, value, "no memory for a value");
	plain.len = 0;
	for(i = 0; i < inner.text.len; i++) {
		if(inner.text.s[i] == '\''
				&& (i + 1 == inner.text.len || inner.text.s[++i] != '\''))
			return diagnostics_error(diagnostics, value,
					"a single quote within quotes is written twice");
		plain.s[plain.len++] = inner.text.s[i];
	}
	inner.text = plain;
	*value = inner;
	return 0;
}

static int keep_open(rule_t *rule, const setting_t *setting,
		const fragment_t *value, arena_t *arena, diagnostics_t *diagnostics)
{
	open_setting_t *open = arena_alloc(arena, sizeof(*open));

	if(open == NULL
			|| template_make(&open->value, value, NULL, NULL, arena) < 0)
		return diagnostics_error(diagnostics, value, "no memory for a setting");
	open->setting = setting;
	open->where = *value;
	open->next = rule->open_settings;
	rule->open_settings = open;
	return 0;
}

static int read_value(rule_t *rule, const setting_t *setting, fragment_t *value,
		arena_t *arena, diagnostics_t *diagnostics)
{
	if(fragment_has_holes(value))
		return keep_open(rule, setting, value, arena, diagnostics);
	if(template_plain(value, arena) < 0)
		return diagnostics_error(diagnostics, value, "no memory for a value");
	return settings_read(&rule->settings, setting, value, arena, diagnostics);
}

/* Cut name=value into its two parts, without blanks.
 * @return false: there is no equals sign */
static bool split_setting(
		const fragment_t *text, fragment_t *name, fragment_t *value)
{
	int equals = fragment_find(text, 0, '=');

	if(equals < 0)
		return false;
	*name = fragment_part(text, 0, equals);
	*name = fragment_trim(name);
	*name = without_prefix(name);
	*value = fragment_part(text, equals + 1, text->text.len - equals - 1);
	*value = fragment_trim(value);
	return true;
}

static int parse_setting(rule_t *rule, const fragment_t *text, arena_t *arena,
		diagnostics_t *diagnostics)
{
	fragment_t name, value;
	const setting_t *setting;
	int result;

	if(!split_setting(text, &name, &value))
		return diagnostics_error(diagnostics, text,
				"[%.*s] is no setting: name=value would be right; a value with "
				"a semicolon in it stands in single quotes, name='a;b'",
				SHOWN(text));
	setting = setting_require(&name, diagnostics);
	if(setting == NULL || unquote(&value, arena, diagnostics) < 0)
		return -1;
	result = settings_name(&rule->settings, setting, &name, diagnostics);
	if(read_value(rule, setting, &value, arena, diagnostics) < 0)
		result = -1;
	return result;
}

/* Cut the next setting off a text.
 * @return false: nothing is left */
static bool next_setting(fragment_t *rest, fragment_t *setting)
{
	int end = setting_end(rest);
	int next = end < rest->text.len ? end + 1 : end;

	if(rest->text.len == 0)
		return false;
	*setting = fragment_part(rest, 0, end);
	*setting = fragment_trim(setting);
	*rest = fragment_part(rest, next, rest->text.len - next);
	return true;
}

bool inline_find_setting(const fragment_t *text, const char *name,
		arena_t *arena, fragment_t *where, fragment_t *value)
{
	diagnostics_t none = {0};
	fragment_t rest = *text;
	fragment_t found;

	while(next_setting(&rest, where)) {
		if(split_setting(where, &found, value) && fragment_is(&found, name))
			return !fragment_has_holes(value)
				   && unquote(value, arena, &none) == 0
				   && template_plain(value, arena) == 0;
	}
	return false;
}

int inline_parse_settings(const fragment_t *text, rule_t *rule, arena_t *arena,
		diagnostics_t *diagnostics)
{
	fragment_t rest = *text;
	fragment_t setting;
	int result = 0;

	while(next_setting(&rest, &setting)) {
		if(setting.text.len > 0
				&& parse_setting(rule, &setting, arena, diagnostics) < 0)
			result = -1;
	}
	return result;
}

/* %1 is of a dial plan; in a URI it would be an escape that is not whole. */
static int refuse_group(const fragment_t *text, diagnostics_t *diagnostics)
{
	int at;

	for(at = fragment_find(text, 0, '%'); at >= 0;
			at = fragment_find(text, at + 1, '%')) {
		fragment_t group = fragment_part(text, at, text->text.len - at);
		const char *s = group.text.s;
		int len = group.text.len;

		if(len >= 2 && (s[1] == '{' || (s[1] >= '1' && s[1] <= '9'))
				&& (len < 3 || hex_value(s[2]) < 0)) {
			group.text.len = 2;
			return diagnostics_error(diagnostics, &group,
					"[%.*s]: groups are of a dial plan; here a "
					"pseudo-variable, such as $rU, would be right",
					SHOWN(&group));
		}
	}
	return 0;
}

int inline_parse_destinations(const fragment_t *text, rule_t *rule,
		arena_t *arena, diagnostics_t *diagnostics)
{
	destination_t *list = NULL;

	if(refuse_group(text, diagnostics) < 0)
		return -1;
	if(destinations_parse(text, &list, arena, diagnostics) < 0)
		return -1;
	rule->has_first = rule->has_further = true;
	if(list != NULL) {
		rule->first = list;
		rule->further = list->next;
		return 0;
	}
	return diagnostics_error(diagnostics, text,
			"the list of destinations is empty: a URI such as "
			"sip:gw1.example.com/TCP, or current, would be right");
}
