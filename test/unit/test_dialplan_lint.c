/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lint/dialplan_lint.h"
#include "dialplan_parse.h"
#include "dialplan/inline_parse.h"
#include "lint/lint.h"
#include "suites.h"
#include "support.h"

#define M "[Matching Patterns]\n"
#define D "[Deploy Patterns]\n"
#define TO "To = sip:a@h\n"

/* A rule that gives no warning. */
#define RULE M "$request = ^INVITE sip:other@\n" D TO

#define ANYWHERE                                                    \
	" a redirect may lead anywhere: "                               \
	"&failover.redirection.allow = @gw\\.example\\.com limits it, " \
	"&failover.redirection = false switches it off"
#define HIDDEN(line)                                                        \
	"this rule never applies: the rule of line " line                       \
	" has no other conditions than this one and ends the search; put this " \
	"one above it, or $continue = true there"
#define SHADOWED(line, below, above)                                    \
	"this rule never applies: the rule of line " line                   \
	" takes whatever it would, as what [" below "] matches is matched " \
	"by [" above "] too; put this one above it"
#define ALONE                                                             \
	"this rule takes a call also where no rule below does, and names no " \
	"destination: then the call goes to the request's own URI, or is "    \
	"refused if that is this server; a last rule with $action = 404 Not " \
	"Found would answer it"
#define BEHIND                                                             \
	" belongs to the value: a comment is a line of its own, which begins " \
	"with #"
#define UNMATCHED_BELOW(line)                                             \
	"no redirect is followed here, though line " line " says so, as the " \
	"pattern matches no 3xx: 3.. as one of its alternatives, or "         \
	"&failover.redirection = false, would be right"
#define BEYOND(total, timer, time, where)                                   \
	"timer.total ends the call after " total ", so that " timer " of " time \
	" is never over" where ": a longer total, or a shorter timer, would "   \
	"let the next destination have its turn"
#define BY(line) ", as by the rule of line " line
#define BRANCHES \
	"max_branches in kamailio.cfg, 30 at the most, would have to be more"
#define BESIDE_REPLY                                                    \
	"this does nothing here: $action answers the call, so there is no " \
	"attempt; leave it out, or write To instead of $action"

