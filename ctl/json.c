/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ctl/json.h"

#include <stdlib.h>
#include <string.h>

#include "ctl/print.h"

#define REPLACEMENT "\xef\xbf\xbd"

/* The length of a UTF-8 character at the beginning of a text; 0: there is none. */
static int character_bytes(const char *s, int len)
{
	glyph_t glyph = glyph_of(s, len);
	bool is_byte =
			glyph.is_escape && (unsigned char)s[0] >= 0x80 && glyph.bytes == 1;

	return is_byte ? 0 : glyph.bytes;
}

json_t *json_of_text(const str *text)
{
	char *copy = malloc((size_t)text->len * strlen(REPLACEMENT) + 1);
	size_t len = 0;
	json_t *made;
	int i = 0;

	if(copy == NULL)
		return NULL;
	while(i < text->len) {
		int bytes = character_bytes(text->s + i, text->len - i);

		if(bytes > 0) {
			memcpy(copy + len, text->s + i, bytes);
			len += bytes;
			i += bytes;
		} else {
			memcpy(copy + len, REPLACEMENT, strlen(REPLACEMENT));
			len += strlen(REPLACEMENT);
			i++;
		}
	}
	made = json_stringn(copy, len);
	free(copy);
	return made;
}

json_t *json_of_string(const char *text)
{
	str whole = str_of(text);

	return json_of_text(&whole);
}

json_t *json_of_text_or_null(const str *text)
{
	return text->len > 0 ? json_of_text(text) : json_null();
}

int json_print(json_t *object)
{
	int result =
			object == NULL ? -1 : json_dumpf(object, stdout, JSON_INDENT(2));

	json_decref(object);
	putchar('\n');
	return result;
}
