/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "dialplan/destination.h"
#include "suites.h"
#include "support.h"

#define NAME_50 "aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeee"
#define NAME_500                                                            \
	NAME_50 NAME_50 NAME_50 NAME_50 NAME_50 NAME_50 NAME_50 NAME_50 NAME_50 \
			NAME_50

#define NO_TRANSPORT "] is no transport: UDP, TCP, TLS or SCTP would be right"
#define NO_WEBSOCKET                                                       \
	"]: a server cannot open a WebSocket to a destination; UDP, TCP, TLS " \
	"or SCTP would be right"
#define NO_OPTION                                                      \
	"] is no option of a destination: inviting=SECONDS, "              \
	"provisional=SECONDS, ringing=SECONDS, pattern=REGEX, ruri=keep, " \
	"socket=NAME or hold=off would be right"
#define NO_NAME \
	"]: the name of a parameter must be written out, as in ;user=phone"
#define COME_LAST                                    \
	"] stands behind the options, which come last: " \
	"sip:100@192.0.2.1/TCP{inviting=5} would be right"
#define NO_PORT "] is no port: a number from 1 to 65535 would be right"

/* Marks as in support.h: $0 is a hole, $$ an escape. */
static const struct
{
	const char *title;
	const char *text;
	int len;
	const char *expected; /* as describe_destination() has it */
	const char *errors;
} words[] = {
		/* the form: URI[/TRANSPORT][{option=value,...}], or current */
		{"a URI", TEXT("sip:101@192.168.0.101"), "sip:101@192.168.0.101(UDP)",
				""},
		{"with a suffix", TEXT("sip:101@192.168.0.101/TCP"),
				"sip:101@192.168.0.101/TCP", ""},
		{"with options",
				TEXT("sip:a@h{inviting=5,provisional=1500ms,pattern=4..}"),
				"sip:a@h(UDP){timer.inviting=5000 timer.provisional=1500 "
				"pattern.response=100:400-499}",
				""},
		{"with both", TEXT("sip:a@h:5070;x=y/tls{inviting=5}"),
				"sip:a@h:5070;x=y/TLS{timer.inviting=5000}", ""},
		{"current", TEXT("current"), "current(UDP)", ""},
		{"current in capitals", TEXT("CURRENT"), "current(UDP)", ""},
		{"current with options", TEXT("current{inviting=1}"),
				"current(UDP){timer.inviting=1000}", ""},
		{"current takes no suffix", TEXT("current/TCP"), NULL,
				"1:9 [TCP]: current is sent to as the request itself says, and "
				"takes no transport: current alone would be right"},
		{"current takes none, also beside options",
				TEXT("Current/x{inviting=x}"), NULL,
				"1:9 [x]: current is sent to as the request itself says...\n"
				"1:20 [x] is no duration: ..."},
		{"a set of dispatcher", TEXT("ds:1"), "set 1, algorithm 0(UDP)", ""},
		{"with an algorithm and options", TEXT("ds:12/4{inviting=3}"),
				"set 12, algorithm 4(UDP){timer.inviting=3000}", ""},
		{"set 0", TEXT("ds:0/0"), "set 0, algorithm 0(UDP)", ""},
		{"the highest set", TEXT("ds:2147483647"),
				"set 2147483647, algorithm 0(UDP)", ""},
		{"a set above it", TEXT("ds:2147483648"), NULL,
				"1:1 [ds:2147483648] is no set of dispatcher: ..."},
		{"no set", TEXT("ds:"), NULL, "1:1 [ds:] is no set of dispatcher: ..."},
		{"no number", TEXT("ds:a/4"), NULL,
				"1:1 [ds:a/4] is no set of dispatcher: ..."},
		{"no algorithm", TEXT("ds:1/"), NULL,
				"1:1 [ds:1/] is no set of dispatcher: ..."},
		{"a transport in its place", TEXT("ds:1/TCP"), NULL,
				"1:1 [ds:1/TCP] is no set of dispatcher: ..."},
		{"all at once", TEXT("ds:1/12"), NULL,
				"1:1 [ds:1/12]: algorithm 12 of dispatcher sends to all "
				"gateways at once; another one would be right"},
		{"a set that a caller chooses", TEXT("ds:$0"), NULL,
				"1:1 [ds:$0]: a set of dispatcher must be written out..."},
		{"an option that is none", TEXT("ds:1{weight=3}"), NULL,
				"1:6 [weight" NO_OPTION},
		{"a word that begins so", TEXT("currently"), NULL,
				"1:1 [currently]: a destination begins with sip: or sips:"},

		/* the suffix */
		{"a suffix in any case", TEXT("sip:a@h/uDp"), "sip:a@h/UDP", ""},
		{"SCTP", TEXT("sip:a@h/sctp"), "sip:a@h/SCTP", ""},
		{"a misspelt transport", TEXT("sip:101@B/TPC"), NULL,
				"1:11 [TPC" NO_TRANSPORT},
		{"a misspelt transport behind a port", TEXT("sip:101@B:5060/TPC"), NULL,
				"1:16 [TPC" NO_TRANSPORT},
		{"a misspelt transport behind parameters", TEXT("sip:101@B;x=y;lr/TPC"),
				NULL, "1:18 [TPC" NO_TRANSPORT},
		{"a misspelt transport, the user has an equals sign",
				TEXT("sip:a=b@B/TPC"), NULL, "1:11 [TPC" NO_TRANSPORT},
		{"a slash alone", TEXT("sip:a@h/"), NULL, "1:9 [" NO_TRANSPORT},
		{"two slashes", TEXT("sip:a@h//TCP"), NULL,
				"1:8 [sip:a@h/]: this does not belong to a URI"},
		{"two suffixes", TEXT("sip:a@h/TCP/UDP"), NULL,
				"1:8 [sip:a@h/TCP]: this does not belong to a URI"},
		{"WS", TEXT("sip:a@h/WS"), NULL, "1:9 [WS" NO_WEBSOCKET},
		{"wss", TEXT("sip:a@h/wss"), NULL, "1:9 [wss" NO_WEBSOCKET},
		{"a slash in the user", TEXT("sip:a/b@h"), "sip:a/b@h(UDP)", ""},
		{"a transport in the user", TEXT("sip:a/TCP@h/UDP"), "sip:a/TCP@h/UDP",
				""},
		{"a slash in the value of a parameter", TEXT("sip:a@h;x=1/2"),
				"sip:a@h;x=1/2(UDP)", ""},
		{"a transport behind the value of a parameter", TEXT("sip:a@h;x=1/TCP"),
				"sip:a@h;x=1/TCP", ""},
		{"a slash in a value, and a suffix", TEXT("sip:a@h;x=1/2/TCP"),
				"sip:a@h;x=1/2/TCP", ""},

		/* the transport */
		{"by a parameter", TEXT("sip:a@h;transport=TCP"),
				"sip:a@h;transport=TCP/TCP", ""},
		{"by both alike", TEXT("sip:a@h;transport=tcp/TCP"),
				"sip:a@h;transport=tcp/TCP", ""},
		{"by suffix and parameter, different",
				TEXT("sip:a@h;transport=udp/TCP"), NULL,
				"1:23 /TCP contradicts ;transport=UDP of the same "
				"destination: one of them would be right"},
		{"by a parameter that is none", TEXT("sip:a@h;transport=tpc"), NULL,
				"1:19 [tpc" NO_TRANSPORT},
		{"by a parameter without value", TEXT("sip:a@h;transport"), NULL,
				"1:18 [" NO_TRANSPORT},
		{"by a WebSocket parameter", TEXT("sip:a@h;transport=ws"), NULL,
				"1:19 [ws" NO_WEBSOCKET},
		{"sips is TLS", TEXT("sips:a@h"), "sips:a@h/TLS", ""},
		{"sips with TLS", TEXT("sips:a@h/TLS"), "sips:a@h/TLS", ""},
		{"sips with ;transport=tcp is TLS over TCP",
				TEXT("sips:a@h;transport=tcp"), "sips:a@h;transport=tcp/TLS",
				""},
		{"sips with ;transport=tls", TEXT("sips:a@h;transport=tls/tls"),
				"sips:a@h;transport=tls/TLS", ""},
		{"sips over UDP", TEXT("sips:a@h/UDP"), NULL,
				"1:10 [UDP] contradicts sips:, which is always sent over TLS; "
				"sip: or /TLS would be right"},
		{"sips over TCP", TEXT("sips:a@h/TCP"), NULL,
				"1:10 [TCP] contradicts sips:, ..."},
		{"sips over SCTP", TEXT("sips:a@h/SCTP"), NULL,
				"1:10 [SCTP] contradicts sips:, ..."},
		{"sips with ;transport=udp", TEXT("sips:a@h;transport=udp"), NULL,
				"1:... [UDP] contradicts sips:, ..."},

		/* the URI */
		{"no user part", TEXT("sip:gw2.example.com"),
				"sip:gw2.example.com(UDP)", ""},
		{"IPv6", TEXT("sip:a@[2001:db8::1]:5070/TCP"),
				"sip:a@[2001:db8::1]:5070/TCP", ""},
		{"IPv6, not closed", TEXT("sip:a@[::1/TCP"), NULL,
				"1:7 [sip:a@[::1]: the bracket of this IPv6 address is not "
				"closed"},
		{"IPv6 with a zone", TEXT("sip:a@[fe80::1%eth0]"), NULL,
				"1:7 [sip:a@[fe80::1%eth0]]: this is no IPv6 address"},
		{"bare IPv6", TEXT("sip:a@2001:db8::1"), NULL,
				"1:12 [sip:a@2001:db8::1]: a port is a number from 1 to 65535 "
				"(an IPv6 address stands in brackets)"},
		{"port 0", TEXT("sip:a@h:0"), NULL, "1:9 [0" NO_PORT},
		{"port 65536", TEXT("sip:a@h:65536/TCP"), NULL, "1:9 [65536" NO_PORT},
		{"the highest port", TEXT("sip:a@h:65535"), "sip:a@h:65535(UDP)", ""},
		{"port 2^32 + 1", TEXT("sip:a@h:4294967297"), NULL,
				"1:9 [4294967297" NO_PORT},
		{"port -1", TEXT("sip:a@h:-1"), NULL,
				"1:9 [sip:a@h:-1]: a port is a number..."},
		{"port 5060x", TEXT("sip:a@h:5060x"), NULL,
				"1:13 [sip:a@h:5060x]: a port is a number..."},
		{"no port", TEXT("sip:a@h:/TCP"), NULL,
				"1:9 [sip:a@h:]: a port is a number..."},
		{"no scheme", TEXT("192.168.0.1"), NULL,
				"1:1 [192.168.0.1]: a destination begins with sip: or sips:"},
		{"tel", TEXT("tel:+4912"), NULL,
				"1:1 [tel:+4912]: a destination begins with sip: or sips:"},
		{"http, cut at its slash", TEXT("http://h"), NULL,
				"1:1 [http:/]: a destination begins with sip: or sips:"},
		{"angle brackets", TEXT("<sip:a@h>"), NULL,
				"1:1 [<sip:a@h>]: a destination stands without angle brackets"},
		{"a quote", TEXT("sip:\"a\"@h"), NULL,
				"1:5 [sip:\"a\"@h]: this character is not allowed in a user "
				"part, write it as %HH"},
		{"a comma", TEXT("sip:a@h,sip:b@i"), NULL,
				"1:8 [sip:a@h,sip:b@i]: a blank separates destinations, not a "
				"comma"},
		{"a comma behind a port", TEXT("sip:a@h:5060,"), NULL,
				"1:13 [sip:a@h:5060,]: a blank separates destinations, not a "
				"comma"},
		{"a comma behind a parameter", TEXT("sip:a@h;x=y,sip:b@i"), NULL,
				"1:12 [sip:a@h;x=y,sip:b@i]: a blank separates destinations, "
				"not a comma"},
		{"a comma in the user", TEXT("sip:a,b@h"), "sip:a,b@h(UDP)", ""},
		{"headers", TEXT("sip:a@h?Route=b"), NULL,
				"1:9 [?Route=b]: a destination takes no headers, remove them"},
		{"headers behind a suffix are none", TEXT("sip:a@h/TCP?x"), NULL,
				"1:9 [TCP?x" NO_TRANSPORT},
		{"empty headers", TEXT("sip:a@h?"), NULL,
				"1:9 [?]: a destination takes no headers, remove them"},
		{"NUL", TEXT("sip:a@h\0"), NULL,
				"1:8 [sip:a@h]: there is no room for blanks and control "
				"characters in a URI, write them as %HH"},
		{"CR LF", TEXT("sip:a@h\r\nX:y"), NULL,
				"1:8 [sip:a@h??X:y]: there is no room for blanks..."},
		{"an escaped CR LF stays", TEXT("sip:a%0d%0ab@h"),
				"sip:a%0d%0ab@h(UDP)", ""},
		{"too long", TEXT("sip:" NAME_500 NAME_500 "@" NAME_50), NULL,
				"1:1 a URI is at most 1023 bytes long"},
		{"long, and wrong: the reason still stands there",
				TEXT("sip:" NAME_500 NAME_50 "<@h"), NULL,
				"1:555 [sip:aaa...]: this character is not allowed in a user "
				"part, write it as %HH"},
		{"a user without a host", TEXT("sip:user@"), NULL,
				"1:1 [sip:user@] has no host; for a registered user call "
				"lookup(\"location\") before failover() and write no To, or, "
				"for one rule alone, write a domain of this server behind the "
				"@: the call comes back, and the script looks him up"},
		{"a maddr that is no host", TEXT("sip:a@h;maddr=b:1"), NULL,
				"1:15 [sip:a@h;maddr=b:1]: maddr is a host name or an "
				"address"},

		/* the options */
		{"names in any case, blanks",
				TEXT("sip:a@h{ Inviting = 5 , PATTERN=4 }"),
				"sip:a@h(UDP){timer.inviting=5000 "
				"pattern.response=157:304-694}",
				""},
		{"a brace within a value", TEXT("sip:a@h{pattern=4.{2}}"),
				"sip:a@h(UDP){pattern.response=100:400-499}", ""},
		{"a comma within brackets and braces",
				TEXT("sip:a@h{pattern=4[,0].{0,1},inviting=1}"),
				"sip:a@h(UDP){timer.inviting=1000 "
				"pattern.response=14:340-640}",
				""},
		{"a value in quotes", TEXT("sip:a@h{pattern='486|,|{|}',inviting=1}"),
				"sip:a@h(UDP){timer.inviting=1000 pattern.response=1:486-486}",
				""},
		{"a quote alone is a letter", TEXT("sip:a@h{socket='}"),
				"sip:a@h(UDP){socket='}", ""},
		{"a pattern without a code", TEXT("sip:a@h{pattern=18.}"), NULL,
				"1:17 [18.] matches no code from 300 to 699: negative replies "
				"have the codes 300 to 699, as in 408|5.."},
		{"an empty block", TEXT("sip:a@h{}"), NULL,
				"1:9 there is no option here: {inviting=5,provisional=20} "
				"would be right"},
		{"a blank block", TEXT("sip:a@h{ }"), NULL,
				"1:10 there is no option here: ..."},
		{"a comma at the end", TEXT("sip:a@h{inviting=5,}"), NULL,
				"1:20 there is no option here: ..."},
		{"two commas", TEXT("sip:a@h{inviting=5,,provisional=6}"), NULL,
				"1:20 there is no option here: ..."},
		{"an option twice", TEXT("sip:a@h{inviting=5,Inviting=5}"), NULL,
				"1:20 [Inviting] stands here a second time: once is "
				"right"},
		{"an option twice, with a bad value",
				TEXT("sip:a@h{inviting=5,inviting=x}"), NULL,
				"1:20 [inviting] stands here a second time: once is right\n"
				"1:29 [x] is no duration: ..."},
		{"an unknown option", TEXT("sip:a@h{weight=5}"), NULL,
				"1:9 [weight" NO_OPTION},
		{"a setting that is no option", TEXT("sip:a@h{redirection=true}"), NULL,
				"1:9 [redirection" NO_OPTION},
		{"an option without value", TEXT("sip:a@h{inviting}"), NULL,
				"1:9 [inviting" NO_OPTION},
		{"an option with an empty value", TEXT("sip:a@h{inviting=}"), NULL,
				"1:18 the option inviting has no value"},
		{"an option with empty quotes", TEXT("sip:a@h{pattern=''}"), NULL,
				"1:18 the option pattern has no value"},
		{"an option with a bad value", TEXT("sip:a@h{inviting=5x}"), NULL,
				"1:18 [5x] is no duration: ..."},
		{"a bad pattern", TEXT("sip:a@h{pattern=4(}"), NULL,
				"1:19 [4(] is no regular expression: ..."},
		{"a bad pattern in quotes", TEXT("sip:a@h{pattern='4('}"), NULL,
				"1:20 [4(] is no regular expression: ..."},
		{"a block that is not closed", TEXT("sip:a@h{inviting=5"), NULL,
				"1:8 this brace is not closed at the end of the destination: "
				"{inviting=5,provisional=20} would be right"},
		{"a block that is closed only within a mark",
				TEXT("sip:a@h{inviting=${x}"), NULL,
				"1:8 this brace is not closed at the end..."},
		{"a transport behind the block", TEXT("sip:a@h{inviting=5}/TCP"), NULL,
				"1:20 [/TCP" COME_LAST},
		{"a transport behind the block of current",
				TEXT("current{inviting=5}/TCP"), NULL, "1:20 [/TCP" COME_LAST},
		{"text behind the block", TEXT("sip:a@h{inviting=5}x$0"), NULL,
				"1:20 [x$0" COME_LAST},
		{"two blocks", TEXT("sip:a@h{inviting=5}{provisional=5}"), NULL,
				"1:18 [5}{provisional=5] is no duration: ..."},
		{"a brace in the user", TEXT("sip:a{b}@h"), NULL, "1:9 [@h" COME_LAST},
		{"a block alone", TEXT("{inviting=5}"), NULL,
				"1:1 [{inviting=5}]: options stand right behind their "
				"destination, without a blank: sip:100@192.0.2.1{inviting=5} "
				"would be right"},
		{"every fault of a destination is reported, in its order",
				TEXT("sip:a@h:0/TPC{inviting=x,weight=1,,provisional=0}"), NULL,
				"1:9 [0" NO_PORT "\n"
				"1:11 [TPC" NO_TRANSPORT "\n"
				"1:24 [x] is no duration: ...\n"
				"1:26 [weight" NO_OPTION "\n"
				"1:35 there is no option here: ...\n"
				"1:48 [0] is out of range: ..."},
		{"headers and a transport that is none",
				TEXT("sip:a@h;transport=tpc?x=y{inviting=x}"), NULL,
				"1:19 [tpc" NO_TRANSPORT "\n"
				"1:23 [?x=y]: a destination takes no headers, remove them\n"
				"1:36 [x] is no duration: ..."},

		/* holes */
		{"in the user", TEXT("sip:$0@h"), "sip:<0u>@h(UDP)", ""},
		{"in the host", TEXT("sip:a@$0/TCP"), "sip:a@<0h>/TCP", ""},
		{"in a host without user", TEXT("sip:$0"), "sip:<0h>(UDP)", ""},
		{"in a part of the host", TEXT("sip:a@$(long one).example.com"),
				"sip:a@<0h>.example.com(UDP)", ""},
		{"in an IPv4 address", TEXT("sip:a@10.0.$(network).$1"),
				"sip:a@10.0.<0h>.<1h>(UDP)", ""},
		{"in the port", TEXT("sip:a@h:$(a port)"), "sip:a@h:<0p>(UDP)", ""},
		{"in a part of the port", TEXT("sip:a@h:50$1"), "sip:a@h:50<1p>(UDP)",
				""},
		{"in the port behind an IPv6 address", TEXT("sip:a@[::1]:$0"),
				"sip:a@[::1]:<0p>(UDP)", ""},
		{"in a parameter", TEXT("sip:a@h;x=$0;y=a$1/TCP"),
				"sip:a@h;x=<0m>;y=a<1m>/TCP", ""},
		{"as parts of names with a colon", TEXT("sip:a@h;a:$0;a:$1"), NULL,
				"1:9 [a:$0" NO_NAME "\n1:14 [a:$1" NO_NAME},
		{"as names of parameters", TEXT("sip:a@h;$0;lr;$1/TCP"), NULL,
				"1:9 [$0" NO_NAME "\n1:15 [$1" NO_NAME},
		{"as a part of the name", TEXT("sip:a@h;ma$0=$1"), NULL,
				"1:9 [ma$0" NO_NAME},
		{"as a name, beside other faults",
				TEXT("sip:a@h:0;$(a name)/TPC{weight=1}"), NULL,
				"1:9 [0" NO_PORT "\n1:11 [$(a name)" NO_NAME
				"\n1:21 [TPC" NO_TRANSPORT "\n1:25 [weight" NO_OPTION},
		{"an escape in a name", TEXT("sip:a@h;a$$b=1"), "sip:a@h;a$b=1(UDP)",
				""},
		{"as the name of a parameter, twice", TEXT("sip:a@h;$0;$0"), NULL,
				"1:12 [sip:a@h;$0;$0]: this parameter stands in the URI a "
				"second time"},
		{"in an IPv6 address", TEXT("sip:[fe80::$0]"), NULL,
				"1:5 [sip:[fe80::$0]]: this is no IPv6 address"},
		{"a transport twice", TEXT("sip:a@h;transport=tcp;transport=udp"), NULL,
				"1:23 [...]: this parameter stands in the URI a second "
				"time"},
		{"in a maddr", TEXT("sip:a@h;maddr=10.0.0.$(last)"),
				"sip:a@h;maddr=10.0.0.<0h>(UDP)", ""},
		{"everywhere", TEXT("sip:$0@$1:$2;x=$3"),
				"sip:<0u>@<1h>:<2p>;x=<3m>(UDP)", ""},
		{"with slash, brace and @ in a mark", TEXT("sip:$(/TCP{@;:)@h"),
				"sip:<0u>@h(UDP)", ""},
		{"an escape", TEXT("sip:a$$b@h"), "sip:a$b@h(UDP)", ""},
		{"an escape where its character may not stand", TEXT("sip:a@h$$"), NULL,
				"1:9 [sip:a@h$$]: this character is not allowed in a host"},
		{"in the scheme", TEXT("$0:a@h"), NULL,
				"1:1 [$0:a@h]: a destination begins with sip: or sips:"},
		{"as the whole word", TEXT("$0"), NULL,
				"1:1 [$0]: a destination begins with sip: or sips:"},
		{"as the transport", TEXT("sip:a@h/$0"), NULL, "1:9 [$0" NO_TRANSPORT},
		{"as the transport parameter", TEXT("sip:a@h;transport=$0"), NULL,
				"1:19 [$0]: a transport must be written out, ;transport=tcp "
				"or /TCP"},
		{"in an option", TEXT("sip:a@h{inviting=$0}"), NULL,
				"1:18 [$0]: the options of a destination must be written "
				"out"},
		{"in headers", TEXT("sip:a@h?x=$0"), NULL,
				"1:9 [?x=$0]: a destination takes no headers, remove them"},
};

