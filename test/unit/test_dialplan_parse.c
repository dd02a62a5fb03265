/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "dialplan_parse.h"
#include "suites.h"
#include "support.h"

/* "Class n" in a title is a class of bad plan text in the project's list of
 * them. Those without a case here, and why:
 *   10, 11, 40, 41, 49  large texts: made by code, see large[] below; 41 and
 *                       the limits of 39 and 42 in test_response_set.c
 *   37  timers against max_inv_lifetime: the server's, known to the glue only
 *   43  an empty alternative is legal; to warn of it is the checker's
 *   44  a pattern never sees a code below 300: test_response_set.c
 *   51  our own listen address: known to the glue only
 *   55  TLS without tls.so, 64 sips without it: known to the glue only
 *   71  what is put in at a call: test_template.c, test_destination.c; this
 *       language has no holes yet
 *   73 and on  files, memory, replies: not the text's */

#define PLAN "[Deploy Patterns]\n"
#define NOT_YET                                                            \
	"]: this version takes To, $transport, $session and &failover.* in a " \
	"rule"
#define NO_SETTING                                                        \
	"] is no setting of failover: one of timer.inviting, "                \
	"timer.provisional, pattern.response, redirection, redirection.max, " \
	"redirection.allow, timer.total, attempts, ringing, reply, preset "   \
	"would be right"
#define NO_GROUP                                                         \
	"]: no condition of this rule has such a group; for a percent sign " \
	"write %%"
#define NO_PERCENT                                                         \
	"]: %1 to %9 and %{10} stand for the groups of the conditions; for a " \
	"percent sign write %%"
#define ONCE "]: once in a rule is right"
#define BEFORE_ANY \
	"]: this stands before any section: write [Deploy Patterns] above it"

