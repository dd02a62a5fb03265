/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sip/header_line.h"

#include <string.h>

#include "sip/header_name.h"

/* Cut off one line, with those that go on with it: they begin with a blank.
 * @return an empty one where the text is cut off in it */
static str cut_line(str *rest)
{
	str line = {rest->s, 0};
	const char *end;

	do {
		end = memchr(line.s + line.len, '\n', rest->len - line.len);
		if(end == NULL)
			return (str){rest->s, 0};
		line.len = (int)(end + 1 - line.s);
	} while(line.len < rest->len && is_blank(line.s[line.len]));
	rest->s += line.len;
	rest->len -= line.len;
	return line;
}

bool header_line_next(str *rest, const str *name, str *body)
{
	while(rest->len > 0) {
		str line = str_trim(cut_line(rest));
		const char *colon;
		str found;

		if(line.len <= 0)
			break;
		colon = memchr(line.s, ':', line.len);
		if(colon == NULL)
			continue;
		found = str_trim((str){line.s, (int)(colon - line.s)});
		if(!header_name_equal(&found, name))
			continue;
		body->s = (char *)colon + 1;
		body->len = (int)(line.s + line.len - body->s);
		*body = str_trim(*body);
		return true;
	}
	rest->len = 0;
	return false;
}
