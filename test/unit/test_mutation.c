/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Valid texts, damaged at random, and plans and requests made at random. The random
 * numbers are the same in each run, so that a failure can be repeated. */
#include <string.h>

#include "dialplan/pattern.h"
#include "properties.h"
#include "suites.h"
#include "support.h"

#define ROUNDS 600
#define BYTES_MAX 1024

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
		{property_dialplan,
				"[Rule out]\n[Matching Patterns]\n$request = ^INVITE "
				"sip:9(.+)@\n"
				"From = !anonymous|(x)\n$pv($xavp(a=>b)) = (\\d+)\n&seg = a\n"
				"[Deploy Patterns]\nTo = sip:%1@%3;p=%2\n$continue = yes\n"
				"$session = failover sip:%{1}@h:5%3 sip:a%%%1@[::1]/TLS\n"
				"X-A = %1 %% %2\nSubject =\n$seg = %3\n[Deploy Patterns]\n"
				"$action = 404 No %% here\n"},
		{property_match,
				"[Matching Patterns]\n$request = ^INVITE sip:9(.+)@\n"
				"From = !anonymous\nX-A = ^(gold|silver)$\n"
				"[Deploy Patterns]\nTo = sip:%1@gw.example.com;x=%2\n"
				"$seg = %2-%1\n$continue = true\nX-B = <%1>\n"
				"[Matching Patterns]\n&seg = ^gold-5\n[Deploy Patterns]\n"
				"$session = failover sip:%%41@b sip:c/TCP\n$continue = on\n"
				"[Matching Patterns]\n$addr = 10\\.0\n$port=50(.)(.)\n"
				"[Deploy Patterns]\n$action = 480 %1 %2\n"
				"\x1e$request: INVITE sip:9555@example.com SIP/2.0\n"
				"From: <sip:100@h>\nX-A: bronze\nX-A: gold\n$addr: 10.0.0.1\n"
				"$port: 5060\n&seg: none"},
		{property_match,
				"[Matching Pattern]\nTo = (a+)+$\n$localhost = true\n"
				"[Deploy Patterns]\n[Matching Patterns]\nVia = !a|b?(c)\n"
				"$pv($au) = ^.{0,3}$\n$outbound=\\Qtrue\\E|(?i)FALSE\n"
				"[Deploy Pattern:]\n$transport = TCP\n&x = %1\n"
				"\x1eTo: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab\n$outbound: True\n"
				"Via: x\n$localhost?\nVia: y"},
		{property_match,
				"[Matching Patterns]\nTo = sip:(.+)@(.*)>\n"
				"$registered(\"sip:%1@h\") = true\n"
				"$addrPrefix(\"10.0.0.0/8\") = true\n"
				"$localhost(\"%2\") = (false)\n[Deploy Patterns]\n"
				"To = sip:%1@gw;x=%3\n[Matching Patterns]\n"
				"$addrRange(\"10.0.0.1\",\"10.9.0.1\",$geturi(Contact))=true\n"
				"$getSIPuser(\"sip:%%%{1}@h\") = (.)\n[Deploy Patterns]\n"
				"\x1eTo: <sip:100@ours>\n$addr: 10.0.0.1\nown: other\n"
				"registered: sip:100@h\nContact: <sip:1@10.1.1.1>"},
		{property_argument, "a b,c@evil.example;maddr={\r\n?x=\"%41"},
		{property_argument, "ours.example"},
		{property_argument, "[2001:db8::1]"},
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
		{property_destination, "sip:a@h;$0=$1|maddr|x"},
		{property_destination, "sip:a@h;x=$0;$1;tr$(2)rt=tcp|lr|x"},
		{property_destination, "sip:gw.example.com:5070;lr/TLS|x|*21#:@%4"},
};

static unsigned random_state;

static unsigned random_below(unsigned limit)
{
	random_state = random_state * 1664525u + 1013904223u;
	return (random_state >> 8) % limit;
}