static const struct
{
	const char *title;
	const char *text;
	int len;
	const char *expected; /* as describe_rule() has it; NULL: refused */
	const char *errors;
} plans[] = {
		/* the documented examples */
		{"example 1",
				TEXT(PLAN "To = sip:100@192.168.0.100\n"
						  "$session = failover sip:101@192.168.0.101 "
						  "sip:102@192.168.0.102\n"),
				"1: sip:100@192.168.0.100(UDP) sip:101@192.168.0.101(UDP) "
				"sip:102@192.168.0.102(UDP)",
				""},
		{"example 2",
				TEXT(PLAN "To = sip:100@192.168.0.100\n$transport = TCP\n"
						  "$session = failover sip:101@192.168.0.101/TCP "
						  "sip:102@192.168.0.102/TCP\n"),
				"1: sip:100@192.168.0.100/TCP sip:101@192.168.0.101/TCP "
				"sip:102@192.168.0.102/TCP",
				""},
		{"example 3",
				TEXT(PLAN "To = sip:100@192.168.0.100\n"
						  "$session = failover sip:101@192.168.0.101\n"
						  "&failover.timer.inviting = 30\n"),
				"1: sip:100@192.168.0.100(UDP) sip:101@192.168.0.101(UDP); "
				"timer.inviting=30000",
				""},
		{"example 4",
				TEXT(PLAN "To = sip:100@192.168.0.100\n"
						  "$session = failover sip:101@192.168.0.101\n"
						  "&failover.pattern.response = 4..\n"),
				"1: sip:100@192.168.0.100(UDP) sip:101@192.168.0.101(UDP); "
				"pattern.response=100:400-499",
				""},
		{"example 5",
				TEXT(PLAN "To = sip:100@192.168.0.100\n$session = failover\n"
						  "&failover.pattern.response = 30.\n"
						  "&failover.redirection = true\n"),
				"1: sip:100@192.168.0.100(UDP); "
				"pattern.response=10:300-309 redirection=1",
				""},
		{"the example of the specification",
				TEXT(PLAN "To = sip:100@192.168.0.100\n$transport = TCP\n"
						  "$session = failover sip:101@192.168.0.101/TCP "
						  "sip:102@192.168.0.102\n"
						  "&failover.timer.inviting = 30\n"
						  "&failover.timer.provisional = 20\n"
						  "&failover.pattern.response = 4..\n"
						  "&failover.redirection = true\n"),
				"1: sip:100@192.168.0.100/TCP sip:101@192.168.0.101/TCP "
				"sip:102@192.168.0.102(UDP); timer.inviting=30000 "
				"timer.provisional=20000 pattern.response=100:400-499 "
				"redirection=1",
				""},
		{"any order, no blanks, any case, tabs",
				TEXT(PLAN "&FAILOVER.Timer.Inviting=30\n"
						  "\t$SESSION\t=\tFailover\tsip:b@h  sip:c@h\t\n"
						  "$Transport=tcp\nto=sip:a@h\n"),
				"1: sip:a@h/TCP sip:b@h(UDP) sip:c@h(UDP); "
				"timer.inviting=30000",
				""},

		/* the text as such */
		{"class 1: empty", TEXT(""), "no rule", ""},
		{"class 2: white space and comments",
				TEXT(" \n\t\r\n# To = x\n   # y\n#"), "no rule", ""},
		{"a lone ruler", TEXT("---"), "no rule", ""},
		{"class 3: a byte order mark", TEXT("\xef\xbb\xbf" PLAN "To = sip:a@h"),
				"1: sip:a@h(UDP)", ""},
		{"class 3: a byte order mark alone", TEXT("\xef\xbb\xbf"), "no rule",
				""},
		{"class 3: a byte order mark moves no column",
				TEXT("\xef\xbb\xbfTo = sip:a@h"), NULL,
				"1:1 [To = sip:a@h" BEFORE_ANY},
		{"class 3: two of them", TEXT("\xef\xbb\xbf\xef\xbb\xbf" PLAN), NULL,
				"1:1 [\xef\xbb\xbf[Deploy Patterns]" BEFORE_ANY},
		{"class 4: CR LF",
				TEXT("[Deploy Patterns]\r\nTo = sip:a@h\r\n\r\n"
					 "&failover.timer.inviting = 30\r\n"),
				"1: sip:a@h(UDP); timer.inviting=30000", ""},
		{"class 4: CR at the end of the text", TEXT(PLAN "To = sip:a@h\r"),
				"1: sip:a@h(UDP)", ""},
		{"class 5: a lone CR", TEXT("[Deploy Patterns]\rTo = sip:a@h\r"), NULL,
				"1:18 a lone carriage return ends no line: end lines with LF "
				"or CR LF"},
		{"class 5: CR CR LF", TEXT(PLAN "To = sip:a@h\r\r\n"), NULL,
				"2:13 a lone carriage return ends no line: ..."},
		{"class 6: NUL", TEXT(PLAN "To = sip:a\0b@h"), NULL,
				"2:11 a control character (0x00) does not belong into a dial "
				"plan"},
		{"class 6: NUL in a comment", TEXT("#\0"), NULL,
				"1:2 a control character (0x00) does not belong..."},
		{"class 7: BEL", TEXT(PLAN "To = sip:a@h\a"), NULL,
				"2:13 a control character (0x07) does not belong..."},
		{"class 7: ESC", TEXT(PLAN "X = \x1b[31m"), NULL,
				"2:5 a control character (0x1b) does not belong..."},
		{"class 7: DEL", TEXT(PLAN "\x7f"), NULL,
				"2:1 a control character (0x7f) does not belong..."},
		{"class 8: no UTF-8, in a URI", TEXT(PLAN "To = sip:\xff@h"), NULL,
				"2:10 [sip:\xff@h]: this character is not allowed in a user "
				"part, write it as %HH"},
		{"class 8: no UTF-8, in a comment", TEXT("# \xff\n" PLAN),
				"2: implied current(UDP)", ""},
		{"class 9: UTF-16 LE", TEXT("\xff\xfe[\0D\0"), NULL,
				"1:1 this is UTF-16: save the dial plan as UTF-8"},
		{"class 9: UTF-16 BE", TEXT("\xfe\xff\0[\0D"), NULL,
				"1:1 this is UTF-16: save the dial plan as UTF-8"},
		{"class 9: UTF-16 without a mark", TEXT("[\0D\0e\0p\0l\0o\0y\0"), NULL,
				"1:2 a control character (0x00) does not belong..."},
		{"class 12: no line end at the end", TEXT(PLAN "To = sip:a@h"),
				"1: sip:a@h(UDP)", ""},

		/* sections */
		{"other spellings", TEXT("[ deploy PATTERN: ]"),
				"1: implied current(UDP)", ""},
		{"rulers and comments between",
				TEXT("------\n# x\n[Deploy Patterns]\n-----\nTo = sip:a@h\n"
					 "----------\n"),
				"3: sip:a@h(UDP)", ""},
		{"two dashes are no ruler", TEXT(PLAN "--"), NULL,
				"2:1 [--]: a line is NAME = VALUE"},
		{"a ruler of other signs", TEXT(PLAN "====="), NULL,
				"2:1 [=====]: there is no name before the equals sign"},
		{"class 13: a section that is not closed",
				TEXT("[Deploy Patterns\nTo = sip:a@h"), NULL,
				"1:1 [[Deploy Patterns]: this section is not closed: [Deploy "
				"Patterns] would be right"},
		{"a section with text behind it", TEXT("[Deploy Patterns] # x\n"), NULL,
				"1:1 [[Deploy Patterns] # x]: this section is not closed: ..."},
		{"class 14: an unknown section, whose lines are not judged",
				TEXT("\n  [Deploy Rules]\nTo = x\ny"), NULL,
				"2:3 [[Deploy Rules]]: there is no such section: [Deploy "
				"Patterns] would be right"},
		{"class 14: an empty name", TEXT("[]"), NULL,
				"1:1 [[]]: there is no such section: ..."},
		{"class 14: a name with more to it", TEXT("[Deploy Patternss]"), NULL,
				"1:1 [[Deploy Patternss]]: there is no such section: ..."},
		{"class 14: a name far too long",
				TEXT("[Deploy Patterns and a good deal of text behind that]"),
				NULL, "1:1 [[Deploy ...]: there is no such section: ..."},
		{"a named rule", TEXT("[Rule office]\n" PLAN "To = sip:a@h"), NULL,
				"1:1 [[Rule office]]: there is no such section: ..."},
		{"conditions, which are not judged",
				TEXT("[Matching Patterns]\n$request = ^INVITE\n" PLAN
					 "To = sip:a@h"),
				NULL,
				"1:1 [[Matching Patterns]]: this version takes one rule made "
				"of [Deploy Patterns] only"},
		{"class 15: conditions behind",
				TEXT(PLAN "To = sip:a@h\n[Matching Pattern:]\nTo = sip:b"),
				NULL, "3:1 [[Matching Pattern:]]: this version takes one..."},
		{"class 16: a second rule, whose lines are not the first one's",
				TEXT(PLAN "To = sip:a@h\n" PLAN "To = sip:b@h\n"), NULL,
				"3:1 [[Deploy Patterns]]: this version takes one rule, and "
				"this begins a second one"},
		{"class 17: a line outside of any section", TEXT("To = sip:a@h\n" PLAN),
				NULL, "1:1 [To = sip:a@h" BEFORE_ANY},

		/* lines */
		{"class 18: no equals sign", TEXT(PLAN "  To sip:a@h"), NULL,
				"2:3 [To sip:a@h]: a line is NAME = VALUE"},
		{"class 19: no name", TEXT(PLAN " = sip:a@h"), NULL,
				"2:2 [= sip:a@h]: there is no name before the equals sign"},
		{"class 20: To without value", TEXT(PLAN "To ="), NULL,
				"2:5 To has no value: a destination such as sip:100@192.0.2.1 "
				"would be right"},
		{"class 20: $session without value", TEXT(PLAN "$session = "), NULL,
				"2:11 $session has no value: failover sip:101@192.0.2.2 would "
				"be right"},
		{"class 20: $transport without value",
				TEXT(PLAN "To = sip:a@h\n$transport ="), NULL,
				"3:13 [] is no transport: UDP, TCP, TLS or SCTP would be "
				"right"},
		{"class 20: an empty setting is the default",
				TEXT(PLAN "&failover.pattern.response =\n"
						  "&failover.timer.inviting = \n"
						  "&failover.redirection=\r\n"),
				"1: implied current(UDP)", ""},
		{"class 21: an unknown setting",
				TEXT(PLAN "&failover.timer.invite = 5"), NULL,
				"2:11 [timer.invite" NO_SETTING},
		{"class 21: no setting", TEXT(PLAN "&failover. = 5"), NULL,
				"2:11 [" NO_SETTING},
		{"class 22: a foreign variable", TEXT(PLAN "$rtp = true"), NULL,
				"2:1 [$rtp" NOT_YET},
		{"class 22: another plug-in's setting", TEXT(PLAN "&net.sip.x = 1"),
				NULL, "2:1 [&net.sip.x" NOT_YET},
		{"class 22: a header", TEXT(PLAN "X-Foo = bar"), NULL,
				"2:1 [X-Foo" NOT_YET},
		{"class 22: $continue", TEXT(PLAN "$continue = true"), NULL,
				"2:1 [$continue" NOT_YET},
		{"class 22: $action", TEXT(PLAN "$action = 404"), NULL,
				"2:1 [$action" NOT_YET},
		{"class 23: To twice", TEXT(PLAN "To = sip:a@h\nTO = sip:b@h"), NULL,
				"3:1 [TO" ONCE},
		{"class 23: $session twice",
				TEXT(PLAN "$session = failover\n$session = failover"), NULL,
				"3:1 [$session" ONCE},
		{"class 23: $transport twice",
				TEXT(PLAN "$transport = TCP\n$transport = TCP"), NULL,
				"3:1 [$transport" ONCE},
		{"class 23: an empty one counts", TEXT(PLAN "To =\nTo = sip:a@h"), NULL,
				"2:5 To has no value: ...\n3:1 [To" ONCE},
		{"class 23: a setting twice",
				TEXT(PLAN "&failover.attempts = 5\n  &Failover.attempts = 5"),
				NULL,
				"3:3 [&Failover.attempts] stands here a second time: once is "
				"right"},
		{"class 23: a setting twice, once empty",
				TEXT(PLAN "&failover.attempts =\n&failover.attempts = 5"), NULL,
				"3:1 [&failover.attempts] stands here a second time: once is "
				"right"},
		{"class 25: an equals sign in a value", TEXT(PLAN "To=sip:a@h;x=y;z=1"),
				"1: sip:a@h;x=y;z=1(UDP)", ""},
		{"a comment is a whole line: behind a value it belongs to it",
				TEXT(PLAN "&failover.attempts = 5 # five"), NULL,
				"2:22 [5 # five] is no whole number from 1 to 30, the values "
				"of attempts"},
		{"semicolons begin no comment", TEXT(PLAN ";; x"), NULL,
				"2:1 [;; x]: a line is NAME = VALUE"},

		/* settings */
		{"class 26", TEXT(PLAN "&failover.timer.inviting = -5"), NULL,
				"2:28 [-5] is no duration: ..."},
		{"class 27", TEXT(PLAN "&failover.timer.provisional = 0"), NULL,
				"2:31 [0] is out of range: a duration is 100ms to 3600s"},
		{"class 28", TEXT(PLAN "&failover.timer.inviting = 1e9"), NULL,
				"2:28 [1e9] is no duration: ..."},
		{"class 29", TEXT(PLAN "&failover.timer.inviting = 99999999999"), NULL,
				"2:28 [99999999999] is out of range: ..."},
		{"class 30", TEXT(PLAN "&failover.timer.inviting = 4294967301"), NULL,
				"2:28 [4294967301] is out of range: ..."},
		{"class 31", TEXT(PLAN "&failover.timer.inviting = 10ms"), NULL,
				"2:28 [10ms] is out of range: ..."},
		{"class 32", TEXT(PLAN "&failover.timer.inviting = 1m"), NULL,
				"2:28 [1m] is no duration: ..."},
		{"class 33", TEXT(PLAN "&failover.timer.inviting = 0x10"), NULL,
				"2:28 [0x10] is no duration: ..."},
		{"class 34", TEXT(PLAN "&failover.timer.inviting = 3.5"), NULL,
				"2:28 [3.5] is no duration: ..."},
		{"class 35", TEXT(PLAN "&failover.timer.inviting = \xd9\xa1\xd9\xa0"),
				NULL, "2:28 [\xd9\xa1\xd9\xa0] is no duration: ..."},
		{"class 36", TEXT(PLAN "&failover.timer.inviting = 30 30"), NULL,
				"2:28 [30 30] is no duration: ..."},
		{"class 38", TEXT(PLAN "&failover.pattern.response = 4("), NULL,
				"2:32 [4(] is no regular expression: missing closing "
				"parenthesis; a pattern such as 4.. or 408|5.. would be "
				"right"},
		{"class 39", TEXT(PLAN "&failover.pattern.response = (a+)+$"),
				"1: implied current(UDP); pattern.response=0:0-0", ""},
		{"class 42", TEXT(PLAN "&failover.pattern.response = (*UTF)4"), NULL,
				"2:...[(*UTF)4] is no regular expression: ..."},
		{"a percent sign in a setting stands for itself",
				TEXT(PLAN "&failover.pattern.response = 4..|%1"),
				"1: implied current(UDP); pattern.response=100:400-499", ""},
		{"a setting takes no quotes", TEXT(PLAN "&failover.attempts = '5'"),
				NULL, "2:22 ['5'] is no whole number from 1 to 30, ..."},
		{"class 45", TEXT(PLAN "&failover.redirection = maybe"), NULL,
				"2:25 [maybe] is neither true nor false, the values of "
				"redirection"},

		/* destinations */
		{"class 46: failover with nothing",
				TEXT(PLAN "To = sip:a@h\n$session = failover"),
				"1: sip:a@h(UDP)", ""},
		{"class 47: no To", TEXT(PLAN "$session = failover sip:b@h"),
				"1: implied current(UDP) sip:b@h(UDP)", ""},
		{"class 47: no To, a transport for it", TEXT(PLAN "$transport = TCP"),
				"1: implied current/TCP", ""},
		{"To = current", TEXT(PLAN "To = current\n$session = failover sip:b@h"),
				"1: current(UDP) sip:b@h(UDP)", ""},
		{"class 48: a misspelt verb", TEXT(PLAN "$session = failvoer sip:b@h"),
				NULL,
				"2:12 [failvoer]: there is no such session plug-in here: "
				"$session = failover ... would be right"},
		{"class 50: one twice",
				TEXT(PLAN "To = sip:a@h\n$session = failover sip:a@h sip:a@h"),
				"1: sip:a@h(UDP) sip:a@h(UDP) sip:a@h(UDP)", ""},
		{"To with suffix and options",
				TEXT(PLAN "To = sip:a@h/TCP{inviting=5, pattern=4..}"),
				"1: sip:a@h/TCP{timer.inviting=5000 "
				"pattern.response=100:400-499}",
				""},
		{"To with a second destination", TEXT(PLAN "To = sip:a@h sip:b@h"),
				NULL,
				"2:14 [sip:b@h]: To takes one destination, further ones stand "
				"in $session = failover ..."},
		{"To with two faults", TEXT(PLAN "To = sip:a@h/X sip:b@h"), NULL,
				"2:14 [X] is no transport: ...\n"
				"2:16 [sip:b@h]: To takes one destination, ..."},
		{"class 52: in $session",
				TEXT(PLAN "$session = failover sip:a@h/TPC sip:b@h:x"), NULL,
				"2:29 [TPC] is no transport: ...\n"
				"2:41 [sip:b@h:x]: a port is a number..."},
		{"class 53", TEXT(PLAN "To = sip:a@h/tcp"), "1: sip:a@h/TCP", ""},
		{"class 54: suffix and parameter",
				TEXT(PLAN "To = sip:a@h;transport=udp/TCP"), NULL,
				"2:28 /TCP contradicts ;transport=UDP of the same "
				"destination: ..."},
		{"class 54: suffix and $transport, in either order",
				TEXT(PLAN "$transport = UDP\nTo = sip:a@h/TCP"), NULL,
				"2:14 $transport = UDP contradicts To, which says TCP: one of "
				"them would be right"},
		{"class 54: the same", TEXT(PLAN "To = sip:a@h/TCP\n$transport = UDP"),
				NULL,
				"3:14 $transport = UDP contradicts To, which says TCP: ..."},
		{"$transport repeats the suffix",
				TEXT(PLAN "To = sip:a@h/TCP\n$transport = tcp"),
				"1: sip:a@h/TCP", ""},
		{"$transport is not the alternates'",
				TEXT(PLAN "To = sip:a@h\n$transport = tcp\n"
						  "$session = failover sip:b@h"),
				"1: sip:a@h/TCP sip:b@h(UDP)", ""},
		{"$transport = WS", TEXT(PLAN "$transport = ws"), NULL,
				"2:14 [ws]: a server cannot open a WebSocket to a "
				"destination; ..."},
		{"class 56", TEXT(PLAN "To = sip:a@h/"), NULL,
				"2:14 [] is no transport: ..."},
		{"class 57", TEXT(PLAN "To = sip:a/b@h/TCP"), "1: sip:a/b@h/TCP", ""},
		{"class 58", TEXT(PLAN "To = sip:a@h:65536"), NULL,
				"2:14 [65536] is no port: ..."},
		{"class 59", TEXT(PLAN "To = sip:a@[::1"), NULL,
				"2:12 [sip:a@[::1]: the bracket of this IPv6 address is not "
				"closed"},
		{"class 60", TEXT(PLAN "To = sip:a@2001:db8::1"), NULL,
				"2:17 [sip:a@2001:db8::1]: a port is a number..."},
		{"class 61", TEXT(PLAN "To = 192.0.2.1"), NULL,
				"2:6 [192.0.2.1]: a destination begins with sip: or sips:"},
		{"class 62", TEXT(PLAN "$session = failover sip:gw1 sip:gw2"),
				"1: implied current(UDP) sip:gw1(UDP) sip:gw2(UDP)", ""},
		{"class 63", TEXT(PLAN "$session = failover mailto:a@h"), NULL,
				"2:21 [mailto:a@h]: a destination begins with sip: or sips:"},
		{"class 65: an escape is written with %%",
				TEXT(PLAN "To = sip:a%%0d%%0ab@h"), "1: sip:a%0d%0ab@h(UDP)",
				""},
		{"class 65: without %% it is not one", TEXT(PLAN "To = sip:a%0d@h"),
				NULL, "2:11 [%" NO_PERCENT},
		{"%% where a percent sign may not stand", TEXT(PLAN "To = sip:a%%@h"),
				NULL,
				"2:12 [sip:a%%@h]: a percent sign in a user part is followed "
				"by two hexadecimal digits"},
		{"class 66", TEXT(PLAN "To = sip:a\tb@h"), NULL,
				"2:12 [b@h]: To takes one destination, ..."},
		{"class 67", TEXT(PLAN "To = <sip:a@h>"), NULL,
				"2:6 [<sip:a@h>]: a destination stands without angle "
				"brackets"},
		{"class 68", TEXT(PLAN "To = sip:a@h?Route=x"), NULL,
				"2:14 [?Route=x]: a destination takes no headers, remove "
				"them"},
		{"class 70: a group that no condition has",
				TEXT(PLAN "To = sip:%1@h\n$session = failover sip:%2@h sip:%9"),
				NULL,
				"2:10 [%1" NO_GROUP "\n3:25 [%2" NO_GROUP
				"\n3:34 [%9" NO_GROUP},
		{"class 70: a group beyond nine", TEXT(PLAN "To = sip:%{10}@h"), NULL,
				"2:10 [%{10}" NO_GROUP},
		{"braces without a number", TEXT(PLAN "$session = failover sip:%{x}@h"),
				NULL,
				"2:25 [%" NO_PERCENT "\n2:26 this brace is not closed..."},
		{"a percent sign at the end", TEXT(PLAN "$session = failover sip:a%"),
				NULL, "2:26 [%" NO_PERCENT},
		{"a percent sign and another fault",
				TEXT(PLAN "$session = failover sip:%1@h sip:b@h/X"), NULL,
				"2:25 [%1" NO_GROUP "\n2:38 [X] is no transport: ..."},
		{"class 72: a pseudo-variable is literal",
				TEXT(PLAN "To = sip:$(ru)@h"), "1: sip:$(ru)@h(UDP)", ""},
		{"To for a registered user", TEXT(PLAN "To = sip:user@"), NULL,
				"2:6 [sip:user@] has no host; for a registered user call "
				"lookup(\"location\") before failover() and write no To"},

		{"every fault of a text, in its order",
				TEXT("x = y\n"
					 "[Deploy Patterns]\n"
					 "To = sip:a@h:0/TPC\n"
					 "&failover.timer.inviting = x\n"
					 "foo\n"
					 "$session = failover sip:b sip:c/X sip:d{inviting=0}\n"
					 "To = sip:e\n"
					 "$transport = QUIC\n"
					 "&failover.attempts = 99\n"
					 "\a\n"
					 "$bar = 1\n"
					 "[End]\n"),
				NULL,
				"1:1 [x = y" BEFORE_ANY "\n"
				"3:14 [0] is no port: ...\n"
				"3:16 [TPC] is no transport: ...\n"
				"4:28 [x] is no duration: ...\n"
				"5:1 [foo]: a line is NAME = VALUE\n"
				"6:33 [X] is no transport: ...\n"
				"6:50 [0] is out of range: ...\n"
				"7:1 [To" ONCE "\n"
				"8:14 [QUIC] is no transport: ...\n"
				"9:22 [99] is no whole number...\n"
				"10:1 a control character (0x07)...\n"
				"11:1 [$bar" NOT_YET "\n"
				"12:1 [[End]]: there is no such section: ..."},
};

