/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dialplan/network.h"

#include <arpa/inet.h>
#include <string.h>

#include "text/ascii.h"

static bool read_family(int family, const str *text, address_t *address)
{
	char buffer[INET6_ADDRSTRLEN];

	if(text->len <= 0 || text->len >= (int)sizeof(buffer))
		return false;
	memcpy(buffer, text->s, text->len);
	buffer[text->len] = '\0';
	address->bytes = family == AF_INET ? 4 : 16;
	return inet_pton(family, buffer, address->byte) == 1;
}

bool address_read(const str *text, address_t *address)
{
	static const unsigned char mapped[12] = {[10] = 0xff, [11] = 0xff};
	str bare = *text;

	if(bare.len > 2 && bare.s[0] == '[' && bare.s[bare.len - 1] == ']') {
		bare.s++;
		bare.len -= 2;
	} else if(read_family(AF_INET, &bare, address)) {
		return true;
	}
	if(!read_family(AF_INET6, &bare, address))
		return false;
	if(memcmp(address->byte, mapped, sizeof(mapped)) == 0) {
		memmove(address->byte, address->byte + 12, 4);
		address->bytes = 4;
	}
	return true;
}

int address_compare(const address_t *a, const address_t *b)
{
	return a->bytes != b->bytes ? a->bytes - b->bytes
								: memcmp(a->byte, b->byte, a->bytes);
}

bool address_has_prefix(
		const address_t *address, const address_t *prefix, int bits)
{
	int whole = bits / 8;
	int mask = 0xff00 >> (bits % 8) & 0xff;

	return address->bytes == prefix->bytes
		   && memcmp(address->byte, prefix->byte, whole) == 0
		   && (mask == 0
				   || ((address->byte[whole] ^ prefix->byte[whole]) & mask)
							  == 0);
}

static int bit_of(const address_t *address, int i)
{
	return address->byte[i / 8] >> (7 - i % 8) & 1;
}

int address_write_bits(const address_t *address, int bits, char *text)
{
	int i;

	text[0] = address->bytes == 4 ? '4' : '6';
	for(i = 0; i < bits; i++)
		text[i + 1] = (char)('0' + bit_of(address, i));
	return bits + 1;
}

int address_common_bits(const address_t *a, const address_t *b)
{
	int i = 0;

	while(i < 8 * a->bytes && bit_of(a, i) == bit_of(b, i))
		i++;
	return i;
}

bool prefix_read(const str *text, address_t *prefix, int *bits)
{
	const char *slash = text->len > 0 ? memchr(text->s, '/', text->len) : NULL;
	str base = *text;
	int i;

	if(slash == NULL)
		return false;
	base.len = (int)(slash - text->s);
	*bits = 0;
	i = base.len + 1;
	if(i == text->len || text->len - i > 3)
		return false;
	for(; i < text->len; i++) {
		if(!is_digit(text->s[i]))
			return false;
		*bits = 10 * *bits + (text->s[i] - '0');
	}
	return address_read(&base, prefix) && *bits <= 8 * prefix->bytes;
}

bool address_is_global(const address_t *address)
{
	static const char *const apart[] = {"0.0.0.0/8", "10.0.0.0/8",
			"100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12",
			"192.0.0.0/24", "192.0.2.0/24", "192.168.0.0/16", "198.18.0.0/15",
			"198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/3", "::/8",
			"100::/64", "2001:db8::/32", "fc00::/7", "fe80::/10", "ff00::/8"};
	size_t i;

	for(i = 0; i < sizeof(apart) / sizeof(apart[0]); i++) {
		str text = {(char *)apart[i], (int)strlen(apart[i])};
		address_t prefix;
		int bits;

		if(prefix_read(&text, &prefix, &bits)
				&& address_has_prefix(address, &prefix, bits))
			return false;
	}
	return true;
}
