/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "text/duration.h"

#include "text/ascii.h"

/* milliseconds in one of a unit; 0 if there is no such unit */
static unsigned unit_ms(const fragment_t *unit)
{
	if(unit->text.len == 0 || fragment_is(unit, "s")
			|| fragment_is(unit, "sec"))
		return 1000;
	if(fragment_is(unit, "ms"))
		return 1;
	return 0;
}

int duration_parse(
		const fragment_t *text, unsigned *ms, diagnostics_t *diagnostics)
{
	unsigned long long number = 0;
	fragment_t unit;
	int digits;

	for(digits = 0; digits < text->text.len; digits++) {
		char c = text->text.s[digits];

		if(!is_digit(c))
			break;
		/* beyond the range it need not be exact, but must not wrap */
		if(number <= DURATION_MAX_MS)
			number = number * 10 + (unsigned)(c - '0');
	}
	unit = fragment_part(text, digits, text->text.len - digits);
	if(digits == 0 || unit_ms(&unit) == 0)
		return diagnostics_error(diagnostics, text,
				"[%.*s] is no duration: a whole number of seconds, or with a "
				"unit as in 30s, 30sec, 1500ms",
				SHOWN(text));
	if(unit.text.len == 0 && number * 1000 > DURATION_MAX_MS
			&& number <= DURATION_MAX_MS)
		return diagnostics_error(diagnostics, text,
				"[%.*s] is out of range: a duration is 100ms to 3600s; %.*sms "
				"would be milliseconds",
				SHOWN(text), SHOWN(text));
	number *= unit_ms(&unit);
	if(number < DURATION_MIN_MS || number > DURATION_MAX_MS)
		return diagnostics_error(diagnostics, text,
				"[%.*s] is out of range: a duration is 100ms to 3600s",
				SHOWN(text));
	*ms = (unsigned)number;
	return 0;
}