START_TEST(reads_a_plan)
{
	arena_t *arena = small_arena();
	str text = exact(plans[_i].text, plans[_i].len);
	collector_t collector;
	rule_t *rule = NULL;
	char found[1024] = "";
	int result;

	collector_init(&collector);
	result = dialplan_parse(&text, arena, &rule, &collector.diagnostics);
	expect_reported(plans[_i].title, &collector, plans[_i].errors);
	ck_assert_int_eq(result, plans[_i].expected == NULL ? -1 : 0);
	ck_assert_msg(
			collector.is_ordered, "%s\n%s", plans[_i].title, collector.text);
	if(result == 0) {
		describe_rule(rule, found, sizeof(found));
		expect_same(plans[_i].title, found, plans[_i].expected);
	}
	exact_free(&text);
	arena_destroy(arena);
}
END_TEST

/* Each beginning of a text is read without looking behind its end. */
START_TEST(reads_a_plan_that_is_cut_off)
{
	static const char whole[] =
			"\xef\xbb\xbf" PLAN "To = sip:a%%41@[::1]:5060;x=y/TCP\r\n"
			"$session = failover sip:b{pattern='4,',inviting=5ms} current\r\n"
			"&failover.pattern.response = !4(0.|8.)\r\n$transport = TCP\n---";
	int len;

	for(len = 0; len < (int)sizeof(whole); len++) {
		arena_t *arena = small_arena();
		str text = exact(whole, len);
		diagnostics_t diagnostics = {0};
		rule_t *rule;
		int result = dialplan_parse(&text, arena, &rule, &diagnostics);

		ck_assert_int_eq(result<0, diagnostics.errors> 0);
		exact_free(&text);
		arena_destroy(arena);
	}
}
END_TEST