static const struct
{
	const char *title;
	const char *plan;
	const char *expected;
	/* the level below; NULL: redirection=no, so that a rule without this
	 * setting gives no warning */
	const char *defaults;
	unsigned max_branches; /* 0 means 12 */
} plans[] = {
		/* no warning */
		{.title = "documented example 1",
				D "To = sip:100@192.168.0.100\n$session = failover "
				  "sip:101@192.168.0.101 sip:102@192.168.0.102\n",
				"1:1 warning: by this rule" ANYWHERE,
				""},
		{.title = "documented example 2",
				D "To = sip:100@192.168.0.100\n$transport = TCP\n"
				  "$session = failover sip:101@192.168.0.101/TCP "
				  "sip:102@192.168.0.102/TCP\n",
				"1:1 warning: by this rule" ANYWHERE,
				""},
		{.title = "documented example 3",
				D "To = sip:100@192.168.0.100\n"
				  "$session = failover sip:101@192.168.0.101\n"
				  "&failover.timer.inviting = 30\n",
				"1:1 warning: by this rule" ANYWHERE,
				""},
		{.title = "documented example 4",
				D "To = sip:100@192.168.0.100\n"
				  "$session = failover sip:101@192.168.0.101\n"
				  "&failover.pattern.response = 4..\n",
				"",
				""},
		{.title = "documented example 5",
				D "To = sip:100@192.168.0.100\n$session = failover\n"
				  "&failover.pattern.response = 30.\n"
				  "&failover.redirection = true\n",
				"5:1 warning: by this rule" ANYWHERE,
				""},
		{.title = "the documented example with $transport, but for its "
				  "redirection",
				D "To = sip:100@192.168.0.100\n$transport = TCP\n"
				  "$session = failover sip:101@192.168.0.101/TCP "
				  "sip:102@192.168.0.102\n&failover.timer.inviting = 30\n"
				  "&failover.timer.provisional = 20\n"
				  "&failover.pattern.response = 4..\n"
				  "&failover.redirection = true\n",
				"8:1 warning: no redirect is followed, as pattern.response "
				"matches no 3xx here: 3.. as one of its alternatives would be "
				"right",
				""},
		{.title = "conditions as the tutorials have them",
				M "$request = ^INVITE\nTo = sip:9(.+)@\n"
				  "From = !sip:10[0-9]@\n$addr = ^10\\.1\\.\n" D
				  "To = sip:%1@h\n$continue = true\n" M
				  "$request = ^INVITE\nTo = sip:8\n$localhost = true\n"
				  "$transport = ^(TLS|TCP)$\n$time = ^(0[89]|1[0-7])\n"
				  "$date = /12/2[456]$\n" D "$action = 404 Not Here\n",
				""},

		/* no rule */
		{.title = "behind a rule for everything",
				D TO RULE,
				"3:1 warning: this rule never applies: the rule of line 1 has "
				"no conditions and ends the search; put that one last, or "
				"$continue = true there"},
		{.title = "three behind a rule for everything",
				"\n" D TO RULE RULE "\n" RULE,
				"4:1 warning: this rule never applies (like the 2 below it): "
				"the rule of line 2 has no conditions and ..."},
		{.title = "behind one for everything that goes on",
				D "$continue = true\n" RULE D "$action = 404\n",
				""},
		{.title = "the same conditions",
				M "To = a\nFrom = b\n" D TO M "From = b\nTo = a\n" D TO,
				"6:1 warning: " HIDDEN("1")},
		{.title = "fewer conditions above",
				RULE M "From = b\n" D TO M "To = a\nFrom = b\nX = c\n" D TO,
				"9:1 warning: " HIDDEN("5")},
		{.title = "more conditions above",
				M "To = a\nFrom = b\n" D TO M "To = a\n" D TO,
				""},
		{.title = "other conditions above",
				M "To = a\nFrom = b\n" D TO M "To = a\nFrom = c\n" D TO M
				  "To = !a\nFrom = b\n" D TO,
				""},
		{.title = "the same above, which goes on",
				M "To = a\n" D "$continue = true\n" M "To = a\n" D TO,
				""},
		{.title = "the same header by another name",
				M "f = a\n" D TO M "FROM = a\n" D TO,
				"5:1 warning: " HIDDEN("1")},
		{.title = "each is told of the first that hides it",
				M "To = a\n" D TO M "To = a\n" D TO M "To = a\nX = b\n" D TO,
				"5:1 warning: " HIDDEN("1") "\n9:1 warning: " HIDDEN("1")},
		{.title = "a named rule is shown by its name",
				M "To = a\n" D TO "[Rule x]\n" M "To = a\n" D TO,
				"5:1 warning: " HIDDEN("1")},
		{.title = "the last goes on",
				RULE D TO "$continue = yes\n",
				"7:1 warning: this is the last rule, so there is none to go "
				"on to: leave the line out, or put the rule higher"},
		{.title = "the last says that it does not go on",
				D TO "$continue = false\n",
				""},


		/* rules that never apply, because a rule above takes all their calls */
		{.title = "a shorter number above",
				M "To = sip:9(.+)@\n" D TO M "To = sip:911@\n" D TO,
				"6:6 warning: " SHADOWED("1", "sip:911@", "sip:9(.+)@")},
		{.title = "a shorter prefix above",
				M "$request = ^INVITE sip:0\n" D TO M
				  "$request = ^INVITE sip:00(\\d+)@\n" D TO,
				"6:12 warning: " SHADOWED(
						"1", "^INVITE sip:00(\\d+)@", "^INVITE sip:0")},
		{.title = "among other conditions",
				M "From = !x\n$request = ^INVITE\nTo = sip:[19]\n" D TO M
				  "To = sip:91\nX = y\n$request = ^INVITE\nFrom = !x\n" D TO,
				"8:6 warning: " SHADOWED("1", "sip:91", "sip:[19]")},
		{.title = "a group that an argument uses, behind one that is idle",
				M "$time = ^(0|1)\nTo = sip:(.)\n"
				  "$registered(\"sip:%2@h\") = true\n" D "To = sip:a@h\n",
				"2:9 warning: the group in [^(0|1)] is %1 of this rule, and "
				"those of "
				"the conditions below it count on from there: write (?:...) "
				"for a "
				"bracket that is no group"},
		{.title = "all alternatives",
				M "To = sip:(1|2)\\d\n" D TO M "To = sip:(11|22)@\n" D TO M
				  "To = sip:(11|3)@\n" D TO,
				"6:6 warning: " SHADOWED("1", "sip:(11|22)@", "sip:(1|2)\\d")},
		{.title = "what needs nothing certain",
				M "To = \\d+\n" D TO M "To = sip:7@\n" D TO,
				"6:6 warning: " SHADOWED("1", "sip:7@", "\\d+")},
		{.title = "nearly, but a call may come through",
				M "To = sip:9@\n" D TO M "To = sip:9\n" D TO M
				  "U = ^sip:8\n" D TO M "U = sip:88\n" D TO M "To = 7$\n" D TO M
				  "To = sip:77\n" D TO M "To = sip:6(?!6)\n" D TO M
				  "To = sip:6\n" D TO M "To = (?>55?)5@\n" D TO M
				  "To = 55@\n" D TO M "To = 4\\b\n" D TO M "To = sip:4\n" D TO M
				  "To = !sip:3\nX = a\n" D TO M "To = sip:2\nX = a\n" D TO M
				  "From = sip:1\n" D TO M "Via = sip:11\n" D TO M
				  "Y = 1?+1\n" D TO M "Y = 11\n" D TO M
				  "Y = [[:alpha:]]z\n" D TO M "Y = yz\n" D TO,
				"76:6 warning: [[:alpha:]]: this is a class of characters, "
				"and in Java those characters themselves: [A-Za-z], [0-9] and "
				"the like are the same in both"},
		{.title = "one that goes on shadows none",
				M "To = sip:9\n" D TO "$continue = yes\n" M
				  "To = sip:911@\n" D TO,
				""},
		{.title = "the same conditions are another warning",
				M "To = sip:9\n" D TO M "To = sip:9\nFrom = x\n" D TO M
				  "To = sip:91\n" D TO,
				"5:1 warning: " HIDDEN("1") "\n11:6 warning: " SHADOWED(
						"1", "sip:91", "sip:9")},
		{.title = "a variable may be another one below",
				M "To = a\n" D "&x = 11\n$continue = 1\n" M "&x = 1\n" D TO M
				  "From = b\n" D "&x = 11\n$continue = 1\n" M "&x = 11\n" D TO M
				  "&x = 1\n" D TO D TO,
				""},

		/* rules that apply to calls but have nothing for them */
		{.title = "defaults and no last rule",
				D "$continue = true\n&failover.attempts = 3\n" RULE,
				"1:1 warning: " ALONE},
		{.title = "a last rule that may be for nothing but the defaults",
				M "X = y\n" D "$continue = true\n" RULE M "X = z\n" D TO,
				"1:1 warning: " ALONE},
		{.title = "a rule below takes what it takes",
				M "X = y\nY = z\n" D "$continue = true\n" RULE M "X = y\n" D TO,
				""},
		{.title = "a rule above has given a destination",
				D TO "$continue = true\n" M "X = y\n" D
					 "$continue = true\n" RULE,
				""},
		{.title = "a rule below asks for what it sets",
				M "X = y\n" D "&x = 1\n$continue = true\n" RULE M
				  "&x = 1\n" D TO,
				""},
		{.title = "two rules take all",
				D "$continue = true\n" M "$outbound = false\n" D TO M
				  "$outbound = ^t\n" D TO,
				""},
		{.title = "two rules take half of all",
				D "$continue = true\n" M "$localhost = true\n" D TO M
				  "$outbound = !^t\n" D TO,
				"1:1 warning: " ALONE},

		/* lines that have no effect */
		{.title = "a setting beside a reply",
				D "&failover.timer.inviting = 5\n$action = 404\n",
				"2:1 warning: " BESIDE_REPLY},
		{.title = "several settings and headers beside a reply",
				D "$action = 404\n&failover.reply = best\n"
				  "&failover.attempts = 2\nX-A = 1\nX-B = 2\n",
				"4:1 warning: " BESIDE_REPLY "\n5:1 warning: " BESIDE_REPLY},
		{.title = "a transport beside a reply",
				M "$transport = TCP\n" D "$action = 404\n$transport = TCP\n",
				"5:1 warning: " BESIDE_REPLY},
		{.title = "a transport that is a condition",
				M "$transport = TCP\n" D "$action = 404\n",
				""},
		{.title = "they may be for the rules below",
				D "$action = 404\n&failover.reply = best\n"
				  "$continue = true\n" RULE,
				""},
		{.title = "a reply that a rule below takes away",
				M "X = y\n" D "$action = 403 No\n$continue = true\n" M
				  "X = z\n" D "$action = 404\n" RULE,
				"4:1 warning: $continue goes on to the rule of line 10, whose "
				"To takes the place of this reply: leave $continue out, if the "
				"call is to be refused"},
		{.title = "a reply, and no To below",
				M "X = y\n" D "$action = 403 No\n$continue = true\n" D
				  "$action = 404\n",
				""},
		{.title = "two rules of a name",
				"[Rule a]\n" RULE "[Rule b]\n" M "X = y\n" D TO "[Rule a]\n" M
				"X = z\n" D TO,
				"11:1 warning: the rule of line 1 has this name too, so a log "
				"that names it does not tell which one it was: give each its "
				"own"},

		/* names */
		{.title = "a variable for the script",
				D TO "$rtp = true\n",
				"3:1 warning: [$rtp] goes to $xavp(failover=>rtp) and does "
				"nothing by itself: the script has to read it there"},
		{.title = "three times",
				RULE "&x = 1\n" M "X = y\n" D TO "&x = 2\n" D TO "&x = 3\n",
				"5:1 warning: [&x] goes to $xavp(failover=>x) and does "
				"nothing by itself (and so 2 more of this name): the script "
				"has to read it there"},
		{.title = "a variable that a condition asks for",
				D "&x = 1\n$continue = true\n" M "&x = 1\n" D TO,
				""},
		{.title = "conditions in the other section",
				D TO "$request = ^INVITE\n$Addr = ^10\\.\n&date = a\n",
				"3:1 warning: [$request] goes to $xavp(failover=>request) and "
				"does nothing by itself: a condition stands under [Matching "
				"Patterns]\n"
				"4:1 warning: [$Addr] goes to $xavp(failover=>Addr) and does "
				"nothing by itself: a condition stands under [Matching "
				"Patterns]\n"
				"5:1 warning: [&date] goes to $xavp(failover=>date) and does "
				"nothing by itself: the script has to read it there"},
		{.title = "forgotten: failover",
				D TO "&timer.inviting = 5\n",
				"3:1 warning: [&timer.inviting] goes to "
				"$xavp(failover=>timer.inviting) and does nothing by itself: "
				"was &failover.timer.inviting meant?"},
		{.title = "failover misspelt",
				D TO "&failovr.redirection = 5\n",
				"3:1 ...: was &failover.redirection meant?"},
		{.title = "with underscores or dashes",
				D TO "&failover_timer_inviting = 5\n$Failover-attempts = 5\n"
					 "&timer_total = 5\n",
				"3:1 warning: [&failover_timer_inviting] goes to "
				"$xavp(failover=>failover_timer_inviting) and does nothing by "
				"itself: was &failover.timer.inviting meant?\n4:1 ...: was "
				"&failover.attempts meant?\n5:1 ...: was "
				"&failover.timer.total meant?"},
		{.title = "underscores of others",
				D TO "&my_reply = 5\n$call_ringing = 5\n&failover_site = x\n",
				"3:1 ...: the script has to read it there\n4:1 ...: the "
				"script has to read it there\n5:1 ...: the script has to "
				"read it there"},
		{.title = "with a dollar sign",
				D TO "$failover.reply = best\n",
				"3:1 ...: was &failover.reply meant?"},
		{.title = "slips",
				D TO "$sesion = failover sip:b@h\n$contniue = true\n"
					 "$Transprot = TCP\n&session = x\n$to = sip:a@h\n"
					 "&atempts = 3\n",
				"3:1 ...: was $session meant?\n4:1 ...: was $continue "
				"meant?\n5:1 ...: was $transport meant?\n6:1 ...: was "
				"$session meant?\n7:1 ...: was To meant?\n8:1 ...: was "
				"&failover.attempts meant?"},
		{.title = "far from any",
				D TO "$auth = false\n$nat = x\n$b2bua = x\n",
				"3:1 ...: the script has to read it there\n4:1 ...: the "
				"script has to read it there\n5:1 ...: the script has to read "
				"it there"},
		{.title = "a header that is a deploy line without its dollar sign",
				D TO "Session = failover sip:b@h\ntransport = TCP\n"
					 "Session-Expires = 90\n",
				"3:1 warning: this sets a header of the name [Session]: was "
				"$session meant?\n4:1 warning: this sets a header of the name "
				"[transport]: was $transport meant?"},
		{.title = "a header that is a setting without its sign",
				D TO "failover.timer.inviting = 5\n",
				"3:1 warning: this sets a header of the name "
				"[failover.timer.inviting]: was &failover.... meant?"},

		/* groups */
		{.title = "a group of a negated condition",
				M "From = !sip:(10[0-9])@\nX = (.)(.)\n" D
				  "To = sip:%1@h\n$session = failover sip:%2@g sip:a%{1}b@i\n"
				  "X-A = %3 %1\n&x = %%1\n",
				"8:1 ...\n5:10 warning: [%1] is always empty: it is a group of "
				"the condition of line 2, which begins with a ! and holds "
				"where nothing matches; take it from another condition\n"
				"6:35 warning: [%{1}] is always ...\n7:10 warning: [%1] is "
				"always ..."},
		{.title = "in a reason",
				M "From = !(x)\nTo = (y)\n" D "$action = 404 No %1\n",
				"5:18 warning: [%1] is always empty: ..."},
		{.title = "a group of a condition that is not negated",
				M "X = (a)\nFrom = !(x)\n" D "To = sip:%1@h\n",
				""},

		/* texts that only look like placeholders */
		{.title = "groups of other languages",
				M "To = (a)\n" D "To = sip:$1@h\nX-A = \\1\nX-B = x${1}y\n",
				"4:10 warning: [$1] stands for itself: a group of the "
				"conditions is written %1\n5:7 warning: [\\1] ...\n6:8 "
				"warning: [${1}] stands ..."},
		{.title = "in a list and in a reason",
				M "To = (a)(b)\n" D
				  "$session = failover sip:a@h sip:$2x$1@g\n" M "To = (b)\n" D
				  "$action = 404 No $1\n",
				"4:33 warning: [$2] ... written %2\n4:36 warning: [$1] "
				"...\n8:18 ..."},
		{.title = "prices, and groups that there are not",
				M "To = (a)\n" D
				  "To = sip:%1@h\nX-A = costs $5\nX-B = US$(approx)\nX-C = "
				  "$foo(x) C:\\2x $2\n",
				""},
		{.title = "pseudo-variables",
				M "To = (a)\n" D "To = sip:$rU@h\nX-A = $fU\nX-B = a "
				  "$avp(x)$(ru{uri.user})\n",
				"4:10 warning: [$rU] stands for itself: $pv($rU) = (.+) as the "
				"last condition, and %{2} here, would put it in\n5:7 warning: "
				"[$fU] ...\n6:9 warning: [$avp(x)] ...: $pv($avp(x)) = "
				"...\n6:16 warning: [$(ru{uri.user})] ..."},
		{.title = "for the script",
				D TO "$x = $ru\n",
				"3:1 ...\n3:6 warning: [$ru] stands for itself: ... %{1} here, "
				"would put "
				"it in"},
		{.title = "money and other signs",
				D "To = sip:a$b@h{pattern='(.)\\1.',inviting=3}\n"
				  "X-A = $10 or $1.50 or $1,50\nX-B = \\10 a$ $ \\a $r $ruX\n"
				  "X-C = $(1) $avp(x $() {1} ${x}\n",
				""},
		{.title = "a group in the name of a header",
				M "To = (a)\n" D TO "X-%1 = 3\n",
				"5:3 warning: [%1] stands for itself: a group is put into the "
				"value of a header, not into its name"},
		{.title = "a group in a setting",
				M "To = (a)\n" D TO "&failover.reply = 480 No %1\n",
				"5:26 warning: [%1] stands for itself: no group is put into a "
				"setting"},
		{.title = "a group in a condition",
				M "From = %1\nTo = (a)(b)\nX = sip:!%2@\nY = %2\nZ = %{1}\n" D
				  "To = sip:%1@h\n",
				"2:8 warning: [%1] is searched for as it stands: groups are "
				"put into what stands below [Deploy Patterns], and \\1 is one "
				"of the same pattern\n4:10 warning: [%2] ...\n5:5 warning: "
				"[%2] ...\n6:5 warning: [%{1}] ..."},
		{.title = "escapes in a condition",
				M "A = %1\\d\nB = %1F\nC = %2\nD = \\%1$\nE = [%1]\n"
				  "F = %2[0-9]\nG = (%2|%3)B\nH = 100%\nI = %{\nJ = "
				  "%23@\n" D TO,
				""},

		/* response patterns */
		{.title = "a part that matches nothing",
				D TO "&failover.pattern.response = 408|5xx|180|^503$|50333\n",
				"3:34 warning: [5xx] in this pattern matches no code from 300 "
				"to 699: a dot stands for any digit, as in 4..\n3:38 warning: "
				"[180] in ...\n3:48 warning: [50333] in ..."},
		{.title = "blanks round the bar",
				D TO "&failover.pattern.response = 40. | 480|5..\n",
				"3:30 warning: [40. ] in ...408|480\n3:35 warning: [ 480] in "
				"..."},
		{.title = "parts that all match",
				D TO "&failover.pattern.response = ^4|5$|.0.|^.00$|60|3..\n",
				""},
		{.title = "a negated list with a part that matches nothing",
				D TO "&failover.pattern.response = !486|6xx\n",
				"3:35 warning: [6xx] in ..."},
		{.title = "parts in brackets are not judged",
				D TO "&failover.pattern.response = 4(xx|00)|5..\n",
				""},
		{.title = "an empty alternative at the end",
				D TO "&failover.pattern.response = 4..|\n",
				"3:30 warning: [4..|] has an empty alternative, so it matches "
				"every code: leave out the bar that nothing stands beside"},
		{.title = "in the middle",
				D TO "&failover.pattern.response = 4..||5..\n",
				"3:30 warning: [4..||5..] has an empty alternative, so ..."},
		{.title = "of a destination",
				D "To = sip:a@h{pattern=503|}\n",
				"2:22 warning: [503|] has an empty alternative, ..."},
		{.title = "an asterisk as in file names",
				D TO "&failover.pattern.response = 5*\n",
				"3:30 warning: [5*] matches an empty text too, and so every "
				"code: 5.. would match every 5xx"},
		{.title = "everything, on purpose",
				D TO "&failover.pattern.response = .*\n" M "X = y\n" D TO,
				"4:1 ... never applies: ..."},
		{.title = "all classes",
				D TO "&failover.pattern.response = [3-6]..\n",
				""},
		{.title = "negated twice",
				D TO "&failover.pattern.response = !!486\n"
					 "&failover.redirection.allow = !! x\n"
					 "&failover.redirection = true\n",
				"3:31 warning: [!!486]: the first ! negates, the second one "
				"is searched for as it stands: one would be right\n4:32 "
				"warning: [!! x]: ..."},
		{.title = "an empty value is the default",
				D TO "&failover.pattern.response =\n",
				""},

		/* redirection */
		{.title = "by the pattern of the level below",
				D TO "&failover.redirection = on\n",
				"3:1 warning: no redirect is followed, ...",
				"pattern.response=5.."},
		{.title = "by a preset",
				D TO "&failover.preset = carrier\n"
					 "&failover.redirection = on\n",
				"4:1 warning: no redirect is followed, ...",
				""},
		{.title = "a destination's own pattern has one",
				D "To = sip:a@h{pattern=3..}\n"
				  "&failover.pattern.response = 5..\n"
				  "&failover.redirection = on\n",
				"4:1 warning: by this rule" ANYWHERE},
		{.title = "a rule above may have set the pattern",
				M "X = y\n" D "&failover.pattern.response = 30.\n"
				  "$continue = true\n" D TO "&failover.redirection = on\n",
				"",
				"pattern.response=5.."},
		{.title = "a rule above has set it for sure",
				D "&failover.pattern.response = 5..\n$continue = true\n" D TO
				  "&failover.redirection = on\n",
				"6:1 warning: no redirect is followed, ...",
				""},
		{.title = "a rule above wants redirects",
				D "&failover.redirection = true\n$continue = true\n" M
				  "X = y\n" D TO "&failover.pattern.response = 5..\n" M
				  "X = z\n" D TO D TO "&failover.pattern.response = 4..\n",
				"8:1 warning: " UNMATCHED_BELOW("2") "\n15:1 "
													 "warning:"
													 " " UNMATCHED_BELOW(
															 "2") "\n9:1 "
																  "warning: by "
																  "this "
																  "rul"
																  "e" ANYWHERE},
		{.title = "one rule above wants redirects, another one none",
				D "&failover.redirection = true\n$continue = true\n" D
				  "&failover.pattern.response = 5..\n$continue = true\n" M
				  "X = y\n" D TO D TO,
				"5:1 warning: " UNMATCHED_BELOW("2")},
		{.title = "a rule above that may want redirects",
				M "X = y\n" D "&failover.redirection = true\n"
				  "$continue = true\n" D TO
				  "&failover.pattern.response = 5..\n",
				""},
		{.title = "the destination's own pattern has none",
				D "To = sip:a@h{pattern=4..}\n&failover.redirection = true\n",
				"3:1 warning: no redirect is followed, as the pattern of each "
				"destination matches no 3xx: 3.. as one of its alternatives "
				"would be right",
				""},
		{.title = "the destination's own pattern has none, below",
				D "&failover.redirection = true\n$continue = true\n" D
				  "To = sip:a@h{pattern=4..}\n",
				"5:6 warning: " UNMATCHED_BELOW("2")},
		{.title = "the pattern of another destination has one",
				D "To = sip:a@h{pattern=4..}\n$session = failover sip:b@g\n"
				  "&failover.redirection = true\n",
				"4:1 warning: by this rule" ANYWHERE},
		{.title = "a destination above may have one",
				M "X = y\n" D "To = sip:a@h{pattern=3..}\n$continue = true\n" D
				  "&failover.redirection = true\n&failover.pattern.response = "
				  "5..\n$session = failover sip:b@g\n",
				""},
		{.title = "a rule below may set it",
				M "X = y\n" D "&failover.redirection = on\n"
				  "$continue = true\n" D TO,
				"",
				"pattern.response=5..; redirection=no"},
		{.title = "anywhere, by several rules",
				RULE "&failover.redirection = true\n" M "X = y\n" D TO M
					 "X = z\n" D TO D "$action = 404\n",
				"5:1 warning: by this rule, and by 2 further rules," ANYWHERE,
				""},
		{.title = "anywhere, by two rules",
				RULE D TO,
				"1:1 warning: by this rule, and by 1 further rule," ANYWHERE,
				""},
		{.title = "bounded, on purpose not, or not at all",
				RULE "&failover.redirection.allow = @gw\n" M "X = y\n" D TO
					 "&failover.redirection.allow = .+\n" M "X = z\n" D TO
					 "&failover.redirection = false\n" M "X = 1\n" D TO
					 "&failover.redirection.max = 0\n" M "X = 2\n" D TO
					 "&failover.pattern.response = 4..\n" M "X = 3\n" D TO
					 "&failover.preset = carrier\n" D "$action = 404\n",
				"",
				""},
		{.title = "bounded by the parameters",
				RULE,
				"",
				"redirection.allow=@gw"},
		{.title = "bounded by a rule above for all",
				D "&failover.redirection.allow = @gw\n$continue = true\n" RULE D
				  "$action = 404\n",
				"",
				""},
		{.title = "perhaps bounded by a rule above",
				M "X = y\n" D "&failover.redirection.allow = @gw\n"
				  "$continue = true\n" RULE D "$action = 404\n",
				"",
				""},
		{.title = "settings of what is off",
				D TO "&failover.redirection.max = 3\n"
					 "&failover.redirection.allow = @gw\n",
				"4:1 warning: redirection.allow does nothing here, as "
				"redirection is false: &failover.redirection = true would be "
				"needed\n3:1 warning: redirection.max does nothing here, ..."},
		{.title = "of what the preset turns off",
				D TO "&failover.preset = carrier\n"
					 "&failover.redirection.max = 3\n",
				"4:1 warning: redirection.max does nothing here, ...",
				""},

		/* timers */
		{.title = "longer than the total",
				D TO "&failover.timer.inviting = 30\n"
					 "&failover.timer.total = 25\n",
				"3:1 warning: timer.total ends the call after 25 s, so that "
				"timer.inviting of 30 s is never over: a longer total, or a "
				"shorter timer, would let the next destination have its turn"},
		{.title = "as long as the total",
				D TO "&failover.timer.provisional = 1500ms\n"
					 "&failover.timer.total = 1500ms\n"
					 "&failover.timer.inviting = 1\n",
				"3:1 ... after 1500 ms, so that timer.provisional of 1500 ms "
				"is never over: ..."},
		{.title = "the timers of the level below",
				D TO "&failover.timer.total = 5\n",
				"3:1 ... timer.inviting of 10 s ...\n3:1 ... "
				"timer.provisional of 20 s ..."},
		{.title = "the total of the level below",
				D TO "&failover.timer.provisional = 40\n",
				"3:1 ... after 40 s, so that timer.provisional of 40 s ...",
				"redirection=no; timer.total=40"},
		{.title = "all of the level below",
				M "X = y\n" D TO D TO,
				"1:1 warning: " BEYOND("1 s", "timer.inviting", "10 s",
						"") "\n1:1 warning: " BEYOND("1 s", "timer.provisional",
						"20 s", ""),
				"redirection=no; timer.total=1"},
		{.title = "a total for all, in a rule above",
				D "&failover.timer.total = 15\n$continue = true\n" M
				  "X = y\n" D TO "&failover.timer.provisional = 9\n" M
				  "X = z\n" D TO D TO,
				"2:1 warning: " BEYOND(
						"15 s", "timer.provisional", "20 s", BY("9"))},
		{.title = "a total for all, and a timer above it",
				D "&failover.timer.inviting = 12\n$continue = true\n" D
				  "&failover.timer.total = 11\n$continue = true\n" D
				  "$continue = true\n&failover.timer.provisional = 5\n" D TO,
				"5:1 warning: " BEYOND(
						"11 s", "timer.inviting", "12 s", BY("10"))},
		{.title = "a total for all, and a timer below it",
				D "&failover.timer.total = 25\n$continue = true\n" M
				  "X = y\n" D TO "&failover.timer.inviting = 30\n" D TO,
				"8:1 warning: " BEYOND("25 s", "timer.inviting", "30 s", "")},
		{.title = "a total above that no destination comes to",
				D "&failover.timer.total = 5\n$continue = true\n" D
				  "To = sip:a@h{inviting=3,provisional=4}\n",
				""},
		{.title = "a total above, and a destination without timers",
				D "&failover.timer.total = 15\n$continue = true\n" D
				  "To = sip:a@h{inviting=3,provisional=4}\n$session = "
				  "failover sip:b@g{inviting=4}\n",
				"2:1 warning: " BEYOND(
						"15 s", "timer.provisional", "20 s", BY("4"))},
		{.title = "a total above, and an answer",
				D "&failover.timer.total = 5\n$continue = true\n" D
				  "$action = 404\n",
				""},
		{.title = "a total above that may be another one",
				D "&failover.timer.total = 5\n$continue = true\n" M "X = y\n" D
				  "&failover.timer.total = off\n$continue = true\n" D TO,
				""},
		{.title = "options of destinations",
				D "To = sip:a@h{provisional=60}\n$session = failover "
				  "sip:b@g{inviting=25} sip:c@i{inviting=24}\n"
				  "&failover.timer.total = 25\n",
				"3:21 ... inviting of 25 s ...\n2:6 ... provisional of 60 s "
				"..."},
		{.title = "shorter than the total",
				D TO "&failover.timer.total = 21\n",
				""},
		{.title = "off",
				D TO "&failover.timer.total = off\n"
					 "&failover.timer.inviting = 30\n",
				"",
				"redirection=no; timer.total=10"},
		{.title = "a rule above may have set the total",
				M "X = y\n" D
				  "&failover.timer.total = 60\n$continue = true\n" D TO
				  "&failover.timer.inviting = 30\n",
				"",
				"redirection=no; timer.total=10"},
		{.title = "long, but meant so",
				D TO "&failover.timer.inviting = 3000s\n"
					 "&failover.timer.provisional = 600\n",
				""},

		/* conditions */
		{.title = "never: small letters",
				M "$transport = tcp\n" D TO,
				"2:14 warning: [tcp] never holds: the value is UDP, TCP, TLS, "
				"SCTP, WS or WSS, in capitals"},
		{.title = "always: small letters",
				M "$transport = !tls\n" D TO,
				"2:14 warning: [!tls] always holds: the value is UDP, ..."},
		{.title = "never: yes",
				M "$localhost = yes\n$outbound = ^no$\n" D TO,
				"2:14 warning: [yes] never holds: the value is true or "
				"false\n3:13 warning: [^no$] never ..."},
		{.title = "never: a date in another form",
				M "$date = ^24\\.12\n" D TO,
				"2:9 warning: [^24\\.12] never holds: the value is a date as "
				"in 2030/12/24"},
		{.title = "never: a time in another form",
				M "$time = ^9:00\n" D TO,
				"2:9 warning: [^9:00] never holds: the value is a time as in "
				"09:30:00"},
		{.title = "never: a port in another form",
				M "$port = ^0\n" D TO,
				"2:9 warning: [^0] never holds: the value is a number from 1 "
				"to 65535"},
		{.title = "seldom",
				M
				"$time = 23:59:59\n$date = 2030/02/28\n$port = ^65535$\n" D TO,
				""},
		{.title = "never: a negated pattern that matches everything",
				M "X = !a|\nY = !b*\n" D TO,
				"2:5 warning: [!a|] never holds: behind the ! stands what "
				"every text matches, also an empty one\n3:5 ..."},
		{.title = "not empty, not absent", M "X = !^$\n" D TO, ""},
		{.title = "once for a test that several rules share",
				M "$transport = tcp\nX = a\n" D TO M
				  "$transport = tcp\nX = b\n" D TO,
				"2:14 ..."},
		{.title = "never: something before the beginning",
				M "X = a^b\nY = \\d+(x)^\nZ = ![^a]^b\n" D TO,
				"2:5 warning: [a^b] never holds: ^ is the beginning, and "
				"something stands before it; \\^ would be the "
				"character\n3:5 ...\n4:5 warning: [![^a]^b] always holds: ..."},
		{.title = "never: something behind the end",
				M "X = a$b\nFrom = $fU\nY = (^a|b)$\\.\n" D TO,
				"2:5 warning: [a$b] never holds: $ is the end, and something "
				"stands behind it; \\$ would be the character\n3:8 warning: "
				"[$fU] never ...\n4:5 ..."},
		{.title = "never: nothing matches it",
				M "X = a(?!)\n" D TO,
				"2:5 warning: [a(?!)] never holds: nothing matches (?!)"},
		{.title = "beginnings and ends that may match",
				M "A = a^b|c\nB = a?^b\nC = $^\nD = (?m)a$b\nE = (a$)b\n"
				  "F = a\\^b\\$c\nG = [$]a[^]^]\nH = a$|b\nI = x*^b\n"
				  "J = a{0}^b\nK = (?<=x)^b\nL = a$\\s\nM = a$(?:b)?\n"
				  "N = \\Qa^b\\E\nO = a(?!)?b\nP = (?x)a # $b\nQ = "
				  "\\b^a\nR = (a[)]^)b\nS = a$b*\n" D TO,
				""},
		{.title = "an empty alternative",
				M "From = sip:10|sip:11|\n" D TO,
				"2:8 warning: [sip:10|sip:11|] always holds, as it has an "
				"empty alternative: leave out the bar that nothing stands "
				"beside"},
		{.title = "no empty alternative",
				M "From = (|a)|[|]|\\||b\nX = (a||b)c\n" D TO,
				""},
		{.title = "negated twice",
				M "From = ! !sip:10\n" D TO,
				"2:8 warning: [! !sip:10]: the first ! negates, ..."},
		{.title = "another method",
				M "$request = ^REGISTER\n" D TO,
				"2:12 warning: [^REGISTER] never holds: failover() takes an "
				"INVITE, so that $request begins with INVITE sip:, in "
				"capitals"},
		{.title = "small letters", M "$request = ^invite\n" D TO, "2:12 ..."},
		{.title = "negated",
				M "$request = !^OPTIONS\n" D TO,
				"2:12 warning: [!^OPTIONS] always ..."},
		{.title = "another beginning",
				M "$request = ^sip:9\n" D TO,
				"2:12 ..."},
		{.title = "beginnings of an INVITE",
				M "$request = ^IN\nX = a\n" D TO M
				  "$request = ^INVITE sip:9\nX = b\n" D TO M
				  "$request = ^INVITEx?\nX = c\n" D TO M
				  "$request = ^.*sip\nX = d\n" D TO M
				  "$request = ^(INVITE|X)\nX = e\n" D TO M
				  "$request = ^REGISTER|^INVITE\nX = f\n" D TO,
				""},
		{.title = "the end of a URI",
				M "$request = @example\\.com$\n" D TO,
				"2:12 warning: [@example\\.com$] never holds: $request ends "
				"with the version, as in INVITE sip:100@192.0.2.1 SIP/2.0; "
				"leave the $ away"},
		{.title = "the end of the line",
				M "$request = SIP/2\\.0$\n$request = \\d$\n" D TO,
				""},
		{.title = "a header that begins with its URI",
				M "From = ^sip:10\n" D TO,
				"2:8 warning: [^sip:10]: this header mostly begins with a "
				"name or an angle bracket, as in \"Bob\" <sip:100@192.0.2.1>; "
				"leave the ^ away"},
		{.title = "a header that ends with its URI",
				M "t = @example\\.com$\n" D TO,
				"2:5 warning: [@example\\.com$]: this header mostly ends with "
				"an angle bracket or a tag, as in <sip:100@192.0.2.1>;tag=1; "
				"leave the $ away"},
		{.title = "other headers are not judged",
				M "User-Agent = ^sip\nX = com$\nFrom = ^$\n" D TO,
				""},
		{.title = "an address",
				M "$addr = 192.0.2.1\n" D TO,
				"2:9 warning: [192.0.2.1] matches 192.0.2.10 as well: "
				"^192\\.0\\.2\\.1$ would match the one address"},
		{.title = "an address, negated, anchored at its beginning",
				M "$addr = !^10\\.0\\.0\\.2\n" D TO,
				"2:9 warning: [!^10\\.0\\.0\\.2] matches 10.0.0.20 as well: "
				"!^10\\.0\\.0\\.2$ would ..."},
		{.title = "an address, anchored at its end",
				M "$addr = 10\\.0\\.0\\.254$\n" D TO,
				"2:9 warning: [10\\.0\\.0\\.254$] matches 110.0.0.254 as "
				"well: ..."},
		{.title = "addresses that match no longer one",
				M "$addr = ^192\\.0\\.2\\.1$\n" D TO M
				  "$addr = 192.0.2.100\n" D TO M
				  "$addr = ^(10\\.0\\.0\\.1|10\\.0\\.0\\.2)$\n" D TO M
				  "$addr = ^10\\.0\\.\n" D TO,
				""},
		{.title = "never: a network",
				M "$addr = 10.0.0.0/8\nX = a\n" D TO M
				  "$addr = !^192\\.168\\.1\\.0/24\n" D TO M
				  "$addr = 172.16.0.0/12\n" D TO,
				"2:9 warning: [10.0.0.0/8] never holds: the value is an IP "
				"address as in 192.0.2.1 or 2001:db8::1, without brackets; "
				"^10\\. would be 10.0.0.0/8\n7:9 warning: "
				"[!^192\\.168\\.1\\.0/24] always holds: ...; "
				"!^192\\.168\\.1\\. would be 192.168.1.0/24\n11:9 ...; "
				"^172\\.(?:1[6-9]|2\\d|3[01])\\. would be 172.16.0.0/12"},
		{.title = "never: a range of addresses",
				M "$addr = 10.0.0.1-10.0.0.9\n" D TO,
				"2:9 warning: [10.0.0.1-10.0.0.9] never holds: the ...; "
				"^10\\.0\\.0\\.[1-9]$ would be 10.0.0.1 to 10.0.0.9"},
		{.title = "never: what is no address",
				M "$addr = gw.example.com\n" D TO M "$addr = \\[::1\\]\n" D TO M
				  "$addr = ^300\\.1\n" D TO M "$addr = (10|x)\\.y\n" D TO M
				  "$addr = ^01\\.\n" D TO M "$addr = 1\\.2\\.3\\.4\\.\n" D TO M
				  "$addr = \\.\\.\n" D TO M "$addr = 1000\\.\n" D TO M
				  "$addr = b\\.1\n" D TO,
				"2:9 warning: [gw.example.com] never holds: the value is an IP "
				"address as in 192.0.2.1 or 2001:db8::1, without "
				"brackets\n6:9 ...\n10:9 ...\n14:9 ...\n18:9 ...\n22:9 "
				"...\n26:9 ...\n30:9 ...\n34:9 ..."},
		{.title = "other sets",
				M "$addr = ^1[.:]2\n" D TO M "$addr = ^[0-9]\n" D TO,
				""},
		{.title = "addresses in brackets",
				M "$addr = [2001:db8::1]\n" D TO M
				  "$addr = ^[10.0.0.1]$\n" D TO,
				"2:9 warning: [[2001:db8::1]] is a set of characters, which "
				"nearly every address has one of: without the square brackets "
				"it would be the address\n6:9 warning: [^[10.0.0.1]$] is a "
				"set of characters, ..."},
		{.title = "parts of addresses",
				M "$addr = ^2001:DB8:\n" D TO M "$addr = 55\\.0\n" D TO M
				  "$addr = \\.0\\.\n" D TO M "$addr = (10\\.|gw)\n" D TO M
				  "$addr = ::ffff:192\\.0\n" D TO M "$addr = 300\n" D TO M
				  "$addr = ^(192|10)\\.1\n" D TO M "$addr = :\n" D TO M
				  "$addr = 05\\.\n" D TO M "$addr = (?i)GW\n" D TO M
				  "$addr = \\.25[0-5]$\n" D TO,
				""},
		{.title = "the same condition twice",
				M "X = a\nFrom = b\nx = a\n" D TO,
				"4:1 warning: this condition stands in line 2 already: once "
				"would do"},
		{.title = "the contrary",
				M "X = a\nx = !a\nX = b\n" D TO,
				"3:1 warning: this rule never applies, as line 2 demands the "
				"contrary: leave one of them out"},
		{.title = "a URI that is ours and is not",
				M "$outbound = false\n$outbound = true\n" D TO,
				"3:1 warning: this rule never applies, as line 2 demands the "
				"contrary: leave one of them out"},
		{.title = "a URI that is ours and not ours, in other words",
				M "$outbound = t\n$outbound = !true\n$outbound = ^true\n" D TO,
				"3:1 ... line 2 demands ...\n4:1 ... line 3 demands ..."},
		{.title = "a URI that is ours, twice",
				M "$localhost = true\n$outbound = true\n" D TO,
				""},
		{.title = "a variable that nobody sets",
				M "&x = 1\n" D TO M "&x = 2\n" D TO,
				"2:1 warning: only the script can have set &x, as "
				"$xavp(failover=>x): no rule sets it"},
		{.title = "a setting among the conditions",
				M "&failover.timer.inviting = 5\n" D TO,
				"2:1 warning: this asks for "
				"$xavp(failover=>failover.timer.inviting), which no rule can "
				"set, and sets nothing: a setting stands below [Deploy "
				"Patterns]"},
		{.title = "set below",
				M "&x = 1\n" D TO D TO "&x = 1\n",
				"2:1 ...: the rule of line 5 that sets it does not stand "
				"above"},
		{.title = "set by the rule itself",
				M "&x = 1\n" D "&x = 1\n$continue = 1\n" D TO,
				"2:1 ...: the rule of line 1 that sets it does not stand "
				"above"},
		{.title = "set by a rule that ends the search",
				M "X = y\n" D TO "$x = 1\n" M "&x = 1\n" D TO,
				"7:1 ...: the rule of line 1 that sets it has no $continue = "
				"true"},
		{.title = "set by one of two",
				M "X = y\n" D TO "$x = 1\n" M "X = z\n" D TO
				  "$x = 2\n$continue = 1\n" M "&x = 1\n" D TO,
				""},

		{.title = "a range of times",
				M "$time = 8:00-17:00\n" D TO,
				"2:9 warning: [8:00-17:00] never holds: the value is a time as "
				"in 09:30:00; ^(?:0[89]|1[0-6]): would be 08:00:00 to "
				"16:59:59"},
		{.title = "a range of days",
				M "$date = 2030/12/24-2030/12/26\n" D TO,
				"2:9 warning: [...] never holds: the value is a date as in "
				"2030/12/24; ^2030/12/2[4-6]$ would be the 24th to the 26th"},
		{.title = "a day of the week",
				M "$date = Mon-Fri\n" D TO,
				"2:9 warning: [Mon-Fri] never holds: ...; $pv($timef(%u)) = "
				"^[1-5]$ would be Monday to Friday"},
		{.title = "quotation marks",
				M "$request = \"^INVITE\"\nFrom = 'sip:10@'\n"
				  "$transport = !\"TCP\"\n" D TO,
				"2:12 warning: [\"^INVITE\"]: the quotation marks are searched "
				"for as well: ^INVITE without them would be right\n3:8 "
				"warning: ['sip:10@']: ...\n4:14 warning: [!\"TCP\"]: the "
				"quotation marks are searched for as well: !TCP without ..."},
		{.title = "quotation marks where there are none",
				M "X = '9'\n$pv($rU) = \"9\"\n$addr = '10.0.0.1'\n" D TO,
				"2:5 warning: ['9']: the quotation marks are searched for as "
				"well: 9 without them would be right\n3:12 warning: [\"9\"]: "
				"...\n4:9 ..."},
		{.title = "slashes of other languages",
				M
				"X = /9/i\n$request = /^INVITE/\n$transport = !/tcp/gi\n" D TO,
				"2:5 warning: [/9/i]: the slashes are searched for as well: "
				"(?i)9 without them would be right\n3:12 warning: "
				"[/^INVITE/]: the slashes are searched for as well: ^INVITE "
				"without ...\n4:14 warning: [!/tcp/gi]: ...: !(?i)tcp without "
				"..."},
		{.title = "quotation marks and slashes that may be meant",
				M "From = \"Bob\"\nX = \"\nY = \"a\n$pv($fn) = \"a\"\n"
				  "To = \"Bob\" <sip:b@h>;x=\"y\"\n$date = /12/\n$request = "
				  "/9/\nZ = /a/b/i\nU = /\nV = /i\nW = //\n" D TO,
				""},
		{.title = "operators",
				M "X = =a\nY =~ b\nZ == c\n" D TO,
				"2:5 warning: [=] belongs to the pattern and is searched for: "
				"between name and pattern stands one equals sign\n3:4 "
				"warning: [~] ...\n4:4 warning: [=] ..."},
		{.title = "an arrow",
				M "To => 9\nX=>sip:9\n" D TO,
				"2:5 warning: [>] belongs to the pattern and is searched for: "
				"between name and pattern stands one equals sign\n3:3 ..."},
		{.title = "an arrow that ends a URI",
				M "X => *;tag\nFrom = > *;\nTo =>;tag\nY =>\n" D TO,
				""},
		{.title = "characters that are quantifiers",
				M "X = sip:+49\nY = !sip:*21\nZ = sip:9*@\nU = sip:*@\n" D TO,
				"2:9 warning: [sip:+49]: this + means any number of colons: "
				"\\+ would be the character, \\+? it or nothing\n3:10 "
				"warning: [!sip:*21]: this * means any number of colons: \\* "
				"would be the character\n4:10 warning: [sip:9*@]: this * means "
				"any number of the digit before it, also none: .* would be "
				"any text, \\d* any digits\n5:9 warning: [sip:*@]: this * "
				"means "
				"any number of colons: .* would be any text"},
		{.title = "quantifiers that are meant",
				M "X = sip:\\+49\nY = sip:[:+]9*\nZ = sip:.*@\nU = \\:+4\n"
				  "V = sip:\\d*@\n$addr = :+1\nW = (?:a)\n" D TO,
				""},
		{.title = "names of functions and headers",
				M "request = a\nrU = b\nTp = c\nFom = d\nCallID = e\n"
				  "UserAgent = f\nDiversoin = g\n" D TO,
				"2:1 warning: this asks for a header of the name [request]: "
				"was $request meant?\n3:1 ... was $pv($rU) meant?\n4:1 ... was "
				"To meant?\n5:1 ... was From meant?\n6:1 ... was Call-ID "
				"meant?\n7:1 ... was User-Agent meant?\n8:1 ... was Diversion "
				"meant?"},
		{.title = "names that are meant",
				M "Date = a\nX-Form = b\nf = c\nV = d\nCustom = e\n"
				  "Call-Info = g\nTo = h\n" D TO,
				""},
		{.title = "characters that only look right",
				M "X = \xe2\x80\x9c^a\xe2\x80\x9d\n# \xe2\x80\x9c\n" D TO
				  "Y\t= b\xc2\xa0\xe2\x80\x93\nZ = \xc3\xbc\xe2\x80\x8b\n",
				"2:5 warning: [\xe2\x80\x9c] only looks like a quotation mark, "
				"as word processors and web pages have it: type the plain "
				"one\n6:6 warning: [\\xc2\\xa0] only looks like a blank, "
				"...\n7:7 warning: [\\xe2\\x80\\x8b] only looks like nothing, "
				"as "
				"word processors and web pages have it: take it out\n2:5 "
				"warning: [\xe2\x80\x9c^a\xe2\x80\x9d] never holds: ^ is ..."},
		{.title = "digits as wide as Chinese characters",
				M "X = sip:\xef\xbc\x99@\n" D TO,
				"2:9 warning: [\xef\xbc\x99] only looks like a digit, as word "
				"processors and web pages have it: type the plain one"},
		{.title = "comments behind values",
				M "X = a # b\nY = (?x) c # d\nZ = e#f #\n" D
				  "$action = 404 No # g\n",
				"2:7 warning: [# b]" BEHIND "\n6:18 warning: [# g]" BEHIND},
		{.title = "comments behind other values",
				D TO "X-A = a # b\n&failover.reply = 480 c #d\n"
					 "&failover.pattern.response = 408|5.. # e\n",
				"5:38 warning: [# e]" BEHIND "\n4:25 warning: [#d]" BEHIND
				"\n3:9 warning: [# b]" BEHIND "\n5:34 ..."},
		{.title = "groups that shift others",
				M "$time = ^(08|09):\nTo = sip:9(.+)@\n" D "To = sip:%1@h\n",
				"2:9 warning: the group in [^(08|09):] is %1 of this rule, and "
				"those of the conditions below it count on from there: write "
				"(?:...) for a bracket that is no group"},
		{.title = "groups that shift none",
				M "To = sip:9(.+)@\n$time = ^(08|09):\n" D "To = sip:%1@h\n" M
				  "$time = ^(08|09):\nTo = sip:8(.+)@\n" D TO M
				  "$time = ^(?:08|09):\nTo = sip:7(.+)@\n" D "To = sip:%1@h\n",
				""},
		{.title = "groups of an address",
				M "$addr = ^10\\.(1|2)\\.\nTo = sip:9(.+)@\n" D
				  "To = sip:%1@h\n" M
				  "$addr = ^10\\.3\\.(\\d+)\\.\nTo = sip:8(.+)@\n" D
				  "To = sip:%2@h\nX-Site = %1\n",
				"2:9 warning: the group in [^10\\.(1|2)\\.] is %1 ..."},

		/* destinations */
		{.title = "more than branches",
				D TO "$session = failover sip:b@h1 sip:c@h2 sip:d@h3\n",
				"3:30 warning: this is destination 3 of 4, and only 2 are "
				"tried: max_branches in kamailio.cfg, 30 at the most, would "
				"have to be more",
				NULL,
				2},
		{.title = "as many as branches",
				D TO "$session = failover sip:b@h1 sip:c@h2\n",
				"",
				NULL,
				3},
		{.title = "as many as branches, and the request's own",
				D "$session = failover sip:b@h1 sip:c@h2\n",
				"2:30 warning: this is destination 3 of 3 (without To the "
				"request's own is the first, unless that is this server), and "
				"only 2 are tried: " BRANCHES,
				NULL,
				2},
		{.title = "more without To",
				D "$session = failover sip:b@h1 sip:c@h2\n",
				"2:21 warning: this is destination 2 of 3 (without ...",
				NULL,
				1},
		{.title = "without To, where the request's own is this server",
				M "$outbound = !t\n" D "$session = failover sip:b@h1 "
				  "sip:c@h2\n" M "$outbound = false\n" D
				  "$session = failover sip:b@h1 sip:c@h2\n",
				"",
				NULL,
				2},
		{.title = "To above",
				D TO "$continue = true\n" D
					 "$session = failover sip:b@h1 sip:c@h2\n",
				"5:30 warning: this is destination 3 of 3 (the first is To of "
				"the rule of line 1), and only 2 are tried: " BRANCHES,
				NULL,
				2},
		{.title = "perhaps To above",
				M "X = y\n" D TO "$continue = true\n" D
				  "$session = failover sip:b@h1 sip:c@h2\n",
				"",
				NULL,
				2},
		{.title = "perhaps To below",
				M "X = y\n" D "$session = failover sip:b@h1 sip:c@h2\n"
				  "$continue = true\n" D TO,
				"",
				NULL,
				2},
		{.title = "the list above",
				D "$session = failover sip:b@h1 sip:c@h2\n$continue = true\n" D
						TO,
				"5:6 warning: with the list of the rule of line 1 there are 3 "
				"destinations, and only 2 are tried: " BRANCHES,
				NULL,
				2},
		{.title = "a list above that is too long by itself",
				D "$session = failover sip:b@h1 sip:c@h2 sip:d@h3\n"
				  "$continue = true\n" D TO,
				"2:39 warning: this is destination 3 of 3, and only 2 are ...",
				NULL,
				2},
		{.title = "more than attempts",
				D TO "$session = failover sip:b@h1 sip:c@h2\n"
					 "&failover.attempts = 1\n",
				"3:21 warning: this is destination 2 of 3, and only 1 are "
				"tried: &failover.attempts would have to be more"},
		{.title = "a rule above may have set attempts",
				M "X = y\n" D "&failover.attempts = 5\n$continue = true\n" D TO
				  "$session = failover sip:b@h1\n",
				"",
				"redirection=no; attempts=1"},
		{.title = "a destination twice, among others",
				D TO "$session = failover sip:b@h1 sip:a@H:5060 sip:b@h1;lr\n",
				"3:30 warning: [sip:a@H:5060] has ...\n3:43 warning: "
				"[sip:b@h1;lr] stands in this rule a second time (line 3, "
				"column 21), ..."},
		{.title = "the same destination",
				D TO "$session = failover sip:a@H{inviting=3} sip:c@g\n",
				"3:21 warning: [sip:a@H{inviting=3}] stands in this rule a "
				"second time (line 2, column 6), so what has just failed is "
				"tried again: leave one of them out"},
		{.title = "the same host",
				D TO "$session = failover sip:b@H:5060\n",
				"3:21 warning: [sip:b@H:5060] has the host, port and transport "
				"of line 2, "
				"column 6 again: what makes that one fail most likely makes "
				"this one fail too"},
		{.title = "another port, transport, socket",
				D TO "$session = failover sip:b@h:5070 sip:b@h/TCP "
					 "sips:b@h:5070 sip:b@h{socket=x}\n",
				""},
		{.title = "the transport of the first",
				D TO "$transport = TCP\n$session = "
					 "failover sip:b@h sip:b@h/TCP\n",
				"4:29 warning: [sip:b@h/TCP] has ..."},
		{.title = "the port of TLS",
				D "To = sips:a@h\n$session = failover "
				  "sip:b@h:5061/TLS\n",
				"3:21 warning: [sip:b@h...] has ..."},
		{.title = "maddr",
				D "To = sip:a@x;maddr=h\n$session = failover sip:b@h\n",
				"3:21 warning: [sip:b@h...] has ..."},
		{.title = "with groups",
				M "To = (1)(2)\n" D "To = sip:%1@h\n$session = failover "
				  "sip:%1@h sip:%2@g sip:%1@%1.example.com "
				  "sip:%2@%1.example.com sip:%1@%2.example.com\n",
				"5:21 warning: [sip:%1@h] stands in this rule a ...\n5:61 "
				"warning: [sip:%2@%1.example.com] has ..."},
		{.title = "To above again",
				D TO "$continue = true\n" M "X = y\n" D
					 "$session = failover sip:b@g sip:a@h:5060\n" D
					 "$session = failover sip:a@h\n",
				"7:29 warning: [sip:a@h:5060] has the host, port and transport "
				"of line 2, column 6 again: ...\n9:21 warning: [sip:a@h] is "
				"tried twice, as a rule with $continue has it too (line 2, "
				"column 6): leave one of them out"},
		{.title = "the list above again",
				D "$session = failover sip:b@g sip:a@h\n$continue = true\n" M
				  "X = y\n" D TO D "To = sip:c@h\n",
				"7:6 warning: [sip:a@h] is tried twice, as a rule with "
				"$continue has it too (line 2, column 29): leave one of them "
				"out\n9:6 warning: [sip:c@h] has the host, "
				"port and transport of line 2, column 29 again: ..."},
		{.title = "To above that does not hold, or over another transport",
				D TO "$continue = true\n" M "X = y\n" D
					 "To = sip:b@g\n$session = failover sip:a@h\n" M "X = z\n" D
					 "$transport = TCP\n"
					 "$session = failover sip:a@h\n" M "X = a\n" D
					 "$session = failover sip:a@h\n$continue = true\n" M
					 "X = b\n" D "$transport = TCP\n$continue = true\n" M
					 "X = c\n" D "$session = failover sip:a@h\n" M "X = d\n" D
					 "$action = 404\n",
				""},
		{.title = "perhaps To above again",
				M "X = y\n" D TO "$continue = true\n" D
				  "$session = failover sip:a@h\n",
				""},
		{.title = "current twice",
				D "To = current\n$session = failover sip:b@h "
				  "current\n",
				"3:29 warning: [current] stands in this rule a second ..."},
		{.title = "current without To",
				D "$session = failover sip:b@h current\n",
				"2:29 warning: without To the request's own destination is "
				"the first already, so that it is tried twice: leave current "
				"out, or write To"},
		{.title = "current behind a rule with To",
				M "X = y\n" D TO "$continue = yes\n" D
				  "$session = failover current\n",
				""},
		{.title = "a slash that is no transport",
				D "To = sip:a@h;x=1/TPC\n$session = failover sip:b@g;y=/upd "
				  "sip:c@i;x=a/b sip:d@j;x=/usr sip:e/tpc@k\n",
				"2:17 warning: [/TPC] is read as the end of the value of x: "
				"was /TCP meant?\n3:31 warning: [/upd] is read as the end of "
				"the value of y: was /UDP meant?"},
		{.title = "a slash that is one",
				D "To = sip:a@h;x=1/tcp\n$session = failover "
				  "sip:b@g;user=phone/tcp sip:c@i;lr/TCP\n",
				"2:17 warning: [/tcp] is read as the transport, not as the "
				"end of the value of x: write %%2F for a slash that belongs "
				"to it"},
		{.title = "an escape that is a group",
				M "To = (1)(2)\n" D "To = sip:%2ab@h\n$session = failover "
				  "sip:%%20b@g sip:%{2}0@i sip:%10@j sip:%2z@k\n",
				"4:10 warning: [%2a] is group 2 and then a a: %%2a would be "
				"the escape, %{2}a the group"},
		{.title = "an algorithm that dispatcher lacks",
				D "To = ds:1/99\n$session = failover ds:2 ds:2/0 ds:2/11 "
				  "ds:2/13 ds:2/15 ds:2/64 ds:2/16\n",
				"2:6 warning: [ds:1/99]: dispatcher has no algorithm 99, and "
				"begins with the first gateway; one of ds_select() would be "
				"right, such as 4, in turn\n3:65 ..."},
		{.title = "behind a byte order mark",
				"\xef\xbb\xbf" D TO "$rtp = 1\n",
				"3:1 ..."},
		{.title = "lines that end with CR LF",
				"[Deploy Patterns]\r\nTo = sip:a@h\r\n"
				"&failover.pattern.response = 4..|5xx\r\n",
				"3:34 warning: [5xx] in ..."},
		{.title = "comments are no lines",
				D TO "# &failover.pattern.response = 4..\n"
					 "&Failover.Pattern.Response=4..|5xx\n"
					 "#&failover.pattern.response = 4..\n",
				"4:32 warning: [5xx] in ..."},
		{.title = "a condition with the name of a setting",
				M "&failover.attempts = 5\n" D TO "&failover.attempts = 1\n"
				  "$session = failover sip:b@g\n",
				"2:1 ...\n6:21 warning: ..."},
};