static destination_t *parse(
		const str *text, arena_t *arena, diagnostics_t *diagnostics)
{
	/* the destination keeps the marks */
	mark_t *marks = arena_alloc(arena, MARKS_MAX * sizeof(*marks));
	fragment_t word;

	if(marks == NULL) {
		diagnostics->errors++;
		return NULL;
	}
	word = marked(text, marks);
	return destination_parse(&word, arena, diagnostics);
}

START_TEST(reads_a_word)
{
	arena_t *arena = small_arena();
	str text = exact(words[_i].text, words[_i].len);
	collector_t collector;
	destination_t *destination;
	char found[2048] = "";

	collector_init(&collector);
	destination = parse(&text, arena, &collector.diagnostics);
	expect_reported(words[_i].title, &collector, words[_i].errors);
	ck_assert_int_eq(destination == NULL, words[_i].expected == NULL);
	if(destination != NULL) {
		describe_destination(destination, found, sizeof(found));
		expect_same(words[_i].title, found, words[_i].expected);
	}
	exact_free(&text);
	arena_destroy(arena);
}
END_TEST

/* -- the line $transport -------------------------------------------------- */

static const struct
{
	const char *destination, *transport;
	const char *expected;
	const char *errors;
} lines[] = {
		{"sip:a@h", "TCP", "sip:a@h/TCP", ""},
		{"sip:a@h", "udp", "sip:a@h/UDP", ""},
		{"current", "tls", "current/TLS", ""},
		{"sip:a@h/TCP", "tcp", "sip:a@h/TCP", ""},
		{"sip:a@h/TCP", "udp", NULL,
				"1:1 $transport = UDP contradicts To, which says TCP: one of "
				"them would be right"},
		{"sip:a@h;transport=sctp", "TCP", NULL,
				"1:1 $transport = TCP contradicts To, which says SCTP: ..."},
		{"sips:a@h", "TLS", "sips:a@h/TLS", ""},
		{"sips:a@h", "TCP", NULL,
				"1:1 $transport = TCP contradicts To, which says TLS: ..."},
		{"sip:a@h", "", NULL, "1:1 [" NO_TRANSPORT},
		{"sip:a@h", "WS", NULL, "1:1 [WS" NO_WEBSOCKET},
};

