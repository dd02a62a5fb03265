/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sip/header_name.h"

#include "text/ascii.h"

/* The registry of header fields of SIP at IANA. */
static const struct
{
	char compact;
	const char *name;
} compact_names[] = {
		{'a', "Accept-Contact"},
		{'b', "Referred-By"},
		{'c', "Content-Type"},
		{'d', "Request-Disposition"},
		{'e', "Content-Encoding"},
		{'f', "From"},
		{'i', "Call-ID"},
		{'j', "Reject-Contact"},
		{'k', "Supported"},
		{'l', "Content-Length"},
		{'m', "Contact"},
		{'o', "Event"},
		{'r', "Refer-To"},
		{'s', "Subject"},
		{'t', "To"},
		{'u', "Allow-Events"},
		{'v', "Via"},
		{'x', "Session-Expires"},
		{'y', "Identity"},
};

/* These headers identify the request on its way, or belong to the proxy. To is here
 * because the word means a destination in a dial plan. */
static const char *const reserved[] = {"From", "To", "Call-ID", "CSeq", "Via",
		"Route", "Record-Route", "Contact", "Max-Forwards", "Content-Length"};

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

/* RFC 3261 section 25.1, token. */
static bool is_token_char(char c)
{
	return is_letter(c) || is_digit(c) || is_one_of(c, "-.!%*_+`'~");
}

bool header_name_is_valid(const str *name)
{
	int i;

	for(i = 0; i < name->len; i++) {
		if(!is_token_char(name->s[i]))
			return false;
	}
	return name->len > 0;
}

str header_name_long(const str *name)
{
	str found = *name;
	size_t i;

	if(name->len != 1)
		return found;
	for(i = 0; i < COUNT(compact_names); i++) {
		if((name->s[0] | 0x20) == compact_names[i].compact) {
			found = str_of(compact_names[i].name);
		}
	}
	return found;
}

bool header_name_equal(const str *a, const str *b)
{
	str long_a = header_name_long(a);
	str long_b = header_name_long(b);

	return str_equal_nocase(&long_a, &long_b);
}

bool header_name_is_reserved(const str *name)
{
	size_t i;

	for(i = 0; i < COUNT(reserved); i++) {
		str it = str_of(reserved[i]);

		if(header_name_equal(name, &it))
			return true;
	}
	return false;
}
