/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ctl/describe.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "ctl/json.h"

/* If at most this many codes are missing in a class, the class is shown with the
 * missing codes. */
#define MISSING_MAX 8

static void append(description_t *description, const char *format, ...)
		__attribute__((format(printf, 2, 3)));

static void append(description_t *description, const char *format, ...)
{
	size_t len = strlen(description->text);
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(description->text + len, sizeof(description->text) - len, format,
			arguments);
	va_end(arguments);
}

description_t describe_duration(unsigned ms)
{
	description_t made = {""};

	if(ms % 1000 == 0)
		append(&made, "%u s", ms / 1000);
	else
		append(&made, "%u ms", ms);
	return made;
}

/* -- codes -------------------------------------------------------------- */

static int count_codes(const response_set_t *set, int from, int to)
{
	int count = 0;

	for(; from <= to; from++)
		count += response_set_has(set, from);
	return count;
}

/* Append the codes of a range that are in a set, or that are not. */
static void append_codes(description_t *made, const response_set_t *set,
		int from, int to, bool is_in, const char *comma)
{
	const char *separator = made->text[0] == '\0' ? "" : comma;
	int code, end;

	for(code = from; code <= to; code = end + 1) {
		end = code;
		if(response_set_has(set, code) != is_in)
			continue;
		while(end < to && response_set_has(set, end + 1) == is_in)
			end++;
		if(end > code)
			append(made, "%s%d-%d", separator, code, end);
		else
			append(made, "%s%d", separator, code);
		separator = comma;
	}
}

static void append_but(
		description_t *made, const response_set_t *set, int from, int to)
{
	description_t missing = {""};

	append_codes(&missing, set, from, to, false, ", ");
	if(missing.text[0] != '\0')
		append(made, " but %s", missing.text);
}

static void append_class(
		description_t *made, const response_set_t *set, int from)
{
	int to = from + 99;
	int count = count_codes(set, from, to);

	if(count < 100 - MISSING_MAX) {
		append_codes(made, set, from, to, true, ", ");
		return;
	}
	append(made, "%s%dxx", made->text[0] == '\0' ? "" : ", ", from / 100);
	append_but(made, set, from, to);
}

description_t describe_responses(const response_set_t *set)
{
	int count = count_codes(set, RESPONSE_CODE_MIN, RESPONSE_CODE_MAX);
	description_t made = {""};
	int from;

	if(count == 0) {
		append(&made, "no reply");
	} else if(count >= RESPONSE_CODES - MISSING_MAX) {
		append(&made, "every negative reply");
		append_but(&made, set, RESPONSE_CODE_MIN, RESPONSE_CODE_MAX);
	} else {
		for(from = RESPONSE_CODE_MIN; from < RESPONSE_CODE_MAX; from += 100)
			append_class(&made, set, from);
	}
	return made;
}

description_t describe_ranges(const response_set_t *set)
{
	description_t made = {""};

	append_codes(&made, set, RESPONSE_CODE_MIN, RESPONSE_CODE_MAX, true, ",");
	return made;
}

/* -- settings ----------------------------------------------------------- */

description_t describe_reply(const reply_choice_t *reply)
{
	description_t made = {""};

	switch(reply->kind) {
		case REPLY_LAST:
			append(&made, "the last reply; 408 for silence");
			break;
		case REPLY_BEST:
			append(&made, "the best reply of all");
			break;
		case REPLY_FIXED:
			append(&made, "%d %.*s", reply->code, STR_FMT(&reply->phrase));
			break;
	}
	return made;
}

typedef json_t *(*to_json_t)(const settings_t *settings, const void *field);

static json_t *duration_json(const settings_t *settings, const void *field)
{
	unsigned ms = *(const unsigned *)field;

	(void)settings;
	return ms == 0 ? json_null() : json_integer(ms);
}

static json_t *number_json(const settings_t *settings, const void *field)
{
	(void)settings;
	return json_integer(*(const unsigned *)field);
}

static json_t *boolean_json(const settings_t *settings, const void *field)
{
	(void)settings;
	return json_boolean(*(const bool *)field);
}

static json_t *responses_json(const settings_t *settings, const void *field)
{
	(void)settings;
	return json_string(describe_ranges(field).text);
}

static json_t *text_json(const settings_t *settings, const void *field)
{
	(void)settings;
	return json_of_text_or_null(field);
}

static json_t *ringing_json(const settings_t *settings, const void *field)
{
	(void)field;
	return json_string(settings->ringing == RINGING_STOP ? "stop" : "continue");
}

static json_t *ruri_json(const settings_t *settings, const void *field)
{
	(void)field;
	return json_string(settings->ruri == RURI_KEEP ? "keep" : "destination");
}

/* The value as an author writes it. */
static json_t *reply_json(const settings_t *settings, const void *field)
{
	const reply_choice_t *reply = field;
	description_t fixed;

	(void)settings;
	if(reply->kind == REPLY_LAST)
		return json_string("last");
	if(reply->kind == REPLY_BEST)
		return json_string("best");
	fixed = describe_reply(reply);
	return json_of_string(fixed.text);
}

static const to_json_t to_json[SETTING_COUNT] = {
		[SETTING_TIMER_INVITING] = duration_json,
		[SETTING_TIMER_PROVISIONAL] = duration_json,
		[SETTING_TIMER_RINGING] = duration_json,
		[SETTING_PATTERN_RESPONSE] = responses_json,
		[SETTING_REDIRECTION] = boolean_json,
		[SETTING_REDIRECTION_MAX] = number_json,
		[SETTING_REDIRECTION_ALLOW] = text_json,
		[SETTING_TIMER_TOTAL] = duration_json,
		[SETTING_ATTEMPTS] = number_json,
		[SETTING_RINGING] = ringing_json,
		[SETTING_RURI] = ruri_json,
		[SETTING_REPLY] = reply_json,
		[SETTING_PRESET] = text_json,
		[SETTING_SOCKET] = text_json,
};

json_t *settings_json(const settings_t *settings)
{
	const setting_t *table = settings_table();
	json_t *object = json_object();
	int i;

	for(i = 0; i < SETTING_COUNT; i++) {
		const void *field = (const char *)settings + table[i].offset;

		/* the setting of a socket is only for a single destination */
		if(table[i].name != NULL)
			json_object_set_new(
					object, table[i].name, to_json[i](settings, field));
	}
	return object;
}