START_TEST(counts_only_its_own_errors)
{
	arena_t *arena = small_arena();
	str text = exact(TEXT(PLAN));
	diagnostics_t diagnostics = {.errors = 3};
	rule_t *rule = NULL;

	ck_assert_int_eq(dialplan_parse(&text, arena, &rule, &diagnostics), 0);
	ck_assert_int_eq(diagnostics.errors, 3);
	exact_free(&text);
	arena_destroy(arena);
}
END_TEST

/* -- large texts ---------------------------------------------------------- */

#define MIB (1024 * 1024)

/* A head and a piece over and over, up to a number of bytes. The times are
 * those of a sanitized build on a slow machine: what is not linear takes
 * minutes. */
static const struct
{
	const char *title;
	const char *head, *piece;
	int size;
	int errors; /* -1: as many as there are pieces, or nearly */
	const char *first;
} large[] = {
		{"the longest line", PLAN "#", "x", 18 + 64 * 1024, 0, ""},
		{"class 10: a line that is too long", PLAN "#", "x", 18 + 64 * 1024 + 1,
				1, "2:1 a line is at most 65536 bytes long"},
		{"class 10: 10 MB in a line", PLAN, "x", 10 * MIB, 1,
				"2:1 a line is at most 65536 bytes long"},
		{"the largest text", "", "#\n", 16 * MIB, 0, ""},
		{"a text that is too large", "", "#\n", 16 * MIB + 1, 1,
				"1:1 a dial plan is at most 16777216 bytes long"},
		{"class 11: 100 000 lines", "", "#########\n", 1000000, 0, ""},
		{"class 11: 100 000 faults", PLAN, "x\n", 200018, 100000,
				"2:1 [x]: a line is NAME = VALUE"},
		{"class 49: a list as long as a line", PLAN "$session = failover ",
				"sip:h ", 38 + 10919 * 6, 0, ""},
		{"a list of faults", PLAN "$session = failover ", "x ", 18 + 64 * 1024,
				-1, ""},
		{"a list of percent signs", PLAN "$session = failover ", "% ",
				18 + 64 * 1024, -1, ""},
		{"a list of escapes", PLAN "$session = failover ", "%% ",
				18 + 64 * 1024, -1, ""},
		{"a word of escapes", PLAN "$session = failover sip:", "%%",
				18 + 64 * 1024, 1, "2:21 a URI is at most 1023 bytes long"},
		{"a word of slashes", PLAN "$session = failover sip:", "/",
				18 + 64 * 1024, 1, ""},
		{"a block of commas", PLAN "To = sip:h{", ",", 18 + 64 * 1024, 1,
				"2:11 this brace is not closed"},
		{"class 40: a pattern as long as a line",
				PLAN "&failover.pattern.response = ", "486|", 18 + 64 * 1024, 1,
				"2:30 a pattern is at most 1024 bytes long"},
};

