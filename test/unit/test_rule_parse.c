/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The lines of one rule, read as a plan with that rule: the conditions, all deploy lines
 * but the destinations (test_dialplan_parse.c has those), and the places where a percent
 * sign means a group. */
#include <stdlib.h>
#include <string.h>

#include "dialplan_parse.h"
#include "dialplan/rule_parse.h"
#include "suites.h"
#include "support.h"

#define MATCH "[Matching Patterns]\n"
#define PLAN "[Deploy Patterns]\n"
#define ONE_GROUP MATCH "From = (x)\n" PLAN
#define ONCE "]: once in a rule is right"
#define NO_GROUP                                                         \
	"]: no condition of this rule has such a group; for a percent sign " \
	"write %%"
#define NO_PERCENT                                                         \
	"]: %1 to %9 and %{10} stand for the groups of the conditions; for a " \
	"percent sign write %%"
#define NO_NAME \
	"]: the name of a parameter must be written out, as in ;user=phone"
#define IN_MATCHING "]: as a condition it stands under [Matching Patterns]"
#define IN_DEPLOY "]: this is no condition: it stands under [Deploy Patterns]"
#define FORGOTTEN                                                             \
	"]: this rule has no [Deploy Patterns], where it stands what becomes of " \
	"the call: was it forgotten above line "
#define NO_DESTINATION                                                \
	"]: this is a pattern: as a condition it stands under [Matching " \
	"Patterns], and To = sip:100@192.0.2.1 names a destination"
#define NO_COMMENT "]: a comment is a line of its own, which begins with #"
#define NO_PLUGIN                                                              \
	"]: there is no such session plug-in here: $session = failover ... would " \
	"be right"
#define NO_REPLY                                                         \
	"] is no reply: a code from 400 to 699 and a reason, as in 404 Not " \
	"Here, would be right"
#define ANSWERS                                                    \
	"]: it answers the call, so neither To, $session nor $target " \
	"stands beside it"
#define RESERVED                                                         \
	"]: a proxy does not change this header; other ones can be set, To " \
	"= names the first destination; as a condition it stands under "     \
	"[Matching Patterns]"
#define NO_HEADER                                                   \
	"]: this is no name of a header; To, $session, &failover.* or " \
	"X-Header would be right"
#define TOO_MANY_GROUPS                                              \
	"]: the conditions of a rule have at most 128 groups together; " \
	"(?:...) is a bracket that is no group"

#define GROUPS_32 \
	"()()()()()()()()()()()()()()()()()()()()()()()()()()()()()()()()"
#define REASON_40 "a reason that is exactly 40 bytes long.."
#define REASON_120 REASON_40 REASON_40 REASON_40