/* -- running ------------------------------------------------------------ */

static void read_defaults(
		const char *text, settings_t *settings, arena_t *arena)
{
	str whole = {(char *)text, (int)strlen(text)};
	fragment_t fragment = fragment_of(&whole);
	diagnostics_t none = {0};
	rule_t level = {0};

	settings_builtin(settings);
	ck_assert_int_eq(inline_parse_settings(&fragment, &level, arena, &none), 0);
	settings_apply(settings, &level.settings);
}

static const dialplan_t *read_plan(
		const char *title, const str *text, arena_t *arena)
{
	collector_t collector;
	const dialplan_t *plan;

	collector_init(&collector);
	plan = dialplan_parse(text, arena, arena, &collector.diagnostics);
	ck_assert_msg(plan != NULL, "%s is refused: %s", title, collector.text);
	return plan;
}

/* Nearly every plan of the table has host names after its first destination. That
 * warning has its own test. */
static void collect_but_names(void *context, const diagnostic_t *diagnostic)
{
	collector_t *collector = context;

	if(strcmp(diagnostic->name, "destination-name") == 0)
		return;
	collector->diagnostics.warnings++;
	collector->diagnostics.emit(collector->diagnostics.context, diagnostic);
}

START_TEST(test_plans)
{
	str text = exact(plans[_i].plan, (int)strlen(plans[_i].plan));
	const char *defaults = plans[_i].defaults;
	unsigned max_branches = plans[_i].max_branches;
	arena_t *arena = small_arena();
	settings_t settings;
	collector_t collector;
	diagnostics_t diagnostics = {
			.emit = collect_but_names, .context = &collector};
	lint_options_t options = {.defaults = &settings,
			.max_branches = max_branches == 0 ? 12 : max_branches};
	const dialplan_t *plan = read_plan(plans[_i].title, &text, arena);

	read_defaults(
			defaults == NULL ? "redirection=no" : defaults, &settings, arena);
	collector_init(&collector);
	ck_assert_int_eq(dialplan_lint(plan, &options, arena, &diagnostics), 0);
	expect_reported(plans[_i].title, &collector, plans[_i].expected);
	ck_assert_int_eq(diagnostics.errors, 0);
	arena_destroy(arena);
	exact_free(&text);
}
END_TEST

