/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "text/lookalike.h"

#include <string.h>

#define BLANK "blank"
#define NOTHING "nothing"
#define DASH "dash"
#define QUOTE "quotation mark"
#define APOSTROPHE "apostrophe"

/* Their UTF-8 codes: all bytes but the last one, then a range for the last byte. */
static const struct
{
	const char *begin;
	unsigned char from, to;
	const char *of;
} rows[] = {
		{"\xc2", 0xa0, 0xa0, BLANK},   /* no-break space */
		{"\xc2", 0xad, 0xad, NOTHING}, /* soft hyphen */
		{"\xc2", 0xab, 0xab, QUOTE},   /* guillemets */
		{"\xc2", 0xbb, 0xbb, QUOTE},
		{"\xe2\x80", 0x80, 0x8a, BLANK},
		{"\xe2\x80", 0x8b, 0x8f, NOTHING},
		{"\xe2\x80", 0x90, 0x95, DASH},
		{"\xe2\x80", 0x98, 0x9b, APOSTROPHE},
		{"\xe2\x80", 0x9c, 0x9f, QUOTE},
		{"\xe2\x80", 0xaf, 0xaf, BLANK},
		{"\xe2\x81", 0x9f, 0x9f, BLANK},
		{"\xe2\x81", 0xa0, 0xa4, NOTHING},
		{"\xe2\x88", 0x92, 0x92, DASH}, /* minus */
		{"\xe3\x80", 0x80, 0x80, BLANK},
		{"\xef\xbb", 0xbf, 0xbf, NOTHING}, /* byte order mark */
		/* fullwidth, as input methods for Chinese and Japanese have them */
		{"\xef\xbc", 0x8b, 0x8b, "plus sign"},
		{"\xef\xbc", 0x8d, 0x8d, DASH},
		{"\xef\xbc", 0x8e, 0x8e, "dot"},
		{"\xef\xbc", 0x8f, 0x8f, "slash"},
		{"\xef\xbc", 0x90, 0x99, "digit"},
		{"\xef\xbc", 0x9a, 0x9a, "colon"},
};

lookalike_t lookalike_find(const char *s, int len)
{
	lookalike_t found = {0};
	size_t i;

	if((unsigned char)s[0] < 0x80)
		return found;
	for(i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int before = (int)strlen(rows[i].begin);

		if(len <= before || memcmp(s, rows[i].begin, before) != 0
				|| (unsigned char)s[before] < rows[i].from
				|| (unsigned char)s[before] > rows[i].to)
			continue;
		found.len = before + 1;
		found.of = rows[i].of;
		found.is_invisible =
				strcmp(found.of, BLANK) == 0 || strcmp(found.of, NOTHING) == 0;
		break;
	}
	return found;
}
