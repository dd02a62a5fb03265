/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sip/response.h"

#include <stddef.h>

#include "sip/header_line.h"
#include "text/ascii.h"

/* The registry of response codes of SIP at IANA. */
static const struct
{
	int code;
	const char *phrase;
} phrases[] = {
		{400, "Bad Request"},
		{401, "Unauthorized"},
		{402, "Payment Required"},
		{403, "Forbidden"},
		{404, "Not Found"},
		{405, "Method Not Allowed"},
		{406, "Not Acceptable"},
		{407, "Proxy Authentication Required"},
		{408, "Request Timeout"},
		{410, "Gone"},
		{413, "Request Entity Too Large"},
		{414, "Request-URI Too Long"},
		{415, "Unsupported Media Type"},
		{416, "Unsupported URI Scheme"},
		{420, "Bad Extension"},
		{421, "Extension Required"},
		{423, "Interval Too Brief"},
		{433, "Anonymity Disallowed"},
		{480, "Temporarily Unavailable"},
		{481, "Call/Transaction Does Not Exist"},
		{482, "Loop Detected"},
		{483, "Too Many Hops"},
		{484, "Address Incomplete"},
		{485, "Ambiguous"},
		{486, "Busy Here"},
		{487, "Request Terminated"},
		{488, "Not Acceptable Here"},
		{491, "Request Pending"},
		{493, "Undecipherable"},
		{500, "Server Internal Error"},
		{501, "Not Implemented"},
		{502, "Bad Gateway"},
		{503, "Service Unavailable"},
		{504, "Server Time-out"},
		{505, "Version Not Supported"},
		{513, "Message Too Large"},
		{580, "Precondition Failure"},
		{600, "Busy Everywhere"},
		{603, "Decline"},
		{604, "Does Not Exist Anywhere"},
		{606, "Not Acceptable"},
		{607, "Unwanted"},
		{608, "Rejected"},
};

bool response_is_negative(int code)
{
	return code >= 300 && code <= 699;
}

bool response_is_redirect(int code)
{
	return code >= 300 && code <= 399;
}

static bool tells_how_to_ask(int code)
{
	return code == 401 || code == 407 || code == 415 || code == 420
		   || code == 484;
}

int response_rank(int code)
{
	switch(code / 100) {
		case 6:
			return code - 600;
		case 3:
			return code;
		case 4:
			return tells_how_to_ask(code) ? code : code + 100;
		case 5:
			return code + 100;
		default: /* there is no such class */
			return code + 1000;
	}
}

int response_split(const fragment_t *text, fragment_t *phrase)
{
	fragment_t code;
	int number = 0;
	int i;

	*phrase = *text;
	if(!fragment_next_word(phrase, &code) || code.text.len != 3)
		return -1;
	*phrase = fragment_trim(phrase);
	for(i = 0; i < code.text.len; i++) {
		if(!is_digit(code.text.s[i]))
			return -1;
		number = 10 * number + (code.text.s[i] - '0');
	}
	return number >= RESPONSE_OWN_MIN && number <= RESPONSE_OWN_MAX ? number
																	: -1;
}

bool response_is_phrase(const str *text)
{
	int i;

	for(i = 0; i < text->len; i++) {
		if((unsigned char)text->s[i] < 0x20 || text->s[i] == 0x7f)
			return false;
	}
	return text->len > 0 && text->len <= RESPONSE_PHRASE_BYTES_MAX;
}

const char *response_phrase(int code)
{
	size_t i;

	for(i = 0; i < sizeof(phrases) / sizeof(phrases[0]); i++) {
		if(phrases[i].code == code)
			return phrases[i].phrase;
	}
	/* the code is not defined, but its class is */
	return code < 500	? "Request Failure"
		   : code < 600 ? "Server Failure"
						: "Global Failure";
}

unsigned response_retry_after(const str *value)
{
	unsigned seconds = 0;
	int i = 0;

	while(i < value->len && (value->s[i] == ' ' || value->s[i] == '\t'))
		i++;
	if(i == value->len || value->s[i] < '0' || value->s[i] > '9')
		return 0;
	for(; i < value->len && value->s[i] >= '0' && value->s[i] <= '9'; i++) {
		seconds = 10 * seconds + (unsigned)(value->s[i] - '0');
		if(seconds > RESPONSE_RETRY_AFTER_MAX)
			seconds = RESPONSE_RETRY_AFTER_MAX;
	}
	while(i < value->len && strchr(" \t\r\n", value->s[i]) != NULL)
		i++;
	return i == value->len || value->s[i] == '(' || value->s[i] == ';' ? seconds
																	   : 0;
}

unsigned response_find_retry_after(const str *message)
{
	static const str name = {"Retry-After", 11};
	str rest = *message;
	unsigned seconds = 0;
	str value;

	while(seconds == 0 && header_line_next(&rest, &name, &value))
		seconds = response_retry_after(&value);
	return seconds;
}
