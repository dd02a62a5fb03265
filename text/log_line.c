/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "text/log_line.h"

#include <stdio.h>
#include <string.h>

#include "text/text.h"
#include "text/utf8.h"

#define REPLACEMENT "\xef\xbf\xbd"

/* what ends a line, and its NUL */
#define END_BYTES 2

static const char *const names[LOG_FORMATS] = {
		[LOG_FORMAT_TEXT] = "text",
		[LOG_FORMAT_JSON] = "json",
};

int log_format_parse(const str *name, log_format_t *format)
{
	int i;

	for(i = 0; i < LOG_FORMATS; i++) {
		str known = str_of(names[i]);

		if(!str_equal_nocase(name, &known))
			continue;
		*format = (log_format_t)i;
		return 0;
	}
	return -1;
}

void log_line_begin(log_line_t *line, log_format_t format)
{
	line->format = format;
	line->len = 0;
	if(format == LOG_FORMAT_JSON)
		line->text[line->len++] = '{';
}

/* @return whether there was room */
static bool append(log_line_t *line, const char *s, int len)
{
	if(len > LOG_LINE_BYTES_MAX - END_BYTES - line->len)
		return false;
	memcpy(line->text + line->len, s, len);
	line->len += len;
	return true;
}

static bool append_string(log_line_t *line, const char *s)
{
	return append(line, s, (int)strlen(s));
}

static bool begin_field(log_line_t *line, const char *name)
{
	bool is_json = line->format == LOG_FORMAT_JSON;
	bool is_first = line->len == (is_json ? 1 : 0);

	if(!is_json)
		return append_string(line, is_first ? "" : " ")
			   && append_string(line, name) && append_string(line, "=");
	return append_string(line, is_first ? "\"" : ",\"")
		   && append_string(line, name) && append_string(line, "\":");
}

static bool needs_quotes(const log_line_t *line, const str *value)
{
	int i;

	if(line->format == LOG_FORMAT_JSON || value->len == 0)
		return true;
	for(i = 0; i < value->len; i++) {
		unsigned char c = (unsigned char)value->s[i];

		if(c <= ' ' || c == 0x7f || c == '"' || c == '=' || c == '\\')
			return true;
	}
	return false;
}

/* One character of a value in quotes. */
static bool append_character(log_line_t *line, const char *s, int bytes)
{
	unsigned char c = (unsigned char)s[0];
	char escape[8];

	if(c == '"' || c == '\\') {
		snprintf(escape, sizeof(escape), "\\%c", c);
		return append_string(line, escape);
	}
	if(c < ' ' || c == 0x7f) {
		snprintf(escape, sizeof(escape), "\\u%04x", c);
		return append_string(line, escape);
	}
	return append(line, s, bytes);
}

static bool append_quoted(log_line_t *line, const str *value)
{
	int at = 0;
	int bytes;

	if(!append_string(line, "\""))
		return false;
	for(; at < value->len; at += bytes) {
		bool is_character =
				utf8_decode(value->s + at, value->len - at, &bytes) >= 0;

		if(is_character || line->format != LOG_FORMAT_JSON
						? !append_character(line, value->s + at, bytes)
						: !append_string(line, REPLACEMENT))
			return false;
	}
	return append_string(line, "\"");
}

void log_line_text(log_line_t *line, const char *name, const str *value)
{
	int len = line->len;

	if(begin_field(line, name)
			&& (needs_quotes(line, value) ? append_quoted(line, value)
										  : append(line, value->s, value->len)))
		return;
	line->len = len;
}

void log_line_word(log_line_t *line, const char *name, const char *value)
{
	str text = str_of(value);

	log_line_text(line, name, &text);
}

void log_line_number(log_line_t *line, const char *name, long value)
{
	char digits[24];
	int len = line->len;

	snprintf(digits, sizeof(digits), "%ld", value);
	if(!begin_field(line, name) || !append_string(line, digits))
		line->len = len;
}

str log_line_end(log_line_t *line)
{
	if(line->format == LOG_FORMAT_JSON)
		line->text[line->len++] = '}';
	line->text[line->len] = '\0';
	return (str){line->text, line->len};
}
