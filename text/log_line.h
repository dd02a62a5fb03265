/* SPDX-License-Identifier: GPL-2.0-or-later */
/* log_line: a line of fields, as an operator's grep or a shipper of logs takes it
 * apart: `name=value name="a value" ...`, or the same as one object of JSON. */
#ifndef FAILOVER_TEXT_LOG_LINE_H
#define FAILOVER_TEXT_LOG_LINE_H

#include <stdbool.h>

#include "../../core/str.h"

/* A line that is longer loses whole fields. */
#define LOG_LINE_BYTES_MAX 4096

typedef enum log_format
{
	LOG_FORMAT_TEXT,
	LOG_FORMAT_JSON,
	LOG_FORMATS
} log_format_t;

typedef struct log_line
{
	log_format_t format;
	int len;
	char text[LOG_LINE_BYTES_MAX];
} log_line_t;

/** The format of a name, "text" or "json", in any case of letters.
 * @return 0, or -1 if it is neither */
int log_format_parse(const str *name, log_format_t *format);

/** Begin a line. */
void log_line_begin(log_line_t *line, log_format_t format);

/** Add a field. A value that is empty or has a blank, a quote, an equals sign or a
 * control character stands in double quotes in both formats, with `\"`, `\\` and
 * `\u00XX` within; in JSON every text does, and a byte that is no UTF-8 becomes
 * U+FFFD there. One that has no room is left out, as a whole.
 * @param name a word of lower-case letters */
void log_line_text(log_line_t *line, const char *name, const str *value);
void log_line_word(log_line_t *line, const char *name, const char *value);
void log_line_number(log_line_t *line, const char *name, long value);

/** The line, NUL-terminated; it is in the line itself. */
str log_line_end(log_line_t *line);

#endif