START_TEST(takes_a_transport)
{
	arena_t *arena = small_arena();
	collector_t collector;
	str text = exact(lines[_i].destination, (int)strlen(lines[_i].destination));
	str transport =
			exact(lines[_i].transport, (int)strlen(lines[_i].transport));
	fragment_t fragment = fragment_of(&transport);
	destination_t *destination;
	char found[128] = "";
	int result;

	collector_init(&collector);
	destination = parse(&text, arena, &collector.diagnostics);
	result = destination_set_transport(
			destination, &fragment, &collector.diagnostics);
	ck_assert_int_eq(result, lines[_i].expected == NULL ? -1 : 0);
	expect_reported(lines[_i].destination, &collector, lines[_i].errors);
	if(result == 0) {
		describe_destination(destination, found, sizeof(found));
		expect_same(lines[_i].destination, found, lines[_i].expected);
	}
	exact_free(&transport);
	exact_free(&text);
	arena_destroy(arena);
}
END_TEST

START_TEST(names_transports)
{
	static const char *const names[] = {"UDP", "TCP", "TLS", "SCTP"};

	ck_assert_int_eq(ROWS(names), TRANSPORT_COUNT);
	ck_assert_str_eq(transport_name((transport_t)_i), names[_i]);
}
END_TEST

/* -- in a call ------------------------------------------------------------ */

