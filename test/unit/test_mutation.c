/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Right texts, damaged at random: always in the same way, so that what fails
 * once fails again. */
#include <string.h>

#include "properties.h"
#include "suites.h"
#include "support.h"

#define ROUNDS 600
#define BYTES_MAX 512

static const struct
{
	void (*property)(const char *bytes, size_t size);
	const char *text;
} seeds[] = {
		{property_dialplan,
				"[Deploy Patterns]\nTo = sip:100@192.168.0.100/TCP\n"
				"$session = failover sip:a%%41@[::1]:5060;x=1/2 sips:gw "
				"sip:b{pattern='4,|5',inviting=5ms} current\n"
				"&failover.timer.inviting = 30\n$transport = tcp\n"},
		{property_dialplan, "\xef\xbb\xbf# x\r\n---\r\n[deploy pattern:]\r\n"
							"&failover.pattern.response = !4(0[48]|86)+?\r\n"
							"&failover.redirection = true\r\n"},
		{property_arguments,
				"sip:$0@10.0.0.$1:50$2;x=$3/TCP current{inviting=1}|"
				"timer.inviting=$0ms; pattern.response='4;''$$'\n"
				"attempts=$(a;b)|7"},
		{property_arguments, "sip:$$$(/{)@$1 sip:gw|ringing=stop|[::1]"},
		{property_uri,
				"sips:al%41ce:pw@[2001:db8::1]:5061;maddr=[::1];x=%41?h=%20"},
		{property_uri, "sip:h;transport=tcp;maddr=10.0.0.1;lr"},
		{property_destination,
				"sip:$0@h$1.example.com:5$2;p=$3;maddr=$4/sctp{pattern=4.{2}}|"
				"1%|x"},
		{property_destination, "sip:gw.example.com:5070;lr/TLS|x|*21#:@%4"},
};

static unsigned random_state;

static unsigned random_below(unsigned limit)
{
	random_state = random_state * 1664525u + 1013904223u;
	return (random_state >> 8) % limit;
}

/* One damage: a byte changed, taken out, put in, or a piece doubled. */
static size_t damage(char *bytes, size_t size)
{
	static const char telling[] = "@:;?/{}[]='|%$ \t\r\n\0,<>\"!&0.\x7f\xc3";
	size_t at = random_below((unsigned)size + 1);
	size_t len = 1 + random_below(8);
	char c = random_below(2) ? telling[random_below(sizeof(telling) - 1)]
							 : (char)random_below(256);

	switch(random_below(4)) {
		case 0:
			if(at < size)
				bytes[at] = c;
			return size;
		case 1:
			if(at + len > size)
				return size;
			memmove(bytes + at, bytes + at + len, size - at - len);
			return size - len;
		case 2:
			if(size == BYTES_MAX)
				return size;
			memmove(bytes + at + 1, bytes + at, size - at);
			bytes[at] = c;
			return size + 1;
		default:
			if(at + len > size || size + len > BYTES_MAX)
				return size;
			memmove(bytes + at + len, bytes + at, size - at);
			return size + len;
	}
}

START_TEST(survives_damage)
{
	char bytes[BYTES_MAX];
	int round;

	random_state = 1 + (unsigned)_i;
	for(round = 0; round < ROUNDS; round++) {
		size_t size = strlen(seeds[_i].text);
		unsigned damages = 1 + random_below(6);

		memcpy(bytes, seeds[_i].text, size);
		while(damages-- > 0)
			size = damage(bytes, size);
		seeds[_i].property(bytes, size);
	}
	ck_assert_int_eq(counting_live(), 0);
}
END_TEST

Suite *suite_mutation(void)
{
	Suite *suite = suite_create("mutation");
	TCase *tc = tcase_create("mutation");

	tcase_add_loop_test(tc, survives_damage, 0, ROWS(seeds));
	suite_add_tcase(suite, tc);
	return suite;
}