/* Each check warns in some plan of the table above, so each check works and is tested. */
START_TEST(test_every_check)
{
	const lint_check_t *check;
	int i;

	for(check = lint_table(); check->name != NULL; check++) {
		int warnings = 0;

		ck_assert_str_ne(check->explanation, "");
		for(i = 0; i < ROWS(plans); i++) {
			arena_t *arena = small_arena();
			str text = {(char *)plans[i].plan, (int)strlen(plans[i].plan)};
			diagnostics_t diagnostics = {0};
			settings_t settings;
			lint_t lint = {.plan = read_plan(plans[i].title, &text, arena),
					.defaults = &settings,
					.max_branches = 2,
					.arena = arena,
					.diagnostics = &diagnostics};

			settings_builtin(&settings);
			ck_assert_int_eq(searcher_init(&lint.searcher), 0);
			ck_assert_int_eq(lint_find_conditions(&lint), 0);
			ck_assert_int_eq(check->run(&lint), 0);
			warnings += diagnostics.warnings;
			searcher_destroy(&lint.searcher);
			arena_destroy(arena);
		}
		ck_assert_msg(warnings > 0, "%s warns of nothing", check->name);
	}
}
END_TEST

START_TEST(test_memory)
{
	static const char bytes[] = M
			"To = (a)\n&x = 1\n" D "To = sip:%1@h\n$session = failover sip:b@h "
			"current\n&y = 1\n&x = 1\n$continue = true\n[Rule a]\n" M
			"To = (a)\nFrom = b\n" D TO "[Rule a]\n" M
			"To = (a)\nFrom = b\n" D TO;
	str text = {(char *)bytes, (int)strlen(bytes)};
	arena_t *plan_arena = small_arena();
	const dialplan_t *plan = read_plan("memory", &text, plan_arena);
	int live = counting_live();
	settings_t settings;
	lint_options_t options = {.defaults = &settings, .max_branches = 12};
	int result = -1;
	int n;

	settings_builtin(&settings);
	for(n = 2; result < 0; n++) {
		diagnostics_t diagnostics = {0};
		arena_t *arena;

		counting_fail_at(n);
		arena = small_arena();
		result = dialplan_lint(plan, &options, arena, &diagnostics);
		ck_assert_msg((result < 0) == counting_has_failed(),
				"result %d when the %d. allocation failed", result, n);
		arena_destroy(arena);
		ck_assert_int_eq(counting_live(), live);
	}
	ck_assert_int_gt(n, 10);
	counting_fail_at(0);
	arena_destroy(plan_arena);
}
END_TEST