#define BAD_VALUE                                                         \
	"a value that is put in has characters that may not stand there, or " \
	"is too long; a host is a name, an IPv4 address or [an IPv6 address]"

static void describe_target(const target_t *target, char *buffer, size_t size)
{
	print(buffer, size, "%.*s > %.*s %s", STR_FMT(&target->uri),
			STR_FMT(&target->next_hop), transport_name(target->transport));
}

static const struct
{
	const char *title;
	const char *text;
	const char *value; /* the value of every hole */
	const char *user;
	const char *
			expected; /* R-URI > NEXT HOP TRANSPORT, or the reason against it */
} calls[] = {
		{"as written", "sip:101@192.168.0.101", "", "",
				"sip:101@192.168.0.101 > sip:192.168.0.101;transport=udp UDP"},
		{"the suffix decides the next hop, the R-URI stays as written",
				"sip:101@h:5070/TCP", "", "",
				"sip:101@h:5070 > sip:h:5070;transport=tcp TCP"},
		{"sips", "sips:a@h;transport=tcp", "", "",
				"sips:a@h;transport=tcp > sip:h;transport=tls TLS"},
		{"SCTP and IPv6", "sip:a@[::1]:9/sctp", "", "",
				"sip:a@[::1]:9 > sip:[::1]:9;transport=sctp SCTP"},
		{"maddr", "sip:a@h:9;maddr=10.0.0.1", "", "",
				"sip:a@h:9;maddr=10.0.0.1 > sip:10.0.0.1:9;transport=udp UDP"},
		{"parameters are not the next hop's", "sip:a@h;lr;x=y", "", "",
				"sip:a@h;lr;x=y > sip:h;transport=udp UDP"},
		{"a user for one that has none", "sip:gw2.example.com", "", "555",
				"sip:555@gw2.example.com > "
				"sip:gw2.example.com;transport=udp UDP"},
		{"sips", "sips:gw2", "", "555",
				"sips:555@gw2 > sip:gw2;transport=tls TLS"},
		{"no user at all", "sip:gw2", "", "",
				"sip:gw2 > sip:gw2;transport=udp UDP"},
		{"its own user is kept", "sip:a@gw2", "", "555",
				"sip:a@gw2 > sip:gw2;transport=udp UDP"},
		{"its own user is kept, whatever the other is", "sip:a@gw2", "",
				"x\r\n", "sip:a@gw2 > sip:gw2;transport=udp UDP"},
		{"a user with a password", "sip:gw2", "", "a:b",
				"sip:a:b@gw2 > sip:gw2;transport=udp UDP"},
		{"a user with what may not stand there is escaped", "sip:gw2", "",
				"*21#", "sip:*21%23@gw2 > sip:gw2;transport=udp UDP"},
		{"a user adds no host", "sip:gw2", "", "a@evil",
				"sip:a%40evil@gw2 > sip:gw2;transport=udp UDP"},
		{"a user adds no host by its password", "sip:gw2", "", "a:b@evil:5060",
				"sip:a:b%40evil%3A5060@gw2 > sip:gw2;transport=udp UDP"},
		{"a user adds no header", "sip:gw2", "", "a\r\nX: y", BAD_VALUE},

		{"a hole in the user", "sip:$0@h", "555", "",
				"sip:555@h > sip:h;transport=udp UDP"},
		{"no further host", "sip:$0@h", "a@evil", "",
				"sip:a%40evil@h > sip:h;transport=udp UDP"},
		{"no further line", "sip:$0@h", "a\r\nX: y", "", BAD_VALUE},
		{"an empty user", "sip:$0@h", "", "555",
				"there is no user part before the @"},
		{"a hole in the host", "sip:a@$0/TCP", "10.0.0.1", "",
				"sip:a@10.0.0.1 > sip:10.0.0.1;transport=tcp TCP"},
		{"a hole in the host for IPv6", "sip:a@$0:9", "[::1]", "",
				"sip:a@[::1]:9 > sip:[::1]:9;transport=udp UDP"},
		{"no port by the host", "sip:a@$0", "h:9", "", BAD_VALUE},
		{"no port by IPv6", "sip:a@$0", "[::1]:9", "", BAD_VALUE},
		{"no IPv6 address", "sip:a@$0", "[::x]", "", "this is no IPv6 address"},
		{"no IPv4 address", "sip:a@10.0.0.$0", "256", "",
				"this is no IPv4 address"},
		{"an IPv4 address", "sip:a@10.0.0.$0", "255", "",
				"sip:a@10.0.0.255 > sip:10.0.0.255;transport=udp UDP"},
		{"an empty host", "sip:a@$0", "", "", BAD_VALUE},
		{"a host that is a dash", "sip:a@$0", "-", "",
				"a host name begins with a letter or a digit"},
		{"a hole in the port", "sip:a@h:$0", "65535", "",
				"sip:a@h:65535 > sip:h:65535;transport=udp UDP"},
		{"port 0", "sip:a@h:$0", "0", "", "a port is a number from 1 to 65535"},
		{"port 65536", "sip:a@h:$0", "65536", "",
				"a port is a number from 1 to 65535"},
		{"port -1", "sip:a@h:$0", "-1", "", BAD_VALUE},
		{"a hole in a parameter", "sip:a@h;x=$0", "1;maddr=evil", "",
				"sip:a@h;x=1%3Bmaddr%3Devil > sip:h;transport=udp UDP"},
		{"an empty parameter", "sip:a@h;x=$0", "", "",
				"there is no value behind the equals sign of this parameter"},
		{"a hole in a maddr", "sip:a@h;maddr=$0", "10.0.0.1", "",
				"sip:a@h;maddr=10.0.0.1 > sip:10.0.0.1;transport=udp UDP"},
		{"a hole in a maddr for IPv6", "sip:a@h;maddr=$0", "[::1]", "",
				"sip:a@h;maddr=[::1] > sip:[::1];transport=udp UDP"},
		{"no port by a maddr", "sip:a@h;maddr=$0", "evil:9", "", BAD_VALUE},
		{"no parameter by a maddr", "sip:a@h;maddr=$0", "h;transport=tcp", "",
				BAD_VALUE},
		{"no escape in a maddr", "sip:a@h;maddr=$0", "10%2e0.0.1", "",
				BAD_VALUE},
		{"an empty maddr", "sip:a@h;maddr=$0", "", "", BAD_VALUE},
		{"the user goes to one whose host is a hole", "sip:$0", "gw", "555",
				"sip:555@gw > sip:gw;transport=udp UDP"},
};