static const struct
{
	const char *title;
	const char *text;
	const char *expected; /* as describe_plan() has it; NULL: refused */
	const char *errors;
} rules[] = {
		/* conditions */
		{"a condition of every kind",
				MATCH "From = a\n$request = b\n$addr = c\n$port = d\n"
					  "$transport = e\n$localhost = f\n$outbound = g\n"
					  "$date = h\n$time = i\n&seg = j\n$pv($fU) = k\n"
					  "X-Y = !l\n" PLAN,
				"1: {From~a@0} {$request~b@0} {$addr~c@0} {$port~d@0} "
				"{$transport~e@0} {$localhost~f@0} {$outbound~g@0} "
				"{$date~h@0} {$time~i@0} {&seg~j@0} {$pv($fU)~k@0} "
				"{X-Y~!l@0} implied current(UDP)",
				""},
		{"one condition twice",
				MATCH "From = (a)\nFrom = (a)\n" PLAN "To = sip:%1%2@h",
				"1: {From~(a)@0} {From~(a)@1} sip:<0u><1u>@h(UDP)", ""},
		{"groups are numbered through all conditions",
				MATCH "From = (a)(b)\nTo = c\n$addr = (?:d)(e)\n" PLAN
					  "To = sip:%1%2%3@h",
				"1: {From~(a)(b)@0} {To~c@2} {$addr~(?:d)(e)@2} "
				"sip:<0u><1u><2u>@h(UDP)",
				""},
		{"groups of a negated condition count",
				MATCH "From = !(a)\nTo = (b)\n" PLAN "To = sip:%1%2@h",
				"1: {From~!(a)@0} {To~(b)@1} sip:<0u><1u>@h(UDP)", ""},
		{"128 groups",
				MATCH "From = " GROUPS_32 "\nTo = " GROUPS_32
					  "\n$addr = " GROUPS_32 "\n$port = " GROUPS_32
					  "\n$date = a\n" PLAN "To = sip:%{128}@h",
				"1: {From~" GROUPS_32 "@0} {To~" GROUPS_32
				"@32} {$addr~" GROUPS_32 "@64} {$port~" GROUPS_32
				"@96} {$date~a@128} sip:<127u>@h(UDP)",
				""},
		{"a number of which 128 is the beginning",
				MATCH "From = " GROUPS_32 "\nTo = " GROUPS_32
					  "\n$addr = " GROUPS_32 "\n$port = " GROUPS_32 "\n" PLAN
					  "X-A = %{1280}%{127}",
				NULL, "7:7 [%{1280}" NO_GROUP},
		{"129 groups",
				MATCH "From = " GROUPS_32 "\nTo = " GROUPS_32
					  "\n$addr = " GROUPS_32 "\n$port = " GROUPS_32
					  "\n$date = (a)\n" PLAN "To = sip:%{129}@h",
				NULL, "6:1 [$date = (a)" TOO_MANY_GROUPS},
		{"160 groups",
				MATCH "From = " GROUPS_32 "\nTo = " GROUPS_32
					  "\n$addr = " GROUPS_32 "\n$port = " GROUPS_32
					  "\n$date = " GROUPS_32 "\n" PLAN,
				NULL, "6:1 [$date = " GROUPS_32 TOO_MANY_GROUPS},
		{"33 groups in a pattern", MATCH "From = " GROUPS_32 "()\n" PLAN, NULL,
				"2:8 [" GROUPS_32 "()] has more than 32 groups: a pattern such "
				"as ^sip:9 or @example\\.com would be right"},
		{"if a condition has a fault, no group is reported as missing",
				MATCH "From = (a\n" PLAN "To = sip:%1%5@h", NULL,
				"2:10 [(a] is no regular expression: ..."},
		{"another fault is reported as well",
				MATCH "From = (a\n" PLAN "To = sip:%1%x@h", NULL,
				"2:10 [(a] is no regular expression: ...\n"
				"4:12 [%" NO_PERCENT},
		{"in a condition a percent sign means no group",
				MATCH "From = (a)%1\n" PLAN,
				"1: {From~(a)%1@0} implied current(UDP)", ""},

		/* groups */
		{"%1 in all places",
				ONE_GROUP "To = sip:%1@h%1:5%1;p=%1\n"
						  "$session = failover sip:%1@[::1] sip:h%{1}/TCP\n"
						  "X-A = <%1>\n$x = %1\n&y=%{1}%1",
				"1: {From~(x)@0} sip:<0u>@h<0h>:5<0p>;p=<0m>(UDP) "
				"sip:<0u>@[::1](UDP) sip:h<0h>/TCP; X-A:=<<0v>>; &x:=<0v>; "
				"&y:=<0v><0v>",
				""},
		{"%1 in a reason", ONE_GROUP "$action = 404 No %1 here",
				"1: {From~(x)@0} = 404 No <0v> here", ""},
		{"%1 as the reason", ONE_GROUP "$action = 404 %1",
				"1: {From~(x)@0} = 404 <0v>", ""},
		{"%% in all places",
				PLAN "To = sip:%%41@h;p=%%42\n"
					 "$session = failover sip:a%%43@h\nX-A = 100%% %%1\n"
					 "$x = %%",
				"1: sip:%41@h;p=%42(UDP) sip:a%43@h(UDP); X-A:=100% %1; &x:=%",
				""},
		{"%% in a reason", PLAN "$action = 404 100%%", "1: = 404 100%", ""},
		{"%%1 is no group", ONE_GROUP "X-A = %%1%%%1%%",
				"1: {From~(x)@0} implied current(UDP); X-A:=%1%<0v>%", ""},
		{"%10 is %1 and a zero", ONE_GROUP "X-A = %10",
				"1: {From~(x)@0} implied current(UDP); X-A:=<0v>0", ""},
		{"leading zeros", ONE_GROUP "X-A = %{001}",
				"1: {From~(x)@0} implied current(UDP); X-A:=<0v>", ""},
		{"%0", ONE_GROUP "X-A = %0", NULL, "4:7 [%" NO_PERCENT},
		{"%{0}", ONE_GROUP "X-A = %{0}", NULL, "4:7 [%{0}" NO_GROUP},
		{"%2 of one", ONE_GROUP "X-A = %1%2", NULL, "4:9 [%2" NO_GROUP},
		{"%{2} of one", ONE_GROUP "X-A = %1%{2}", NULL, "4:9 [%{2}" NO_GROUP},
		{"a number that wraps", ONE_GROUP "X-A = %{4294967297}", NULL,
				"4:7 [%{4294967297}" NO_GROUP},
		{"another that wraps", ONE_GROUP "X-A = %{18446744073709551617}", NULL,
				"4:7 [%{18446744073709551617}" NO_GROUP},
		{"%{}", ONE_GROUP "X-A = %{}", NULL, "4:7 [%{}" NO_PERCENT},
		{"%{1", ONE_GROUP "X-A = %{1", NULL, "4:7 [%" NO_PERCENT},
		{"%{-1}", ONE_GROUP "X-A = %{-1}", NULL, "4:7 [%{-1}" NO_PERCENT},
		{"%{ 1}", ONE_GROUP "X-A = %{ 1}", NULL, "4:7 [%" NO_PERCENT},
		{"% at the end", ONE_GROUP "X-A = 100%", NULL, "4:10 [%" NO_PERCENT},
		{"%%% at the end", ONE_GROUP "X-A = %%%", NULL, "4:9 [%" NO_PERCENT},
		{"every wrong one", ONE_GROUP "X-A = %2 %x %{9}%", NULL,
				"4:7 [%2" NO_GROUP "\n4:10 [%" NO_PERCENT
				"\n4:13 [%{9}" NO_GROUP "\n4:17 [%" NO_PERCENT},
		{"in a variable", ONE_GROUP "$x = %2", NULL, "4:6 [%2" NO_GROUP},
		{"in a reason", ONE_GROUP "$action = 404 %2", NULL,
				"4:15 [%2" NO_GROUP},
		{"no group in a setting", ONE_GROUP "&failover.reply = 480 100%1%",
				"1: {From~(x)@0} implied current(UDP); reply=480 100%1%", ""},
		{"no group in a code", ONE_GROUP "$action = %1", NULL,
				"4:11 [%1" NO_REPLY},
		{"no group in a transport", ONE_GROUP "$transport = %1", NULL,
				"4:14 [%1] is no transport: ..."},
		{"no group as a suffix", ONE_GROUP "To = sip:h/%1", NULL,
				"4:12 [%1] is no transport: ..."},
		{"no group in options", ONE_GROUP "To = sip:h{inviting=%1}", NULL,
				"4:21 [%1]: the options of a destination must be written out"},
		{"not in options, whatever groups there are",
				PLAN "To = sip:h{inviting=%1}\n"
					 "$session = failover sip:h{pattern=%{2}} sip:%1@h",
				NULL,
				"2:21 [%1]: the options of a destination must be written out\n"
				"3:45 [%1" NO_GROUP
				"\n3:35 [%{2}]: the options of a destination must be written "
				"out"},
		{"a percent sign in options", PLAN "To = sip:h{pattern=40.|4%.|4%%.}",
				NULL, "2:25 [%" NO_PERCENT},
		{"a text that looks like a group with a name",
				PLAN "To = sip:%{x}@h\n$session = failover sip:%{-}@h %{y}",
				NULL,
				"2:10 [%{x}" NO_PERCENT "\n3:25 [%{-}" NO_PERCENT
				"\n3:32 [%{y}" NO_PERCENT
				"\n3:32 [%{y}]: a destination begins with sip: or sips:"},
		{"no group as a destination", ONE_GROUP "$session = failover %1", NULL,
				"4:21 [%1]: a destination begins with sip: or sips:"},
		{"no group as a scheme", ONE_GROUP "To = %1:a@h", NULL,
				"4:6 [%1:a@h]: a destination begins with sip: or sips:"},
		{"no group as a transport parameter",
				ONE_GROUP "To = sip:h;transport=%1", NULL,
				"4:22 [%1]: a transport must be written out, ;transport=tcp or "
				"/TCP"},
		{"no group as the name of a parameter",
				ONE_GROUP "To = sip:a@h;%1=%1\n"
						  "$session = failover sip:a@h;ma%1=x sip:a@h;lr%1/TCP",
				NULL,
				"4:14 [%1" NO_NAME "\n5:29 [ma%1" NO_NAME
				"\n5:44 [lr%1" NO_NAME},
		{"a whole host", ONE_GROUP "To = sip:%1",
				"1: {From~(x)@0} sip:<0h>(UDP)", ""},

		/* $continue */
		{"$continue", PLAN "$continue = true",
				"1: implied current(UDP); continue", ""},
		{"$continue = on", PLAN "$continue=ON",
				"1: implied current(UDP); continue", ""},
		{"$continue = false", PLAN "$continue = false",
				"1: implied current(UDP)", ""},
		{"$continue and all the rest",
				PLAN
				"$continue = 1\nTo = sip:a@h\n$session = failover sip:b@h\n"
				"$transport = TLS\n&failover.attempts = 2\nX-A = b",
				"1: sip:a@h/TLS sip:b@h(UDP); continue; attempts=2; X-A:=b",
				""},
		{"$continue and $action", PLAN "$continue = yes\n$action = 480",
				"1: = 480 ; continue", ""},
		{"$continue without a value", PLAN "$continue =", NULL,
				"2:12 [] is neither true nor false, the values of $continue"},
		{"$continue = maybe", PLAN "$continue = maybe", NULL,
				"2:13 [maybe] is neither true nor false, the values of "
				"$continue"},
		{"$continue twice", PLAN "$continue = true\n$Continue = true", NULL,
				"3:1 [$Continue" ONCE},

		/* $action */
		{"$action", PLAN "$action = 404 Not Here", "1: = 404 Not Here", ""},
		{"$action without a reason", PLAN "$action = 404", "1: = 404 ", ""},
		{"$action, the longest reason",
				PLAN "$action = 404 " REASON_120 "1234567",
				"1: = 404 " REASON_120 "1234567", ""},
		{"$action, a longer reason",
				PLAN "$action = 404 " REASON_120 "12345678", NULL,
				"2:15 [a reason...] is no reason: at most 127 bytes without a "
				"tab would be right"},
		{"$action, a tab in the reason", PLAN "$action = 404 a\tb", NULL,
				"2:15 [a?b] is no reason: ..."},
		{"$action = 400", PLAN "$action = 400 x", "1: = 400 x", ""},
		{"$action = 699", PLAN "$action = 699 x", "1: = 699 x", ""},
		{"$action = 399", PLAN "$action = 399 x", NULL,
				"2:11 [399]: a rule refuses a call, with a code from 400 to "
				"699; for a redirect ..."},
		{"$action = 700", PLAN "$action = 700", NULL, "2:11 [700" NO_REPLY},
		{"$action = 200", PLAN "$action = 200 OK", NULL,
				"2:11 [200]: a rule refuses a call, with a code from 400 to "
				"699; sl_send_reply() in kamailio.cfg answers it otherwise"},
		{"$action = 302", PLAN "$action = 302 Moved", NULL,
				"2:11 [302]: a rule refuses a call, with a code from 400 to "
				"699; for a redirect append_to_reply(..."},
		{"$action = register", PLAN "$action = register", NULL,
				"2:11 [register]: no rule registers a user: save(\"location\") "
				"for a REGISTER in kamailio.cfg"},
		{"$action = block", PLAN "$action = block", NULL,
				"2:11 [block]: no rule puts a caller on a list: $action = 403 "
				"would be right, ..."},
		{"$action without a value", PLAN "$action = ", NULL, "2:10 [" NO_REPLY},
		{"$action twice", PLAN "$action = 404\n$ACTION = 404", NULL,
				"3:1 [$ACTION" ONCE},
		{"$action twice, once wrong", PLAN "$action = 4\n$action = 404", NULL,
				"2:11 [4" NO_REPLY "\n3:1 [$action" ONCE},
		{"$action beside To", PLAN "To = sip:a@h\n$action = 404", NULL,
				"3:1 [$action" ANSWERS},
		{"$action beside $session",
				PLAN "$action = 404\n$session = failover sip:a@h", NULL,
				"2:1 [$action" ANSWERS},
		{"$action beside an empty list",
				PLAN "$action = 404\n$session = failover", NULL,
				"2:1 [$action" ANSWERS},
		{"$action beside variables and settings",
				PLAN "$x = y\n$action = 404\n&failover.attempts = 3",
				"1: = 404 ; attempts=3; &x:=y", ""},

		/* $transport */
		{"$transport of a sips URI", PLAN "To = sips:a@h\n$transport = TLS",
				"1: sips:a@h/TLS", ""},
		{"$transport against a sips URI",
				PLAN "To = sips:a@h\n$transport = TCP", NULL,
				"3:14 $transport = TCP contradicts To, which says TLS: one of "
				"them would be right"},
		{"$transport against ;transport=",
				PLAN "To = sip:a@h;transport=tcp\n$transport = UDP", NULL,
				"3:14 $transport = UDP contradicts To, which says TCP: ..."},
		{"$transport repeats ;transport=",
				PLAN "To = sip:a@h;transport=tcp\n$transport = TCP",
				"1: sip:a@h;transport=tcp/TCP", ""},
		{"$transport of current", PLAN "To = current\n$transport = SCTP",
				"1: current/SCTP", ""},
		{"$transport of nobody", PLAN "$transport = TCP\n$session = failover",
				"1: implied current/TCP", ""},
		{"$transport and To, which is wrong", PLAN "To = a@h\n$transport = TCP",
				NULL, "2:6 [a@h]: a destination begins with sip: or sips:"},

		/* lines that belong to the other section */
		{"the deploy section is forgotten",
				MATCH "$request = ^INVITE\nTo = sip:9(.+)@\nTo = sip:100@a\n"
					  "$transport = TCP\n&failover.attempts = 3",
				NULL, "1:1 [[Matching Patterns]" FORGOTTEN "4?"},
		{"the deploy section is forgotten before a transport",
				MATCH "$transport = TCP", NULL,
				"1:1 [[Matching Patterns]" FORGOTTEN "2?"},
		{"the deploy section is forgotten before a setting",
				MATCH "&failover.attempts = 3", NULL,
				"1:1 [[Matching Patterns]" FORGOTTEN "2?"},
		{"a rule that has only conditions",
				MATCH "To = sip:9(.+)@\n$transport = ^TCP|TLS\n&seg = a", NULL,
				"1:1 [[Matching Patterns]]: this rule has no [Deploy "
				"Patterns], "
				"where it stands what becomes of the call; it stands below the "
				"conditions"},
		{"a last rule that has only conditions",
				MATCH "To = sip:100@a\n" PLAN MATCH "To = a", NULL,
				"4:1 [[Matching Patterns]]: this rule has no [Deploy "
				"Patterns], "
				"where it stands what becomes of the call; it stands below the "
				"conditions"},
		{"a line that is not a condition",
				MATCH "$session = failover sip:a@h\n$Action = 404 %1\n"
					  "$continue = true\n",
				NULL,
				"2:1 [$session" IN_DEPLOY "\n3:1 [$Action" IN_DEPLOY
				"\n4:1 [$continue" IN_DEPLOY
				"\n1:1 [[Matching Patterns]" FORGOTTEN "2?"},
		{"the groups of such a line are not known",
				MATCH "$session = (a)\n" PLAN "X-A = %1", NULL,
				"2:1 [$session" IN_DEPLOY},
		{"settings and the like may be conditions",
				MATCH
				"&failover.attempts = 3\n$transport = TCP\nTo = sip:a@h\n" PLAN,
				"1: {&failover.attempts~3@0} {$transport~TCP@0} {To~sip:a@h@0} "
				"implied current(UDP)",
				""},
		{"a pattern for the first destination", PLAN "To = sip:9(.+)@", NULL,
				"2:6 [sip:9(.+)@" NO_DESTINATION},
		{"patterns of other kinds",
				PLAN "To = ^sip:9\nTo = !sip:9\nTo = @example\\.com\n"
					 "To = sip:9.*@\nTo = sip:10[0-9]@\nTo = sip:\\d{3}@h",
				NULL,
				"2:6 [^sip:9" NO_DESTINATION "\n3:1 [To" ONCE
				"\n3:6 [!sip:9" NO_DESTINATION "\n4:1 [To" ONCE
				"\n4:6 [@example\\.com" NO_DESTINATION "\n5:1 [To" ONCE
				"\n5:6 [sip:9.*@" NO_DESTINATION "\n6:1 [To" ONCE
				"\n6:6 [sip:10[0-9]@" NO_DESTINATION "\n7:1 [To" ONCE
				"\n7:6 [sip:\\d{3}@h" NO_DESTINATION},
		{"a user part that could be a pattern", PLAN "To = sip:(.+)*@h",
				"1: sip:(.+)*@h(UDP)", ""},
		{"a backslash in a pattern of its own",
				PLAN "To = sip:a@h{pattern=5\\d}",
				"1: sip:a@h(UDP){pattern.response=130:350-659}", ""},
		{"a registered user is no pattern", PLAN "To = sip:+49.30@", NULL,
				"2:6 [sip:+49.30@] has no host; for a registered user call "
				"..."},

		{"options of the first destination behind a blank",
				PLAN "To = sip:a@h {inviting=3}", NULL,
				"2:14 [{inviting=3}]: options stand right behind their "
				"destination, without a blank: ..."},

		/* every error of a line */
		{"an error after a comment",
				PLAN "To = sip:a@h/X # c\n"
					 "$session = failover sip:b@h/Y sip:c@h:0 # c d\n"
					 "$transport = Z # c\n$continue = x # c\n"
					 "&failover.attempts = 0 # c",
				NULL,
				"2:16 [#" NO_COMMENT "\n2:14 [X] is no transport: ...\n"
				"3:41 [#" NO_COMMENT "\n3:29 [Y] is no transport: ...\n"
				"3:39 [0] is no port: ...\n"
				"4:16 [#" NO_COMMENT "\n4:14 [Z] is no transport: ...\n"
				"5:15 [#" NO_COMMENT "\n5:13 [x] is neither true nor false...\n"
				"6:24 [#" NO_COMMENT "\n6:22 [0] is no whole number..."},
		{"an error after a misspelt verb", PLAN "$session = failovr sip:b@h/Y",
				NULL,
				"2:12 [failovr" NO_PLUGIN "\n2:28 [Y] is no transport: ..."},
		{"an error after a forgotten verb",
				PLAN "$session = sip:a@h/X sip:b@h/Y", NULL,
				"2:12 [sip:a@h/X" NO_PLUGIN "\n2:20 [X] is no transport: ...\n"
				"2:30 [Y] is no transport: ..."},
		{"what another plug-in would do is not known",
				PLAN "$session = callrecord a/b {c", NULL,
				"2:12 [callrecord" NO_PLUGIN},
		{"an error in a repeated line",
				PLAN "To = sip:a@h\nTo = sip:a@h/X\n"
					 "$session = failover\n$session = failover sip:b@h/Y\n"
					 "$transport = TCP\n$transport = Z\n"
					 "$continue = true\n$continue = x\n"
					 "&failover.attempts = 1\n&failover.attempts = 0\n"
					 "X-A = a\nX-A = %1\n$v = a\n&v = %1",
				NULL,
				"3:1 [To" ONCE "\n3:14 [X] is no transport: ...\n"
				"5:1 [$session" ONCE "\n5:29 [Y] is no transport: ...\n"
				"7:1 [$transport" ONCE "\n7:14 [Z] is no transport: ...\n"
				"9:1 [$continue" ONCE
				"\n9:13 [x] is neither true nor false...\n"
				"11:1 [&failover.attempts] stands here a second time: once is "
				"right\n11:22 [0] is no whole number...\n"
				"13:1 [X-A" ONCE "\n13:7 [%1" NO_GROUP "\n15:1 [&v" ONCE
				"\n15:6 [%1" NO_GROUP},
		{"an error after a code that is not valid", PLAN "$action = 39 %7",
				NULL, "2:11 [39 %7" NO_REPLY "\n2:14 [%7" NO_GROUP},

		/* headers */
		{"headers", PLAN "X-A = b\nSubject = c d  e\nP-Charge-Info=<sip:f@g>",
				"1: implied current(UDP); X-A:=b; Subject:=c d  e; "
				"P-Charge-Info:=<sip:f@g>",
				""},
		{"a header is removed", PLAN "X-A =\nX-B = \t",
				"1: implied current(UDP); X-A:=; X-B:=", ""},
		{"a header with an equals sign in it", PLAN "X-A = b=c",
				"1: implied current(UDP); X-A:=b=c", ""},
		{"a header twice", PLAN "X-A = b\nx-a = c", NULL, "3:1 [x-a" ONCE},
		{"a header twice, by its compact form", PLAN "Subject = b\ns = c", NULL,
				"3:1 [s" ONCE},
		{"a header twice, once empty", PLAN "X-A =\nX-A = c", NULL,
				"3:1 [X-A" ONCE},
		{"From", PLAN "From = <sip:a@h>", NULL, "2:1 [From" RESERVED},
		{"Call-ID", PLAN "Call-ID = x", NULL, "2:1 [Call-ID" RESERVED},
		{"CSeq", PLAN "CSeq = x", NULL, "2:1 [CSeq" RESERVED},
		{"Via", PLAN "Via = x", NULL, "2:1 [Via" RESERVED},
		{"Route", PLAN "Route = x", NULL, "2:1 [Route" RESERVED},
		{"Record-Route", PLAN "Record-Route = x", NULL,
				"2:1 [Record-Route" RESERVED},
		{"Contact", PLAN "Contact = x", NULL, "2:1 [Contact" RESERVED},
		{"Max-Forwards", PLAN "Max-Forwards = 1", NULL,
				"2:1 [Max-Forwards" RESERVED},
		{"Content-Length", PLAN "Content-Length = 1", NULL,
				"2:1 [Content-Length" RESERVED},
		{"a reserved header in another case", PLAN "contact = x", NULL,
				"2:1 [contact" RESERVED},
		{"a reserved header by its compact form", PLAN "f = x\nm =\nt = y",
				NULL,
				"2:1 [f" RESERVED "\n3:1 [m" RESERVED "\n4:1 [t" RESERVED},
		{"a reserved header is not removed either", PLAN "Via =", NULL,
				"2:1 [Via" RESERVED},
		{"not the name of a header", PLAN "X Y = z", NULL,
				"2:1 [X Y" NO_HEADER},
		{"a colon", PLAN "X-A: b = z", NULL, "2:1 [X-A: b" NO_HEADER},
		{"a setting without its ampersand", PLAN "failover.timer.inviting = 5",
				"1: implied current(UDP); failover.timer.inviting:=5", ""},

		/* variables */
		{"variables", PLAN "$rtp = true\n&seg = a b\n$a.b-c_d = x",
				"1: implied current(UDP); &rtp:=true; &seg:=a b; "
				"&a.b-c_d:=x",
				""},
		{"an empty variable",
				PLAN "$rtp =", "1: implied current(UDP); &rtp:=", ""},
		{"a variable twice", PLAN "&seg = a\n&seg = b", NULL, "3:1 [&seg" ONCE},
		{"a variable twice, as $ and &", PLAN "&seg = a\n$seg = b", NULL,
				"3:1 [$seg" ONCE},
		{"a variable in another case is another variable",
				PLAN "&seg = a\n&Seg = b",
				"1: implied current(UDP); &seg:=a; &Seg:=b", ""},
		{"not the name of a variable",
				PLAN "$var(a) = a\n$ = b\n$xavp(a=>b) = c", NULL,
				"2:1 [$var(a)] is no name: letters, digits, dots, dashes and "
				"underscores behind the $ would be right\n"
				"3:1 [$] is no name: ...\n4:1 [$xavp(a=>b)] is no name: ..."},
		{"a variable as the script writes it",
				PLAN "$xavp(failover=>seg) = a = b", NULL,
				"2:1 [$xavp(failover=>seg)]: $seg = a = b would be right"},
		{"the same without a name", PLAN "$xavp(failover=>) = a", NULL,
				"2:1 [$xavp(failover=>)] is no name: ..."},
		{"a pseudo-variable of a condition",
				PLAN "$pv($fU) = ^9\n$pv($xavp(a=>b)) = c", NULL,
				"2:1 [$pv($fU)" IN_MATCHING
				"; a rule sets $NAME, and the script "
				"the other pseudo-variables\n3:1 [$pv($xavp(a=>b))" IN_MATCHING
				"..."},
		{"a misspelt line is a variable", PLAN "$sesion = failover sip:a@h",
				"1: implied current(UDP); &sesion:=failover sip:a@h", ""},
		{"&failover alone is none of the settings", PLAN "&failover = x",
				"1: implied current(UDP); &failover:=x", ""},
};

