/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "text/utf8.h"

/* A character takes at most 4 bytes. */
#define BEGINNING_BYTES_MAX 3

static int sequence_len(unsigned char first)
{
	if(first < 0x80)
		return 1;
	if(first >= 0xc2 && first <= 0xdf)
		return 2;
	if(first >= 0xe0 && first <= 0xef)
		return 3;
	return first >= 0xf0 && first <= 0xf4 ? 4 : 0;
}

long utf8_decode(const char *s, int len, int *bytes)
{
	static const long least[] = {0, 0, 0x80, 0x800, 0x10000};
	unsigned char first = (unsigned char)s[0];
	int count = sequence_len(first);
	long code = first;
	int i;

	*bytes = 1;
	if(count == 0 || count > len)
		return -1;
	if(count > 1)
		code &= 0x3f >> (count - 1);
	for(i = 1; i < count; i++) {
		if((s[i] & 0xc0) != 0x80)
			return -1;
		code = code << 6 | (s[i] & 0x3f);
	}
	if(code < least[count] || code > 0x10ffff
			|| (code >= 0xd800 && code <= 0xdfff))
		return -1;
	*bytes = count;
	return code;
}

int utf8_cut(const char *s, int len, int most)
{
	int back;

	if(len <= most)
		return len;
	for(back = 1; back <= BEGINNING_BYTES_MAX && back <= most; back++) {
		int bytes;

		if(utf8_decode(s + most - back, len - most + back, &bytes) >= 0
				&& bytes > back)
			return most - back;
	}
	return most;
}