START_TEST(becomes_a_target)
{
	arena_t *arena = small_arena();
	diagnostics_t diagnostics = {0};
	str text = exact(calls[_i].text, (int)strlen(calls[_i].text));
	str value = exact(calls[_i].value, (int)strlen(calls[_i].value));
	str user = exact(calls[_i].user, (int)strlen(calls[_i].user));
	destination_t *destination = parse(&text, arena, &diagnostics);
	const char *why = NULL;
	target_t *target;
	char found[512] = "";

	ck_assert_ptr_nonnull(destination);
	target = destination_resolve(destination, &value, &user, arena, &why);
	if(target == NULL) {
		print(found, sizeof(found), "%s", why);
	} else {
		describe_target(target, found, sizeof(found));
		ck_assert_ptr_null(target->options);
		ck_assert(!target->is_contact && !target->is_current);
	}
	expect_same(calls[_i].title, found, calls[_i].expected);
	exact_free(&user);
	exact_free(&value);
	exact_free(&text);
	arena_destroy(arena);
}
END_TEST

/* A target stays valid after its plan was released: it has its own options. */
START_TEST(has_its_own_options)
{
	arena_t *arena = small_arena();
	diagnostics_t diagnostics = {0};
	str text = exact(TEXT("sip:a@h{inviting=5,pattern=4..}"));
	str nothing = {NULL, 0};
	destination_t *destination = parse(&text, arena, &diagnostics);
	const char *why = NULL;
	target_t *target =
			destination_resolve(destination, &nothing, &nothing, arena, &why);
	char found[128] = "";

	ck_assert_ptr_nonnull(target);
	memset(&destination->options, 0, sizeof(destination->options));
	memset(text.s, '#', text.len);
	describe_settings(target->options, found, sizeof(found));
	ck_assert_str_eq(found, "timer.inviting=5000 pattern.response=100:400-499");
	ck_assert_mem_eq(target->uri.s, "sip:a@h", 7);
	exact_free(&text);
	arena_destroy(arena);
}
END_TEST