START_TEST(reads_a_rule)
{
	arena_t *arena = small_arena();
	arena_t *scratch = small_arena();
	str text = exact(rules[_i].text, (int)strlen(rules[_i].text));
	collector_t *collector = malloc(sizeof(*collector));
	dialplan_t *plan;
	char found[2048] = "";

	collector_init(collector);
	plan = dialplan_parse(&text, arena, scratch, &collector->diagnostics);
	arena_destroy(scratch);
	expect_reported(rules[_i].title, collector, rules[_i].errors);
	ck_assert_int_eq(plan == NULL, rules[_i].expected == NULL);
	if(plan != NULL) {
		describe_plan(plan, found, sizeof(found));
		expect_same(rules[_i].title, found, rules[_i].expected);
	}
	free(collector);
	exact_free(&text);
	arena_destroy(arena);
}
END_TEST

/* The deploy lines that have their own meaning. */
START_TEST(has_the_documented_lines)
{
	static const char *const names[] = {"To", "$transport", "$session",
			"$target", "$ifdst", "$continue", "$action"};
	const deploy_line_t *line = rule_deploy_table();
	int i;

	for(i = 0; i < ROWS(names); i++, line++) {
		ck_assert_str_eq(line->name, names[i]);
		ck_assert_uint_gt(strlen(line->explanation), 10);
		ck_assert_ptr_null(strchr(line->explanation, '\n'));
	}
	ck_assert_ptr_null(line->name);
}
END_TEST

