/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ctl/value.h"

#include <arpa/inet.h>
#include <string.h>

#include "text/ascii.h"

bool value_is_one_line(const str *value)
{
	int i;

	for(i = 0; i < value->len; i++) {
		unsigned char c = (unsigned char)value->s[i];

		if((c < 0x20 && c != '\t') || c == 0x7f)
			return false;
	}
	return true;
}

static const char *const transports[] = {
		"UDP", "TCP", "TLS", "SCTP", "WS", "WSS"};

static int read_transport(arena_t *arena, str *value)
{
	fragment_t word = fragment_of(value);
	size_t i;

	(void)arena;
	for(i = 0; i < sizeof(transports) / sizeof(transports[0]); i++) {
		if(fragment_is(&word, transports[i])) {
			*value = str_of(transports[i]);
			return 0;
		}
	}
	return -1;
}

/* Write an address as the server does: without brackets, IPv6 in its short form (RFC
 * 5952). */
static int read_addr(arena_t *arena, str *value)
{
	unsigned char address[sizeof(struct in6_addr)];
	char text[INET6_ADDRSTRLEN];
	bool is_bracketed = value->len > 2 && value->s[0] == '['
						&& value->s[value->len - 1] == ']';
	int len = value->len - 2 * is_bracketed;
	int family = AF_INET6;
	str made;

	if(len <= 0 || len >= (int)sizeof(text))
		return -1;
	memcpy(text, value->s + is_bracketed, len);
	text[len] = '\0';
	if(!is_bracketed && inet_pton(AF_INET, text, address) == 1)
		family = AF_INET;
	else if(inet_pton(AF_INET6, text, address) != 1)
		return -1;
	if(inet_ntop(family, address, text, sizeof(text)) == NULL)
		return -1;
	made = str_of(text);
	return arena_copy(arena, &made, value);
}

static int read_port(arena_t *arena, str *value)
{
	long port = 0;
	int i;

	(void)arena;
	for(i = 0; i < value->len; i++) {
		if(!is_digit(value->s[i]) || port > 65535)
			return -1;
		port = port * 10 + (value->s[i] - '0');
	}
	return port >= 1 && port <= 65535 && value->s[0] != '0' ? 0 : -1;
}

static int read_truth(arena_t *arena, str *value)
{
	fragment_t word = fragment_of(value);

	(void)arena;
	if(fragment_is(&word, "true"))
		*value = str_of("true");
	else if(fragment_is(&word, "false"))
		*value = str_of("false");
	else
		return -1;
	return 0;
}

/* Read two digits at an offset. */
static int two_digits(const str *text, int offset)
{
	return (text->s[offset] - '0') * 10 + (text->s[offset + 1] - '0');
}

static int read_date(arena_t *arena, str *value)
{
	static const int days[] = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	int month, day, year;

	(void)arena;
	if(!subject_is_date(value))
		return -1;
	year = two_digits(value, 0) * 100 + two_digits(value, 2);
	month = two_digits(value, 5);
	day = two_digits(value, 8);
	if(month < 1 || month > 12 || day < 1 || day > days[month - 1])
		return -1;
	if(month == 2 && day == 29
			&& (year % 4 != 0 || (year % 100 == 0 && year % 400 != 0)))
		return -1;
	return 0;
}

static int read_time(arena_t *arena, str *value)
{
	(void)arena;
	if(!subject_is_time(value) || two_digits(value, 0) > 23
			|| two_digits(value, 3) > 59 || two_digits(value, 6) > 60)
		return -1;
	return 0;
}

static int read_text(arena_t *arena, str *value)
{
	(void)arena;
	return value_is_one_line(value) ? 0 : -1;
}

/* The reader for each kind of value, and the text that says which values are valid. */
static const struct
{
	int (*read)(arena_t *arena, str *value);
	const char *right;
} kinds[SUBJECT_KINDS] = {
		[SUBJECT_HEADER] = {read_text, "a text of one line"},
		[SUBJECT_REQUEST] = {read_text, "a text of one line"},
		[SUBJECT_ADDR] = {read_addr,
				"an IP address such as 192.0.2.1 or 2001:db8::1"},
		[SUBJECT_PORT] = {read_port, "a number from 1 to 65535"},
		[SUBJECT_TRANSPORT] = {read_transport,
				"one of UDP, TCP, TLS, SCTP, WS and WSS"},
		[SUBJECT_LOCALHOST] = {read_truth, "true or false"},
		[SUBJECT_LOCALHOST_OF] = {read_truth, "true or false"},
		[SUBJECT_OUTBOUND] = {read_truth, "true or false"},
		[SUBJECT_OUTBOUND_OF] = {read_truth, "true or false"},
		[SUBJECT_ADDR_PREFIX] = {read_truth, "true or false"},
		[SUBJECT_ADDR_RANGE] = {read_truth, "true or false"},
		[SUBJECT_GLOBAL_ADDR] = {read_truth, "true or false"},
		[SUBJECT_GETURI] = {read_text, "a text of one line"},
		[SUBJECT_GETUSER] = {read_text, "a text of one line"},
		[SUBJECT_REGISTERED] = {read_truth, "true or false"},
		[SUBJECT_REGISTERED_OF] = {read_truth, "true or false"},
		[SUBJECT_DATE] = {read_date, "a day as in 2030/12/24"},
		[SUBJECT_TIME] = {read_time, "a time as in 09:30:00"},
		[SUBJECT_VARIABLE] = {read_text, "a text of one line"},
		[SUBJECT_PV] = {read_text, "a text of one line"},
};

int value_read(subject_kind_t kind, str *value, arena_t *arena, reason_t *why)
{
	if(kinds[kind].read(arena, value) == 0)
		return 0;
	return reason_give(why, "[%.*s]: %s would be right", STR_FMT(value),
			kinds[kind].right);
}