START_TEST(reads_a_large_plan)
{
	int head = (int)strlen(large[_i].head);
	int piece = (int)strlen(large[_i].piece);
	char *bytes = malloc(large[_i].size);
	str text = {bytes, large[_i].size};
	arena_t *arena = arena_create(&counting, 65536);
	collector_t *collector = malloc(sizeof(*collector));
	rule_t *rule;
	clock_t since;
	double seconds;
	int i;

	memcpy(bytes, large[_i].head, head);
	for(i = head; i < text.len; i++)
		bytes[i] = large[_i].piece[(i - head) % piece];
	collector_init(collector);
	since = clock();
	dialplan_parse(&text, arena, &rule, &collector->diagnostics);
	seconds = (double)(clock() - since) / CLOCKS_PER_SEC;
	ck_assert_msg(seconds < 3, "%s: %.1f s", large[_i].title, seconds);
	if(large[_i].errors >= 0)
		ck_assert_msg(collector->diagnostics.errors == large[_i].errors,
				"%s: %d errors\n%.2000s", large[_i].title,
				collector->diagnostics.errors, collector->text);
	else
		ck_assert_int_gt(collector->diagnostics.errors, 20000);
	ck_assert_msg(
			strncmp(collector->text, large[_i].first, strlen(large[_i].first))
					== 0,
			"%s: %.200s", large[_i].title, collector->text);
	free(collector);
	arena_destroy(arena);
	free(bytes);
}
END_TEST