/* The time may grow with the number of rules, but not with its square. */
#define MANY_RULES 20000
#define SECONDS_MAX 20 /* with the sanitizers */

/* Check a plan of many rules, within that time.
 * @param text freed
 * @return how many warnings there are */
static int lint_many(const char *title, str *text)
{
	arena_t *arena = small_arena();
	diagnostics_t diagnostics = {0};
	settings_t settings;
	lint_options_t options = {.defaults = &settings, .max_branches = 12};
	const dialplan_t *plan = read_plan(title, text, arena);
	clock_t began;

	settings_builtin(&settings);
	began = clock();
	ck_assert_int_eq(dialplan_lint(plan, &options, arena, &diagnostics), 0);
	ck_assert_msg(clock() - began < SECONDS_MAX * CLOCKS_PER_SEC, "%ld ms",
			(long)((clock() - began) * 1000 / CLOCKS_PER_SEC));
	arena_destroy(arena);
	free(text->s);
	return diagnostics.warnings;
}

START_TEST(test_many_rules)
{
	size_t size = (size_t)MANY_RULES * 256;
	char *bytes = malloc(size);
	str text = {bytes, 0};
	int i;

	/* each name, variable and pair of conditions is there several times, so each
	 * has much to be compared with */
	for(i = 0; i < MANY_RULES; i++)
		text.len += snprintf(bytes + text.len, size - (size_t)text.len,
				"[Rule %d]\n" M "To = <%d>\nFrom = <%d>\n$request = ^INVITE\n" D
				"To = sip:a@h\n$session = failover sip:b@h sip:a@h\n&x%d = 1\n",
				i / 2, i % 199, i / 199, i % 997);
	/* the warnings for names, variables, destinations, redirection and hosts */
	ck_assert_int_eq(lint_many("many", &text),
			MANY_RULES / 2 + 997 + 2 * MANY_RULES + 2);
}
END_TEST

