/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sip/contact.h"

#include <strings.h>

#include "text/text.h"

/* Find a character outside of quoted strings and of angle brackets (or an angle
 * bracket itself).
 * @return its offset; the length of the text if there is none */
static int find(const str *text, int from, char wanted)
{
	bool in_quotes = false;
	bool in_brackets = false;
	int i;

	for(i = from; i < text->len; i++) {
		char c = text->s[i];

		if(in_quotes) {
			if(c == '\\')
				i++;
			else if(c == '"')
				in_quotes = false;
			continue;
		}
		if(c == wanted && !in_brackets)
			return i;
		if(c == '"' && !in_brackets)
			in_quotes = true;
		else if(c == '<')
			in_brackets = true;
		else if(c == '>')
			in_brackets = false;
	}
	return text->len;
}

static str part(const str *text, int from, int end)
{
	str cut = {text->s + from, end > from ? end - from : 0};

	return cut;
}

/* qvalue = ( "0" [ "." 0*3DIGIT ] ) / ( "1" [ "." 0*3("0") ] ) */
static int parse_q(const str *text)
{
	int q;
	int i;

	if(text->len < 1 || text->len > 5 || text->s[0] < '0' || text->s[0] > '1'
			|| (text->len > 1 && text->s[1] != '.'))
		return CONTACT_Q_MAX;
	q = text->s[0] - '0';
	for(i = 2; i < 5; i++) {
		char digit = i < text->len ? text->s[i] : '0';

		if(!is_digit(digit))
			return CONTACT_Q_MAX;
		q = q * 10 + (digit - '0');
	}
	return q > CONTACT_Q_MAX ? CONTACT_Q_MAX : q;
}

/* The q among the parameters behind an address. */
static int find_q(const str *params)
{
	int from, end;

	for(from = 0; from < params->len; from = end + 1) {
		str name, value;
		int equals;

		end = find(params, from, ';');
		name = part(params, from, end);
		equals = find(&name, 0, '=');
		value = str_trim(part(&name, equals + 1, name.len));
		name = str_trim(part(&name, 0, equals));
		if(name.len == 1 && strncasecmp(name.s, "q", 1) == 0)
			return parse_q(&value);
	}
	return CONTACT_Q_MAX;
}

/* One address: ["name"] <uri>;params, or uri;params, where the parameters are
 * those of the header (RFC 3261 section 20.10). */
static void parse_address(const str *text, contact_address_t *address)
{
	int open = find(text, 0, '<');
	int end;
	str params;

	if(open < text->len) {
		str inside = part(text, open + 1, text->len);

		for(end = 0; end < inside.len && inside.s[end] != '>'; end++)
			;
		/* without its closing bracket it is no address */
		address->uri = part(&inside, 0, end < inside.len ? end : 0);
		params = part(&inside, end + 1, inside.len);
	} else {
		end = find(text, 0, ';');
		address->uri = part(text, 0, end);
		params = part(text, end, text->len);
	}
	address->uri = str_trim(address->uri);
	address->q = find_q(&params);
}

bool contact_next(str *rest, contact_address_t *address)
{
	str text = *rest;
	int comma;

	for(;;) {
		text = str_trim(text);
		if(text.len == 0)
			return false;
		if(text.s[0] != ',')
			break;
		text = part(&text, 1, text.len);
	}
	comma = find(&text, 0, ',');
	*rest = part(&text, comma, text.len);
	text = str_trim(part(&text, 0, comma));
	parse_address(&text, address);
	return true;
}
