/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sip/sip_uri.h"

#include <arpa/inet.h>
#include <string.h>
#include <strings.h>

#include "text/ascii.h"

static bool is_unreserved(char c)
{
	return is_digit(c) || is_letter(c) || is_one_of(c, "-_.!~*'()");
}

bool sip_uri_is_user_char(char c)
{
	return is_unreserved(c) || is_one_of(c, "&=+$,;?/");
}

bool sip_uri_is_param_char(char c)
{
	return is_unreserved(c) || is_one_of(c, "[]/:&+$");
}

bool sip_uri_is_host_char(char c)
{
	return is_digit(c) || is_letter(c) || is_one_of(c, ".-_");
}

static bool is_escape(const char *at, const char *end)
{
	return end - at >= 3 && at[0] == '%' && hex_value(at[1]) >= 0
		   && hex_value(at[2]) >= 0;
}

/* the first offset in [from, end) whose character is one of set, else end */
static int find_one_of(const str *text, int from, int end, const char *set)
{
	while(from < end && !is_one_of(text->s[from], set))
		from++;
	return from;
}

static str slice(const str *text, int from, int end)
{
	str part = {text->s + from, end - from};

	return part;
}

/* The offset of the first character that is neither allowed nor a valid
 * %HH escape; -1 if there is none. */
static int first_foreign(const str *text, int from, int end,
		bool (*is_allowed)(char c), const char *also_allowed)
{
	int i;

	for(i = from; i < end; i++) {
		if(text->s[i] == '%') {
			if(!is_escape(text->s + i, text->s + end))
				return i;
			i += 2;
		} else if(!is_allowed(text->s[i])
				  && !is_one_of(text->s[i], also_allowed)) {
			return i;
		}
	}
	return -1;
}

static const char *parse_user(const str *text, int from, int end, int *at)
{
	if(from == end) {
		*at = from;
		return "there is no user part before the @";
	}
	*at = first_foreign(text, from, end, sip_uri_is_user_char, ":");
	if(*at >= 0)
		return text->s[*at] == '%'
					   ? "a percent sign in a user part is followed by two "
						 "hexadecimal digits"
					   : "this character is not allowed in a user part, "
						 "write it as %HH";
	return NULL;
}

static bool is_address(int family, const char *s, int len)
{
	unsigned char address[sizeof(struct in6_addr)];
	char text[INET6_ADDRSTRLEN];

	if(len <= 0 || len >= (int)sizeof(text))
		return false;
	memcpy(text, s, len);
	text[len] = '\0';
	return inet_pton(family, text, address) == 1;
}

/* Read a host that begins at offset `from`; *end is set to the offset behind it. */
static const char *parse_host(
		const str *text, int from, int *end, str *host, int *at)
{
	bool is_numeric = true;
	int i;

	*at = from;
	if(from < text->len && text->s[from] == '[') {
		i = find_one_of(text, from, text->len, "]");
		if(i == text->len)
			return "the bracket of this IPv6 address is not closed";
		if(!is_address(AF_INET6, text->s + from + 1, i - from - 1))
			return "this is no IPv6 address";
		*end = i + 1;
		*host = slice(text, from, *end);
		return NULL;
	}
	for(i = from; i < text->len && sip_uri_is_host_char(text->s[i]); i++) {
		if(!is_digit(text->s[i]) && text->s[i] != '.')
			is_numeric = false;
	}
	if(i == from)
		return "there is no host";
	if(i < text->len && !is_one_of(text->s[i], ":;?/")) {
		*at = i;
		return "this character is not allowed in a host";
	}
	/* 1.2.3 and 300.1.1.1 are mistakes, not names */
	if(is_numeric && memchr(text->s + from, '.', i - from) != NULL
			&& !is_address(AF_INET, text->s + from, i - from))
		return "this is no IPv4 address";
	if(is_one_of(text->s[from], ".-"))
		return "a host name begins with a letter or a digit";
	*end = i;
	*host = slice(text, from, i);
	return NULL;
}

static const char *parse_port(
		const str *text, int from, int *end, str *port, int *at)
{
	int i = from;

	while(i < text->len && is_digit(text->s[i]))
		i++;
	*at = from;
	if(i == from)
		return "a port is a number from 1 to 65535 (an IPv6 address stands in "
			   "brackets)";
	if(i < text->len && !is_one_of(text->s[i], ";?/")) {
		*at = i;
		return "a port is a number from 1 to 65535 (an IPv6 address stands in "
			   "brackets)";
	}
	*end = i;
	*port = slice(text, from, i);
	return NULL;
}