/* Each rule replies and has $continue, and no rule below has a To. */
#define MANY_REPLIES 100000

START_TEST(test_many_replies)
{
	size_t size = (size_t)MANY_REPLIES * 128;
	char *bytes = malloc(size);
	str text = {bytes, 0};
	int i;

	for(i = 0; i < MANY_REPLIES; i++)
		text.len += snprintf(bytes + text.len, size - (size_t)text.len,
				M "X = y%d\n" D "$action = 403 No\n$continue = true\n", i);
	/* one warning: the last rule has $continue */
	ck_assert_int_eq(lint_many("replies", &text), 1);
}
END_TEST

/* Patterns that may match the calls of the rules below, or that need no certain text. */
START_TEST(test_many_shadows)
{
	static const char *const forms[] = {"To = sip:%d\n",
			"To = \\d{%d}\nX = a%d\n", "To = sip:1.*%d\nX = .%d\n"};
	size_t size = (size_t)MANY_RULES * 128;
	char *bytes = malloc(size);
	str text = {bytes, 0};
	int i;

	for(i = 0; i < MANY_RULES; i++) {
		int len = snprintf(bytes + text.len, size - (size_t)text.len, M);

		text.len += len;
		text.len += snprintf(bytes + text.len, size - (size_t)text.len,
				forms[_i], _i == 1 ? i % 900 + 1 : MANY_RULES - i, i);
		text.len += snprintf(bytes + text.len, size - (size_t)text.len, D TO);
	}
	lint_many("shadows", &text);
}
END_TEST

Suite *suite_dialplan_lint(void)
{
	Suite *suite = suite_create("dialplan_lint");
	TCase *tcase = new_tcase("dialplan_lint");

	tcase_set_timeout(tcase, 120);
	tcase_add_loop_test(tcase, test_plans, 0, ROWS(plans));
	tcase_add_test(tcase, test_every_check);
	tcase_add_test(tcase, test_memory);
	tcase_add_test(tcase, test_many_rules);
	tcase_add_test(tcase, test_many_replies);
	tcase_add_loop_test(tcase, test_many_shadows, 0, 3);
	suite_add_tcase(suite, tcase);
	return suite;
}