/* A value of the greatest length that is allowed, and one that is one byte longer. */
START_TEST(keeps_to_the_limit_of_a_uri)
{
	static const struct
	{
		const char *text;
		int longest; /* bytes of the value or of the user */
		bool is_user;
	} rows[] = {
			{"sip:$0@h", SIP_URI_BYTES_MAX - 6, false},
			{"sip:h", SIP_URI_BYTES_MAX - 6, true},
			{"sip:a@h;x=$0", SIP_URI_BYTES_MAX - 10, false},
			{"sip:a@$0", SIP_URI_BYTES_MAX - 6, false},
			/* a URI without a user part needs no room for the @ */
			{"sip:$0", SIP_URI_BYTES_MAX - 4, false},
	};
	static char bytes[SIP_URI_BYTES_MAX + 1];
	arena_t *arena = small_arena();
	diagnostics_t diagnostics = {0};
	str text = exact(rows[_i].text, (int)strlen(rows[_i].text));
	str longest = {bytes, rows[_i].longest};
	str nothing = {NULL, 0};
	const str *user = rows[_i].is_user ? &longest : &nothing;
	destination_t *destination = parse(&text, arena, &diagnostics);
	const char *why;

	memset(bytes, 'x', sizeof(bytes));
	ck_assert_ptr_nonnull(
			destination_resolve(destination, &longest, user, arena, &why));
	longest.len++;
	ck_assert_ptr_null(
			destination_resolve(destination, &longest, user, arena, &why));
	exact_free(&text);
	arena_destroy(arena);
}
END_TEST

