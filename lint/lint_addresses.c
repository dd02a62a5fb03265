/* SPDX-License-Identifier: GPL-2.0-or-later */
/* lint_addresses: checks of the conditions on addresses, ports and transports. */
#include "lint/lint.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "text/ascii.h"
#include "dialplan/literal.h"

/* -- addresses that match longer ones ----------------------------------- */

static bool is_address(const char *text)
{
	struct in_addr address;

	return inet_pton(AF_INET, text, &address) == 1;
}

/* Copy an expression without its anchors and backslashes.
 * @return false: the rest is too long for an address */
static bool plain_of(const str *regex, char *plain, size_t size)
{
	size_t len = 0;
	int i;

	for(i = 0; i < regex->len; i++) {
		char c = regex->s[i];
		bool is_anchor =
				(c == '^' && i == 0) || (c == '$' && i == regex->len - 1);

		if(is_anchor || c == '\\')
			continue;
		if(len == size - 1)
			return false;
		plain[len++] = c;
	}
	plain[len] = '\0';
	return true;
}

/* Find another address that a pattern matches: one more digit in front or behind. */
static bool find_other_address(lint_t *lint, const pattern_t *pattern,
		const char *address, char *other, size_t size)
{
	int digit, is_behind;

	for(is_behind = 1; is_behind >= 0; is_behind--) {
		for(digit = '0'; digit <= '9'; digit++) {
			str text;

			if(is_behind)
				snprintf(other, size, "%s%c", address, digit);
			else
				snprintf(other, size, "%c%s", digit, address);
			text = str_of(other);
			if(is_address(other) && lint_matches(lint, pattern, &text) == 1)
				return true;
		}
	}
	return false;
}

/* Write the expression that matches all addresses with the same first numbers as
 * this one. With all four numbers, it matches this address alone. */
static void prefix_regex(
		const char *address, int n_numbers, char *regex, size_t size)
{
	size_t len = 0;

	regex[len++] = '^';
	for(; *address != '\0' && n_numbers > 0 && len < size - 3; address++) {
		if(*address == '.') {
			n_numbers--;
			regex[len++] = '\\';
		}
		regex[len++] = *address;
	}
	if(n_numbers > 0)
		regex[len++] = '$';
	regex[len] = '\0';
}

/* Find an address in square brackets, as in a URI. In an expression the brackets
 * are a set of characters.
 * @return the text between the brackets; len 0: there is no such address */
static str address_in_brackets(const str *regex)
{
	str text = *regex;
	str inner = {text.s, 0};
	int separators = 0;
	int i;

	if(text.len > 0 && text.s[0] == '^') {
		text.s++;
		text.len--;
	}
	if(text.len > 0 && text.s[text.len - 1] == '$')
		text.len--;
	if(text.len < 4 || text.s[0] != '[' || text.s[text.len - 1] != ']')
		return inner;
	for(i = 1; i < text.len - 1; i++) {
		if(hex_value(text.s[i]) < 0 && !is_one_of(text.s[i], ":."))
			return inner;
		separators += is_one_of(text.s[i], ":.");
	}
	inner.s = text.s + 1;
	inner.len = separators >= 2 ? text.len - 2 : 0;
	return inner;
}

static void see_address(lint_t *lint, const condition_t *condition)
{
	const pattern_t *pattern = &condition->test->pattern;
	char address[32], other[40], exact[64];
	fragment_t value;
	str inner;

	if(condition->test->subject->kind == SUBJECT_ADDR) {
		inner = address_in_brackets(&pattern->text);
		value = condition_value(condition);
		if(inner.len > 0)
			diagnostics_warning(lint->diagnostics, &value,
					"[%.*s] is a set of characters, which nearly every address "
					"has one of: without the square brackets it would be the "
					"address",
					SHOWN(&value));
	}
	if(condition->test->subject->kind != SUBJECT_ADDR
			|| !plain_of(&pattern->text, address, sizeof(address))
			|| !is_address(address)
			|| !find_other_address(
					lint, pattern, address, other, sizeof(other)))
		return;
	value = condition_value(condition);
	prefix_regex(address, 4, exact, sizeof(exact));
	diagnostics_warning(lint->diagnostics, &value,
			"[%.*s] matches %s as well: %s%s would match the one address",
			SHOWN(&value), other, pattern->is_negated ? "!" : "", exact);
}

int lint_address_loose(lint_t *lint)
{
	return lint_visit_tests(lint, see_address);
}

/* -- what no address has in it ------------------------------------------ */