/* Cut off the next parameter, its name and its value. */
static bool next_param(str *rest, str *name, str *value)
{
	int end, equals;

	if(rest->len <= 0)
		return false;
	end = find_one_of(rest, 0, rest->len, ";");
	equals = find_one_of(rest, 0, end, "=");
	*name = slice(rest, 0, equals);
	*value =
			equals < end ? slice(rest, equals + 1, end) : slice(rest, end, end);
	*rest = end < rest->len ? slice(rest, end + 1, rest->len)
							: slice(rest, end, end);
	return true;
}

/* Read the next character. An escape is read as the character that it stands for,
 * except for the reserved characters (RFC 2396): these differ from their escapes. */
static int next_char(const char **at, const char *end)
{
	const char *s = *at;
	int c;

	if(!is_escape(s, end)) {
		*at = s + 1;
		return (unsigned char)*s;
	}
	*at = s + 3;
	c = hex_value(s[1]) * 16 + hex_value(s[2]);
	return is_one_of((char)c, ";/?:@&=+$,") ? 256 + c : c;
}

static int lower(int c)
{
	return c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c;
}

static bool equal_escaped(const str *a, const str *b, bool ignores_case)
{
	const char *at_a = a->s, *end_a = at_a;
	const char *at_b = b->s, *end_b = at_b;

	if(a->len == 0 || b->len == 0) /* s may be NULL */
		return a->len == b->len;
	end_a += a->len;
	end_b += b->len;
	while(at_a < end_a && at_b < end_b) {
		int c_a = next_char(&at_a, end_a);
		int c_b = next_char(&at_b, end_b);

		if(c_a != c_b && !(ignores_case && lower(c_a) == lower(c_b)))
			return false;
	}
	return at_a == end_a && at_b == end_b;
}

static bool equal_param(const str *a, const str *b)
{
	return equal_escaped(a, b, true);
}

/* name[=value] *(;name[=value]) in [from, end) */
static const char *parse_params(const str *text, int from, int end, int *at)
{
	int next;

	for(; from <= end; from = next + 1) {
		int equals;

		next = find_one_of(text, from, end, ";");
		equals = find_one_of(text, from, next, "=");
		*at = from;
		if(equals == from)
			return "there is a semicolon without a parameter behind it";
		*at = first_foreign(text, from, equals, is_unreserved, "[]:&+$");
		if(*at >= 0)
			return "this character is not allowed in the name of a parameter";
		if(equals == next)
			continue;
		*at = equals + 1;
		if(equals + 1 == next)
			return "there is no value behind the equals sign of this parameter";
		*at = first_foreign(text, equals + 1, next, sip_uri_is_param_char, "");
		if(*at >= 0)
			return "this character is not allowed in a parameter, write it as "
				   "%HH";
	}
	return NULL;
}

/* A parameter stands in a URI only once (RFC 3261 section 19.1.1). With two, nobody
 * knows which one is meant. */
static const char *check_repeated(const str *text, const str *params, int *at)
{
	str rest = *params;
	str name, value;

	while(next_param(&rest, &name, &value)) {
		str behind = rest;
		str other;

		while(next_param(&behind, &other, &value)) {
			if(!equal_param(&name, &other))
				continue;
			*at = (int)(other.s - text->s);
			return "this parameter stands in the URI a second time";
		}
	}
	return NULL;
}

/* maddr replaces the host, so it is checked like a host. */
static const char *check_maddr(const str *text, const uri_parts_t *uri, int *at)
{
	str value, host;
	int begin, end;

	if(!sip_uri_param(uri, "maddr", &value))
		return NULL;
	begin = (int)(value.s - text->s);
	if(parse_host(text, begin, &end, &host, at) == NULL
			&& host.len == value.len)
		return NULL;
	*at = begin;
	return "maddr is a host name or an address";
}

/* Check the length and the characters of the whole URI. */
static const char *check_text(const str *text, int *at)
{
	*at = 0;
	if(text->len > SIP_URI_BYTES_MAX)
		return "a URI is at most 1023 bytes long";
	for(; *at < text->len; (*at)++) {
		unsigned char c = (unsigned char)text->s[*at];

		if(c <= 0x20 || c == 0x7f)
			return "there is no room for blanks and control characters in a "
				   "URI, write them as %HH";
	}
	return NULL;
}

bool sip_uri_is_sips(const str *text)
{
	return text->len >= 5 && strncasecmp(text->s, "sips:", 5) == 0;
}

static const char *parse_scheme(
		const str *text, int *end, bool *is_sips, int *at)
{
	*at = 0;
	*is_sips = sip_uri_is_sips(text);
	if(!*is_sips && (text->len < 4 || strncasecmp(text->s, "sip:", 4) != 0))
		return "a destination begins with sip: or sips:";
	*end = *is_sips ? 5 : 4;
	return NULL;
}