/* -- Contacts of a 3xx ---------------------------------------------------- */

static const struct
{
	const char *title;
	const char *uri;
	int len;
	const char *expected;
} contacts[] = {
		{"plain", TEXT("sip:9@x"), "sip:9@x > sip:x;transport=udp UDP"},
		{"its own transport", TEXT("sip:9@x:7;transport=TCP"),
				"sip:9@x:7;transport=TCP > sip:x:7;transport=tcp TCP"},
		{"sips", TEXT("sips:9@x"), "sips:9@x > sip:x;transport=tls TLS"},
		{"sips over TCP", TEXT("sips:9@x;transport=tcp"),
				"sips:9@x;transport=tcp > sip:x;transport=tls TLS"},
		{"taken as it is, without a user", TEXT("sip:x"),
				"sip:x > sip:x;transport=udp UDP"},
		{"its headers are dropped", TEXT("sip:9@x;lr?Route=%3Csip:evil%3E&a=b"),
				"sip:9@x;lr > sip:x;transport=udp UDP"},
		{"empty headers", TEXT("sip:9@x?"),
				"sip:9@x > sip:x;transport=udp UDP"},
		{"maddr", TEXT("sip:9@x;maddr=10.0.0.1"),
				"sip:9@x;maddr=10.0.0.1 > sip:10.0.0.1;transport=udp UDP"},
		{"a maddr that is none", TEXT("sip:9@x;maddr=a/b"),
				"maddr is a host name or an address"},
		{"a WebSocket", TEXT("sip:9@x;transport=ws"),
				"its transport is none that a server can open"},
		{"an unknown transport", TEXT("sip:9@x;transport=foo"),
				"its transport is none that a server can open"},
		{"sips over UDP", TEXT("sips:9@x;transport=udp"),
				"its transport is none that a server can open"},
		{"tel", TEXT("tel:+49"), "a destination begins with sip: or sips:"},
		{"*", TEXT("*"), "a destination begins with sip: or sips:"},
		{"nothing", TEXT(""), "a destination begins with sip: or sips:"},
		{"angle brackets", TEXT("<sip:9@x>"),
				"a destination begins with sip: or sips:"},
		{"a line end", TEXT("sip:9@x\r\nEvil: 1"),
				"there is no room for blanks and control characters in a "
				"URI, write them as %HH"},
		{"a port out of range", TEXT("sip:9@x:65536"),
				"a port is a number from 1 to 65535"},
		{"too long", TEXT("sip:" NAME_500 NAME_500 "@" NAME_50),
				"a URI is at most 1023 bytes long"},
};