/* Can this be a number of an IPv4 address, or a part of one?
 * @param is_begun,is_ended the number begins, or ends, here; it does not continue
 *        outside of the text */
static bool may_be_number(const str *part, bool is_begun, bool is_ended)
{
	int number = 0;
	int i;

	if(part->len > 3 || (part->len == 0 && is_begun && is_ended))
		return false;
	for(i = 0; i < part->len; i++) {
		if(!is_digit(part->s[i]))
			return false;
		number = 10 * number + (part->s[i] - '0');
	}
	return number <= 255 && (!is_begun || part->len < 2 || part->s[0] != '0');
}

/* Can an IPv4 address contain this text, which has dots? */
static bool may_be_ipv4(const literal_t *literal)
{
	const str *text = &literal->text;
	str part = {text->s, 0};
	int n_dots = 0;
	int i;

	for(i = 0; i <= text->len; i++) {
		bool is_end = i == text->len;

		if(!is_end && text->s[i] != '.') {
			part.len++;
			continue;
		}
		if(!may_be_number(&part, n_dots > 0 || literal->is_anchored, !is_end))
			return false;
		n_dots += !is_end;
		part.s = text->s + i + 1;
		part.len = 0;
	}
	return n_dots <= 3;
}

/* Can the value of $addr contain this text? An IPv6 address can have capital
 * letters, and an IPv4 address at its end. */
static bool may_be_in_address(const literal_t *literal)
{
	const str *text = &literal->text;
	int i;

	for(i = 0; i < text->len; i++) {
		if(hex_value(text->s[i]) < 0 && !is_one_of(text->s[i], ".:"))
			return false;
	}
	return memchr(text->s, '.', text->len) == NULL
		   || memchr(text->s, ':', text->len) != NULL || may_be_ipv4(literal);
}

/* Does an expression match no address at all?
 * @return 1 yes, 0 not certain, -1 without memory */
static int matches_none(lint_t *lint, const str *regex)
{
	requirement_t *required;
	int i;

	if(literal_requirements(regex, lint->arena, &required) < 0)
		return -1;
	for(; required != NULL; required = required->next) {
		for(i = 0; i < required->n_literals; i++) {
			if(may_be_in_address(&required->literals[i]))
				break;
		}
		if(i == required->n_literals)
			return 1;
	}
	return 0;
}

/* How many numbers of an address belong to a network of this prefix length (/24);
 * -1: the network does not end behind a number. */
static int numbers_of(const char *bits)
{
	static const char *const known[] = {"8", "16", "24", "32"};
	int i;

	for(i = 0; i < 4; i++) {
		if(strcmp(bits, known[i]) == 0)
			return i + 1;
	}
	return -1;
}

/* Say what the author most likely meant. */
static void advise(const pattern_t *pattern, char *advice, size_t size)
{
	const char *mark = pattern->is_negated ? "!" : "";
	char plain[64], prefix[64];
	char *slash;
	int n_numbers;

	advice[0] = '\0';
	if(!plain_of(&pattern->text, plain, sizeof(plain)))
		return;
	slash = strchr(plain, '/');
	if(slash != NULL) {
		*slash = '\0';
		n_numbers = is_address(plain) ? numbers_of(slash + 1) : -1;
		prefix_regex(plain, n_numbers, prefix, sizeof(prefix));
		if(n_numbers > 0)
			snprintf(advice, size, "; %s%s would be %s/%s", mark, prefix, plain,
					slash + 1);
		else
			snprintf(advice, size,
					"; %s^172\\.(?:1[6-9]|2\\d|3[01])\\. would be "
					"172.16.0.0/12",
					mark);
	} else if(strchr(plain, '-') != NULL && strchr(plain, '[') == NULL) {
		snprintf(advice, size,
				"; %s^10\\.0\\.0\\.[1-9]$ would be 10.0.0.1 to 10.0.0.9", mark);
	}
}

int lint_address_never(lint_t *lint, const condition_t *condition)
{
	const pattern_t *pattern = &condition->test->pattern;
	char advice[192];
	fragment_t value;
	int result;

	if(condition->test->subject->kind != SUBJECT_ADDR)
		return 0;
	result = matches_none(lint, &pattern->text);
	if(result <= 0)
		return result;
	value = condition_value(condition);
	advise(pattern, advice, sizeof(advice));
	diagnostics_warning(lint->diagnostics, &value,
			"[%.*s] %s holds: the value is an IP address as in 192.0.2.1 or "
			"2001:db8::1, without brackets%s",
			SHOWN(&value), pattern->is_negated ? "always" : "never", advice);
	return 1;
}