/* -- no memory ------------------------------------------------------------ */

static int read_plan(
		const str *text, arena_t *arena, diagnostics_t *diagnostics)
{
	rule_t *rule;

	return dialplan_parse(text, arena, &rule, diagnostics);
}

START_TEST(says_that_there_is_no_memory)
{
	expect_out_of_memory_is_reported(read_plan,
			PLAN "To = sip:a%%41@h\n$transport = TCP\n&failover.attempts = 5\n"
				 "$session = failover sip:b%%42@h sip:c@h{inviting=5}\n");
	expect_out_of_memory_is_reported(read_plan,
			PLAN "&failover.attempts = 5\n$session = failover sip:h\n");
}
END_TEST

Suite *suite_dialplan_parse(void)
{
	Suite *suite = suite_create("dialplan_parse");
	TCase *tc = tcase_create("dialplan_parse");

	tcase_set_timeout(tc, 60);
	tcase_add_loop_test(tc, reads_a_plan, 0, ROWS(plans));
	tcase_add_test(tc, reads_a_plan_that_is_cut_off);
	tcase_add_test(tc, counts_only_its_own_errors);
	tcase_add_loop_test(tc, reads_a_large_plan, 0, ROWS(large));
	tcase_add_test(tc, says_that_there_is_no_memory);
	suite_add_tcase(suite, tc);
	return suite;
}