START_TEST(follows_a_contact)
{
	arena_t *arena = small_arena();
	str uri = exact(contacts[_i].uri, contacts[_i].len);
	const char *why = NULL;
	target_t *target = target_of_contact(&uri, 700, arena, &why);
	char found[512] = "";

	if(target == NULL) {
		print(found, sizeof(found), "%s", why);
	} else {
		/* the target must not point into the reply, which is released */
		memset(uri.s, '#', uri.len);
		describe_target(target, found, sizeof(found));
		ck_assert(target->is_contact && !target->is_current);
		ck_assert_int_eq(target->q, 700);
		ck_assert_ptr_null(target->options);
	}
	expect_same(contacts[_i].title, found, contacts[_i].expected);
	exact_free(&uri);
	arena_destroy(arena);
}
END_TEST

static const struct
{
	const char *a, *b;
	bool are_equal;
} targets[] = {
		{"sip:a@h", "sip:a@H", true},
		{"sip:a@h", "sip:a@h:5060", false},
		{"sip:a@h", "sip:b@h", false},
		{"sip:a@h;transport=tcp", "sip:a@h;transport=TCP", true},
		{"sip:a@h;transport=tcp", "sip:a@h", false},
		{"sip:a@h?x=y", "sip:a@h", true},
		{"sip:a@h", "sips:a@h", false},
};

START_TEST(compares_targets)
{
	arena_t *arena = small_arena();
	str text_a = exact(targets[_i].a, (int)strlen(targets[_i].a));
	str text_b = exact(targets[_i].b, (int)strlen(targets[_i].b));
	const char *why;
	target_t *a = target_of_contact(&text_a, 0, arena, &why);
	target_t *b = target_of_contact(&text_b, 1000, arena, &why);

	ck_assert_int_eq(target_equal_uri(a, b), targets[_i].are_equal);
	ck_assert_int_eq(target_equal_uri(b, a), targets[_i].are_equal);
	ck_assert(target_equal_uri(a, a));
	exact_free(&text_a);
	exact_free(&text_b);
	arena_destroy(arena);
}
END_TEST

/* -- no memory ------------------------------------------------------------ */

static int read_destination(
		const str *text, arena_t *arena, diagnostics_t *diagnostics)
{
	return parse(text, arena, diagnostics) == NULL ? -1 : 0;
}

static int read_and_resolve(
		const str *text, arena_t *arena, diagnostics_t *diagnostics)
{
	char one[] = "1", gw[] = "555";
	str values[2] = {{one, 1}, {one, 1}};
	str user = {gw, 3};
	destination_t *destination = parse(text, arena, diagnostics);
	const char *why = NULL;

	if(destination == NULL)
		return -1;
	if(destination_resolve(destination, values, &user, arena, &why) != NULL)
		return 0;
	ck_assert_str_eq(why, "no memory");
	diagnostics->errors++;
	return -1;
}

static int read_contact(
		const str *text, arena_t *arena, diagnostics_t *diagnostics)
{
	const char *why = NULL;

	if(target_of_contact(text, 0, arena, &why) != NULL)
		return 0;
	ck_assert_str_eq(why, "no memory");
	diagnostics->errors++;
	return -1;
}

START_TEST(reports_a_lack_of_memory)
{
	expect_out_of_memory_is_reported(
			read_destination, "sip:$0@h:1$1;x=y/TCP{inviting=1,pattern=4}");
	expect_out_of_memory_is_reported(
			read_and_resolve, "sip:h$0:1$1{inviting=5}");
	expect_out_of_memory_is_reported(read_contact, "sip:a@h;x=y");
}
END_TEST

/* -- the transport of a URI ----------------------------------------------- */

static const struct
{
	const char *uri;
	transport_t expected;
} ways[] = {
		{"sip:a@h", TRANSPORT_UDP},
		{"sip:a@h;transport=tcp", TRANSPORT_TCP},
		{"sip:a@h;x;Transport=TLS;y=z", TRANSPORT_TLS},
		{"sip:h;transport=sctp", TRANSPORT_SCTP},
		{"sip:h;transport=udp", TRANSPORT_UDP},
		{"sip:h;transport=ws", TRANSPORT_UDP},
		{"sip:h;transport", TRANSPORT_UDP},
		{"sip:transport=tcp@h", TRANSPORT_UDP},
		{"sips:a@h", TRANSPORT_TLS},
		{"SIPS:h;transport=tcp", TRANSPORT_TLS},
		{"tel:123;transport=tcp", TRANSPORT_UDP},
		{"sip:", TRANSPORT_UDP},
		{"", TRANSPORT_UDP},
};

START_TEST(knows_the_transport_of_a_uri)
{
	str uri = exact(ways[_i].uri, (int)strlen(ways[_i].uri));

	ck_assert_msg(transport_of_uri(&uri) == ways[_i].expected, "%s: %s",
			ways[_i].uri, transport_name(transport_of_uri(&uri)));
	exact_free(&uri);
}
END_TEST

Suite *suite_destination(void)
{
	Suite *suite = suite_create("destination");
	TCase *tc = new_tcase("destination");

	tcase_add_loop_test(tc, reads_a_word, 0, ROWS(words));
	tcase_add_loop_test(tc, takes_a_transport, 0, ROWS(lines));
	tcase_add_loop_test(tc, names_transports, 0, TRANSPORT_COUNT);
	tcase_add_loop_test(tc, becomes_a_target, 0, ROWS(calls));
	tcase_add_test(tc, has_its_own_options);
	tcase_add_loop_test(tc, keeps_to_the_limit_of_a_uri, 0, 5);
	tcase_add_loop_test(tc, follows_a_contact, 0, ROWS(contacts));
	tcase_add_loop_test(tc, compares_targets, 0, ROWS(targets));
	tcase_add_test(tc, reports_a_lack_of_memory);
	tcase_add_loop_test(tc, knows_the_transport_of_a_uri, 0, ROWS(ways));
	suite_add_tcase(suite, tc);
	return suite;
}