/* Damage a text once: change, remove or insert a byte, or repeat a piece. */
static size_t damage(char *bytes, size_t size)
{
	static const char telling[] =
			"@:;?/{}[]='|%$ \t\r\n\0,<>\"!&0.()*+?^-\\#\x7f\xc3\x1e";
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

/* -- plans at random ------------------------------------------------------ */

#define PLANS_EACH 60

static const char *one_of(const char *const *words, int count)
{
	return words[random_below((unsigned)count)];
}

/* An expression of few letters, so that it sometimes matches. */
static void add_pattern(char *text, size_t size, int depth)
{
	static const char *const atoms[] = {"a", "b", "c", "abc", "ab", "bca",
			"cab", "aabb", ".", "[ab]", "[^c]", "\\.", "A", "(?:ab|ba)", "\\w",
			"\\bab", "a{2}", "\\Qa.b\\E", "(?i:aB)", "\\x61", "x?", "@", " "};
	static const char *const repeats[] = {"", "", "", "", "*", "+", "?", "{2}",
			"{0,1}", "{1,3}", "+?", "*?", "?+", "{0}", "{2,}"};
	static const char *const openings[] = {"(", "(?:", "(?=", "(?!", "(?<=a",
			"(?i)(", "(?>", "(?<n>", "(?|", "(?#a)("};
	int n = 1 + (int)random_below(4);

	while(n-- > 0) {
		unsigned kind = random_below(8);

		if(kind == 0 && depth > 0) {
			print(text, size, "%s", one_of(openings, ROWS(openings)));
			add_pattern(text, size, depth - 1);
			if(random_below(2)) {
				print(text, size, "|");
				add_pattern(text, size, depth - 1);
			}
			print(text, size, ")%s", one_of(repeats, ROWS(repeats)));
		} else {
			print(text, size, "%s%s", one_of(atoms, ROWS(atoms)),
					one_of(repeats, ROWS(repeats)));
		}
	}
}

static bool is_pattern(const char *text)
{
	str whole = {(char *)text, (int)strlen(text)};
	fragment_t fragment = fragment_of(&whole);
	diagnostics_t diagnostics = {0};
	pattern_t pattern;

	fragment = fragment_trim(&fragment);
	if(fragment.text.len == 0
			|| pattern_compile(&pattern, &fragment, "", NULL, &diagnostics) < 0)
		return false;
	pattern_destroy(&pattern);
	return true;
}

/* A random text may be an invalid condition; such a text is not added. */
static void add_condition(char *text, size_t size)
{
	static const char *const names[] = {"From", "To", "f", "$request", "$addr",
			"&v", "&w", "$pv($fU)", "X-A"};
	static const char *const begins[] = {"", "", "", "^", "!", "(?i)", "^(a)",
			"(?x) ", "(?m)^", "(*ANYCRLF)", "\\A", "!^"};

	char pattern[512];

	do {
		pattern[0] = '\0';
		print(pattern, sizeof(pattern), "%s", one_of(begins, ROWS(begins)));
		add_pattern(pattern, sizeof(pattern), 2);
		print(pattern, sizeof(pattern), "%s", random_below(8) == 0 ? "$" : "");
	} while(!is_pattern(pattern));
	print(text, size, "%s = %s\n", one_of(names, ROWS(names)), pattern);
}

static void add_rule(char *text, size_t size)
{
	static const char *const deploys[] = {"", "$v = ab\n", "&w = abc\n",
			"$v =\n&w = b a\n", "To = sip:a@h\n", "$action = 404\n",
			"X-A = abc\n"};
	int n = (int)random_below(4);

	if(n > 0)
		print(text, size, "[Matching Patterns]\n");
	while(n-- > 0)
		add_condition(text, size);
	print(text, size, "[Deploy Patterns]\n%s%s",
			random_below(4) > 0 ? "$continue = true\n" : "",
			one_of(deploys, ROWS(deploys)));
}

static void add_value(char *text, size_t size)
{
	static const char *const names[] = {"From", "To", "$request", "$addr", "&v",
			"&w", "$pv($fU)", "X-A", "X-A"};
	static const char letters[] = "aaabbbcccAB. x@";
	int n = (int)random_below(12);

	print(text, size, "%s: ", one_of(names, ROWS(names)));
	while(n-- > 0)
		print(text, size, "%c", letters[random_below(sizeof(letters) - 1)]);
	print(text, size, "\n");
}

/* With the index and without it, the same rules apply. */
START_TEST(finds_the_same_rules_with_and_without_index)
{
	static char plan[8192], both[16384];
	int round, n;

	random_state = 1000 + (unsigned)_i;
	for(round = 0; round < PLANS_EACH; round++) {
		plan[0] = '\0';
		for(n = 1 + (int)random_below(12); n > 0; n--)
			add_rule(plan, sizeof(plan));
		for(n = 0; n < 8; n++) {
			int values = (int)random_below(10);

			both[0] = '\0';
			print(both, sizeof(both), "%s\x1e", plan);
			while(values-- > 0)
				add_value(both, sizeof(both));
			property_match(both, strlen(both));
		}
	}
	ck_assert_int_eq(counting_live(), 0);
}
END_TEST

Suite *suite_mutation(void)
{
	Suite *suite = suite_create("mutation");
	TCase *tc = new_tcase("mutation");

	tcase_set_timeout(tc, 60);
	tcase_add_loop_test(tc, survives_damage, 0, ROWS(seeds));
	tcase_add_loop_test(tc, finds_the_same_rules_with_and_without_index, 0, 12);
	suite_add_tcase(suite, tc);
	return suite;
}