/* A value may have this many bytes, and not one more. */
START_TEST(limits_values)
{
	static const char *const lines[] = {PLAN "X-A = ", PLAN "$x = "};
	static char text[RULE_VALUE_BYTES_MAX + 100];
	int i, more;

	for(i = 0; i < 4; i++) {
		arena_t *arena = small_arena();
		collector_t collector;
		str plan = {text, (int)strlen(lines[i / 2])};
		char expected[64] = "";

		more = i % 2;
		memcpy(text, lines[i / 2], plan.len);
		memset(text + plan.len, 'x', RULE_VALUE_BYTES_MAX + more);
		print(expected, sizeof(expected),
				more ? "2:%d a value is at most 4096 bytes long" : "",
				plan.len - (int)strlen(PLAN) + 1);
		plan.len += RULE_VALUE_BYTES_MAX + more;
		collector_init(&collector);
		ck_assert_int_eq(
				dialplan_parse(&plan, arena, arena, &collector.diagnostics)
						== NULL,
				more);
		expect_reported(lines[i / 2], &collector, expected);
		arena_destroy(arena);
	}
}
END_TEST

/* 64 headers and 64 variables are allowed; one more of either is an error. */
START_TEST(limits_headers_and_variables)
{
	char text[4096] = PLAN;
	collector_t collector;
	arena_t *arena = arena_create(&counting, 65536);
	str plan = {text, 0};
	int i;

	for(i = 0; i < 64; i++)
		print(text, sizeof(text), "X-%d = a\n&x%d = b\n", i, i);
	plan.len = (int)strlen(text);
	collector_init(&collector);
	ck_assert_ptr_nonnull(
			dialplan_parse(&plan, arena, arena, &collector.diagnostics));
	print(text, sizeof(text), "X-A = a\n&a = b\nX-63 = c\n&x63 = d\n");
	plan.len = (int)strlen(text);
	ck_assert_ptr_null(
			dialplan_parse(&plan, arena, arena, &collector.diagnostics));
	expect_reported("65 of each", &collector,
			"130:1 [X-A]: a rule has at most 64 lines of this kind\n"
			"131:1 [&a]: a rule has at most 64 lines of this kind\n"
			"132:1 [X-63" ONCE "\n133:1 [&x63" ONCE);
	arena_destroy(arena);
}
END_TEST

Suite *suite_rule_parse(void)
{
	Suite *suite = suite_create("rule_parse");
	TCase *tc = new_tcase("rule_parse");

	tcase_add_loop_test(tc, reads_a_rule, 0, ROWS(rules));
	tcase_add_test(tc, has_the_documented_lines);
	tcase_add_test(tc, limits_values);
	tcase_add_test(tc, limits_headers_and_variables);
	suite_add_tcase(suite, tc);
	return suite;
}