/* Read the parameters and headers behind host and port. */
static const char *parse_rest(
		const str *text, int end, uri_parts_t *uri, int *at)
{
	const char *fault = NULL;
	int begin = end + 1;

	if(end < text->len && text->s[end] == ';') {
		end = find_one_of(text, begin, text->len, "?");
		fault = parse_params(text, begin, end, at);
		uri->params = slice(text, begin, end);
		if(fault == NULL)
			fault = check_repeated(text, &uri->params, at);
		if(fault == NULL)
			fault = check_maddr(text, uri, at);
	}
	if(fault == NULL && end < text->len && text->s[end] == '?') {
		uri->headers = slice(text, end + 1, text->len);
		end = text->len;
	}
	if(fault == NULL && end < text->len) {
		*at = end;
		fault = "this does not belong to a URI";
	}
	return fault;
}

const char *sip_uri_parse(const str *text, uri_parts_t *uri, int *at)
{
	const char *fault;
	int at_sign, end;

	memset(uri, 0, sizeof(*uri));
	fault = check_text(text, at);
	if(fault == NULL)
		fault = parse_scheme(text, &end, &uri->is_sips, at);
	if(fault != NULL)
		return fault;
	at_sign = find_one_of(text, end, text->len, "@");
	if(at_sign < text->len) {
		fault = parse_user(text, end, at_sign, at);
		if(fault != NULL)
			return fault;
		uri->user = slice(text, end, at_sign);
		end = at_sign + 1;
	}
	fault = parse_host(text, end, &end, &uri->host, at);
	if(fault == NULL && end < text->len && text->s[end] == ':')
		fault = parse_port(text, end + 1, &end, &uri->port, at);
	return fault == NULL ? parse_rest(text, end, uri, at) : fault;
}

int sip_uri_port(const uri_parts_t *uri)
{
	int port = 0;
	int i;

	if(uri->port.len == 0)
		return 0;
	for(i = 0; i < uri->port.len; i++) {
		port = port * 10 + (uri->port.s[i] - '0');
		if(port > 65535)
			return -1;
	}
	return port == 0 ? -1 : port;
}

bool sip_uri_param(const uri_parts_t *uri, const char *name, str *value)
{
	str wanted = str_of(name);
	str rest = uri->params;
	str found, its_value;

	while(next_param(&rest, &found, &its_value)) {
		if(str_equal_nocase(&found, &wanted)) {
			if(value != NULL)
				*value = its_value;
			return true;
		}
	}
	return false;
}

/* Parameters that both URIs have must be equal. Among those that only one URI has,
 * five make a difference. This looks at the parameters of a; the caller asks twice. */
static bool params_agree(const uri_parts_t *a, const uri_parts_t *b)
{
	static const char *const counting[] = {
			"user", "ttl", "method", "maddr", "transport"};
	str rest = a->params;
	str name, value, other;
	size_t i;

	while(next_param(&rest, &name, &value)) {
		str rest_b = b->params;
		str name_b;
		bool found = false;

		while(!found && next_param(&rest_b, &name_b, &other))
			found = equal_param(&name, &name_b);
		if(found && !equal_param(&value, &other))
			return false;
		if(found)
			continue;
		for(i = 0; i < sizeof(counting) / sizeof(counting[0]); i++) {
			str counts = str_of(counting[i]);

			if(equal_param(&name, &counts))
				return false;
		}
	}
	return true;
}

bool sip_uri_equal(const uri_parts_t *a, const uri_parts_t *b)
{
	return a->is_sips == b->is_sips && equal_escaped(&a->user, &b->user, false)
		   && str_equal_nocase(&a->host, &b->host)
		   && sip_uri_port(a) == sip_uri_port(b) && params_agree(a, b)
		   && params_agree(b, a);
}

bool sip_host_is_address(const str *host)
{
	int i;

	if(host->len > 0 && host->s[0] == '[')
		return true;
	for(i = 0; i < host->len; i++) {
		if(!is_digit(host->s[i]) && host->s[i] != '.')
			return false;
	}
	return true;
}

str sip_uri_user(const str *text)
{
	static const char tel[] = "tel:";
	int len = (int)sizeof(tel) - 1;
	str user = {text->s, 0};
	uri_parts_t parts;
	int at;

	if(text->len > len && strncasecmp(text->s, tel, len) == 0) {
		user.s += len;
		user.len = text->len - len;
	} else if(sip_uri_parse(text, &parts, &at) == NULL && parts.user.len > 0) {
		user = parts.user;
	}
	return user;
}
