/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads plans: sections, names, settings and destinations. test_rule_parse.c has the
 * other lines of a rule. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dialplan_parse.h"
#include "suites.h"
#include "support.h"

/* Faults that are tested elsewhere:
 *   a pattern with too many groups: test_response_set.c, test_rule_parse.c and
 *   test_dialplan.c
 *   a response pattern for codes below 300: test_response_set.c
 *   a URI that is too long: test_destination.c, and a word of escapes below
 *   values that are put in during a call: test_route.c
 *   an empty alternative, which is valid: test_dialplan_lint.c
 *   timers against max_inv_lifetime, the server's own address, TLS without tls.so,
 *   files and reloads: in test/wire, as only server/ knows of them
 * Large texts are in the table large[] below. */

#define PLAN "[Deploy Patterns]\n"
#define NAME_64 \
	"a name that is sixty-four bytes long, which none needs to exceed"
#define NO_SETTING                                                      \
	"] is no setting of failover: one of timer.inviting, "              \
	"timer.provisional, timer.ringing, pattern.response, redirection, " \
	"redirection.max, redirection.allow, timer.total, attempts, "       \
	"ringing, ruri, reply, preset would be right"
#define NO_GROUP                                                         \
	"]: no condition of this rule has such a group; for a percent sign " \
	"write %%"
#define NO_PERCENT                                                         \
	"]: %1 to %9 and %{10} stand for the groups of the conditions; for a " \
	"percent sign write %%"
#define ONCE "]: once in a rule is right"
#define NO_SECTION                                                      \
	"]: there is no such section: [Rule NAME], [Matching Patterns] or " \
	"[Deploy Patterns] would be right"
#define NO_DEPLOY                                                          \
	"]: this rule has no [Deploy Patterns], where it stands what becomes " \
	"of the call; it stands below the conditions"
#define BEFORE_SECTIONS                                                  \
	"]: this stands between the name of a rule and its sections: write " \
	"[Matching Patterns] or [Deploy Patterns] above it"
#define BEFORE_ANY \
	"]: this stands before any section: write [Deploy Patterns] above it"

#define BEFORE_ANY_CONDITION \
	"]: this stands before any section: write [Matching Patterns] above it"
#define NEAR_DEPLOY "]: there is no such section: was [Deploy Patterns] meant?"
#define NEAR_MATCHING \
	"]: there is no such section: was [Matching Patterns] meant?"
#define ON_THE_NEXT \
	"]: a section stands alone on its line: write this on the next one"
#define NOTHING_BEHIND                                                       \
	"]: behind the bracket that closes a section nothing stands: a comment " \
	"is a line of its own, which begins with #"
#define IN_BRACKETS \
	"]: a section stands in square brackets, and alone on its line: "
#define IN_BRACKETS_MATCHING IN_BRACKETS "[Matching Patterns]" RIGHT
#define IN_BRACKETS_DEPLOY IN_BRACKETS "[Deploy Patterns]" RIGHT
#define NAME_IN_BRACKETS "]: the name of a rule stands in square brackets: "
#define RIGHT " would be right"
#define COMMENT "]: a comment is a line that begins with #"
#define NO_COMMENT "]: a comment is a line of its own, which begins with #"

static const struct
{
	const char *title;
	const char *text;
	int len;
	const char *expected; /* as describe_plan() has it; NULL: refused */
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
		{"the documented example with $transport",
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
		{"empty", TEXT(""), "no rule", ""},
		{"white space and comments", TEXT(" \n\t\r\n# To = x\n   # y\n#"),
				"no rule", ""},
		{"a lone ruler", TEXT("---"), "no rule", ""},
		{"a byte order mark", TEXT("\xef\xbb\xbf" PLAN "To = sip:a@h"),
				"1: sip:a@h(UDP)", ""},
		{"a byte order mark alone", TEXT("\xef\xbb\xbf"), "no rule", ""},
		{"a byte order mark moves no column", TEXT("\xef\xbb\xbfTo = sip:a@h"),
				NULL, "1:1 [To = sip:a@h" BEFORE_ANY},
		{"two byte order marks", TEXT("\xef\xbb\xbf\xef\xbb\xbf" PLAN), NULL,
				"1:1 [\\xef\\xbb\\xbf[Deploy Patterns]" BEFORE_ANY},
		{"CR LF",
				TEXT("[Deploy Patterns]\r\nTo = sip:a@h\r\n\r\n"
					 "&failover.timer.inviting = 30\r\n"),
				"1: sip:a@h(UDP); timer.inviting=30000", ""},
		{"CR at the end of the text", TEXT(PLAN "To = sip:a@h\r"),
				"1: sip:a@h(UDP)", ""},
		{"a lone CR", TEXT("[Deploy Patterns]\rTo = sip:a@h\r"), NULL,
				"1:18 a lone carriage return ends no line: end lines with LF "
				"or CR LF"},
		{"CR CR LF", TEXT(PLAN "To = sip:a@h\r\r\n"), NULL,
				"2:13 a lone carriage return ends no line: ..."},
		{"NUL", TEXT(PLAN "To = sip:a\0b@h"), NULL,
				"2:11 a control character (0x00) does not belong into a dial "
				"plan"},
		{"NUL in a comment", TEXT("#\0"), NULL,
				"1:2 a control character (0x00) does not belong..."},
		{"BEL", TEXT(PLAN "To = sip:a@h\a"), NULL,
				"2:13 a control character (0x07) does not belong..."},
		{"ESC", TEXT(PLAN "X = \x1b[31m"), NULL,
				"2:5 a control character (0x1b) does not belong..."},
		{"DEL", TEXT(PLAN "\x7f"), NULL,
				"2:1 a control character (0x7f) does not belong..."},
		{"no UTF-8, in a URI", TEXT(PLAN "To = sip:\xff@h"), NULL,
				"2:10 [sip:?@h]: this character is not allowed in a user "
				"part, write it as %HH"},
		{"no UTF-8, in a comment", TEXT("# \xff\n" PLAN),
				"2: implied current(UDP)", ""},
		{"UTF-16 LE", TEXT("\xff\xfe[\0D\0"), NULL,
				"1:1 this is UTF-16: save the dial plan as UTF-8"},
		{"UTF-16 BE", TEXT("\xfe\xff\0[\0D"), NULL,
				"1:1 this is UTF-16: save the dial plan as UTF-8"},
		{"UTF-16 without a mark", TEXT("[\0D\0e\0p\0l\0o\0y\0"), NULL,
				"1:1 this is UTF-16: save the dial plan as UTF-8"},
		{"UTF-16 BE without a mark", TEXT("\0[\0D\0e"), NULL,
				"1:1 this is UTF-16: save the dial plan as UTF-8"},
		{"UTF-16 is not every NUL", TEXT("#\0\0\0"), NULL,
				"1:2 a control character (0x00) does not belong..."},
		{"no line end at the end", TEXT(PLAN "To = sip:a@h"), "1: sip:a@h(UDP)",
				""},

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
				"2:1 [=====" COMMENT},
		{"comments of other languages",
				TEXT(PLAN "// x\n/* y */\n== z ==\n<pre>\n-- u = v\n"), NULL,
				"2:1 [// x" COMMENT "\n3:1 [/* y */" COMMENT
				"\n4:1 [== z ==" COMMENT "\n5:1 [<pre>" COMMENT
				"\n6:1 [-- u = v" COMMENT},
		{"a header with dashes before its name", TEXT(PLAN "--x = y"),
				"1: implied current(UDP); --x:=y", ""},
		{"all spellings",
				TEXT("[Deploy Patterns]\n[Deploy Pattern]\n"
					 "[Deploy Patterns:]\n[Deploy Pattern:]\n"
					 "[DEPLOY PATTERNS]\n[DeployPatterns]\n"
					 "[ \tdeploy\t pattern : ]"),
				"1: implied current(UDP)\n2: implied current(UDP)\n"
				"3: implied current(UDP)\n4: implied current(UDP)\n"
				"5: implied current(UDP)\n6: implied current(UDP)\n"
				"7: implied current(UDP)",
				""},
		{"all spellings of the other section",
				TEXT("[Matching Patterns]\n" PLAN "[Matching Pattern:]\n" PLAN
					 "[matching pattern]\n" PLAN "[MatchingPatterns:]\n" PLAN
					 " [ Matching\tPatterns ] \n" PLAN),
				"1: implied current(UDP)\n3: implied current(UDP)\n"
				"5: implied current(UDP)\n7: implied current(UDP)\n"
				"9: implied current(UDP)",
				""},
		{"a section that is not closed", TEXT("[Deploy Patterns\nTo = sip:a@h"),
				NULL,
				"1:1 [[Deploy Patterns]: this section is not closed: [Deploy "
				"Patterns] would be right"},
		{"a section of conditions that is not closed, whose lines are read",
				TEXT("[Matching Patterns\nFrom = (x)\n[Deploy Patterns]\n"
					 "To = sip:%1@h\nX = %2"),
				NULL,
				"1:1 [[Matching Patterns]: this section is not closed: "
				"[Matching Patterns] would be right\n5:5 [%2" NO_GROUP},
		{"[ alone", TEXT("["), NULL,
				"1:1 [[]: this section is not closed: ..."},
		{"a section with text behind it", TEXT("[Deploy Patterns] # x\n"), NULL,
				"1:19 [# x]: behind the bracket that closes a section nothing "
				"stands: a comment is a line of its own, which begins with #"},
		{"a line behind a section, which is judged as the others",
				TEXT("[Matching Patterns] From = (x)\n"
					 "[Deploy Patterns] To = sip:%1@[::1]\nX-A = %2"),
				NULL,
				"1:21 [From = (x)" ON_THE_NEXT
				"\n2:19 [To = sip:%1@[::1]" ON_THE_NEXT "\n3:7 [%2" NO_GROUP},
		{"a line that ends with a bracket behind the name of a rule",
				TEXT("[Rule a] To = sip:1@[::1]\n" PLAN), NULL,
				"1:10 [To = sip:1@[::1]" ON_THE_NEXT
				"\n1:10 [To = sip:1@[::1]]: this stands between the name of a "
				"rule and its sections: ..."},
		{"a line with a fault behind a section",
				TEXT("[Deploy Patterns] To = sip:a@h/X"), NULL,
				"1:19 [To = sip:a@h/X" ON_THE_NEXT
				"\n1:32 [X] is no transport: ..."},
		{"a comment behind a section, whose lines are judged",
				TEXT("[Rule a] # b = c\n[Deploy Patterns] // x = y\n"
					 "To = sip:a@h/X"),
				NULL,
				"1:10 [# b = c" NOTHING_BEHIND "\n2:19 [// x = y" NOTHING_BEHIND
				"\n3:14 [X] is no transport: ..."},
		{"text behind an unknown section", TEXT("[Deploy] x\ny"), NULL,
				"1:10 [x" NOTHING_BEHIND "\n1:1 [[Deploy]" NEAR_DEPLOY},
		{"sections without their brackets, whose lines are judged",
				TEXT("matching patterns:\nFrom = (x)\nDeploy Patterns\n"
					 "To = sip:%1%2@h\n**Deploy Patterns**\nTo = sip:a@h/X"),
				NULL,
				"1:1 [matching patterns:" IN_BRACKETS_MATCHING
				"\n3:1 [Deploy Patterns" IN_BRACKETS_DEPLOY
				"\n4:12 [%2" NO_GROUP
				"\n5:1 [**Deploy Patterns**" IN_BRACKETS_DEPLOY
				"\n6:14 [X] is no transport: ..."},
		{"sections in the dress of a page",
				TEXT("**[Matching Patterns]**\n1. [Deploy Patterns]\n"
					 "== Matching Pattern ==\n- (DeployPatterns):\n"),
				NULL,
				"1:1 [**[Matching Patterns]**" IN_BRACKETS_MATCHING
				"\n2:1 [1. [Deploy Patterns]" IN_BRACKETS_DEPLOY
				"\n3:1 [== Matching Pattern ==" IN_BRACKETS_MATCHING
				"\n4:1 [- (DeployPatterns):" IN_BRACKETS_DEPLOY},
		{"names of rules in the dress of a page",
				TEXT("--- Rule 1 ---\n" PLAN "Rule of the office:\n" PLAN
					 "## x\n**Rule**\n" PLAN "2. rule b [x]\n"),
				NULL,
				"1:1 [--- Rule 1 ---" NAME_IN_BRACKETS "[Rule 1]" RIGHT
				"\n3:1 [Rule of the office:" NAME_IN_BRACKETS
				"[Rule of the office]" RIGHT "\n6:1 [**Rule**" NAME_IN_BRACKETS
				"[Rule NAME]" RIGHT "\n8:1 [2. rule b [x]" NAME_IN_BRACKETS
				"[rule b [x]" RIGHT},
		{"a header of the name Rule",
				TEXT("[Matching Patterns]\nRule = x\n" PLAN
					 "Rule = 1 - 2\nDeploy-Patterns = x"),
				"1: {Rule~x@0} implied current(UDP); Rule:=1 - 2; "
				"Deploy-Patterns:=x",
				""},
		{"a header of the name Rule, or of a section, with an odd value",
				TEXT("[Matching Patterns]\nRule = .\n" PLAN
					 "Rule =\nDeployPattern = *"),
				"1: {Rule~.@0} implied current(UDP); Rule:=; "
				"DeployPattern:=*",
				""},
		{"an unknown section, whose lines are not read",
				TEXT("\n  [Deploy Rules]\nTo = x\ny"), NULL,
				"2:3 [[Deploy Rules]" NO_SECTION},
		{"a section without a name", TEXT("[]"), NULL, "1:1 [[]" NO_SECTION},
		{"half a section name", TEXT("[Deploy]"), NULL,
				"1:1 [[Deploy]" NEAR_DEPLOY},
		{"misspelt section names",
				TEXT("[Matchin Patterns]\n[Mathing]\n[Dploy Pattern]\n"), NULL,
				"1:1 [[Matchin Patterns]" NEAR_MATCHING
				"\n2:1 [[Mathing]" NEAR_MATCHING
				"\n3:1 [[Dploy Pattern]" NEAR_DEPLOY},
		{"a no-break space in a section name",
				TEXT("[Matching\xc2\xa0Patterns]\n"), NULL,
				"1:1 [[Matching\\xc2\\xa0Patterns]" NEAR_MATCHING},
		{"a section name with a letter too many", TEXT("[Deploy Patternss]"),
				NULL, "1:1 [[Deploy Patternss]" NEAR_DEPLOY},
		{"a hyphen in a section name", TEXT("[Deploy-Patterns]"), NULL,
				"1:1 [[Deploy-Patterns]" NEAR_DEPLOY},
		{"a section name that is far too long",
				TEXT("[Deploy Patterns and a good deal of text behind that]"),
				NULL, "1:1 [[Deploy ...]: there is no such section: ..."},
		{"behind an unknown section a rule begins anew",
				TEXT(PLAN "To = sip:a@h\n[End]\nx\n" PLAN "y\n"), NULL,
				"3:1 [[End]" NO_SECTION "\n6:1 [y]: a line is NAME = VALUE"},
		{"Deploy before Matching are two rules",
				TEXT(PLAN "To = sip:a@h\n[Matching Patterns]\nFrom = x\n" PLAN
						  "To = sip:b@h"),
				"1: sip:a@h(UDP)\n3: {From~x@0} sip:b@h(UDP)", ""},
		{"conditions behind, and nothing to deploy",
				TEXT(PLAN "To = sip:a@h\n[Matching Pattern:]\nFrom = x"), NULL,
				"3:1 [[Matching Pattern:]" NO_DEPLOY},
		{"groups of conditions behind are another rule's",
				TEXT(PLAN "To = sip:%1@h\n[Matching Pattern:]\nFrom = "
						  "(x)\n" PLAN),
				NULL, "2:10 [%1" NO_GROUP},
		{"a second deploy section is a second rule",
				TEXT(PLAN "To = sip:a@h\n" PLAN "To = sip:b@h\n"),
				"1: sip:a@h(UDP)\n3: sip:b@h(UDP)", ""},
		{"a second section of conditions",
				TEXT("[Matching Patterns]\nFrom = x\n[Matching Patterns]\n"
					 "To = y\n" PLAN),
				NULL, "1:1 [[Matching Patterns]" NO_DEPLOY},
		{"a rule with both sections",
				TEXT("[Matching Patterns]\n$request = ^INVITE\n" PLAN
					 "To = sip:a@h"),
				"1: {$request~^INVITE@0} sip:a@h(UDP)", ""},
		{"several rules, of every form",
				TEXT("[Matching Patterns]\n$request = ^INVITE\n" PLAN
					 "To = sip:a@h\n---\n[Rule x y]\n# z\n" PLAN "\n\n"
					 "[Rule z]\n[Matching Patterns]\n\nTo=a\n" PLAN "\n"
					 "[Matching Patterns]\n" PLAN "$action = 404\n"),
				"1: {$request~^INVITE@0} sip:a@h(UDP)\n"
				"6 x y: implied current(UDP)\n"
				"11 z: {To~a@0} implied current(UDP)\n"
				"17: = 404 ",
				""},

		/* names */
		{"a named rule", TEXT("[Rule office]\n" PLAN "To = sip:a@h"),
				"1 office: sip:a@h(UDP)", ""},
		{"a name of any characters",
				TEXT("[ RULE  Au\xc3\x9f"
					 "en: [1] = \"x\" \t]\n" PLAN),
				"1 Au\xc3\x9f"
				"en: [1] = \"x\": implied current(UDP)",
				""},
		{"one name twice", TEXT("[Rule a]\n" PLAN "[Rule a]\n" PLAN),
				"1 a: implied current(UDP)\n3 a: implied current(UDP)", ""},
		{"no name", TEXT("[Rule ]\n" PLAN), NULL,
				"1:1 [[Rule ]]: a name is missing: [Rule office] would be "
				"right"},
		{"no name, behind a rule with a fault",
				TEXT(PLAN "$action = 404\nTo = sip:a\n[Rule ]\n" PLAN), NULL,
				"2:1 [$action]: it answers the call, so neither To, $session "
				"nor $target "
				"stands beside it\n"
				"4:1 [[Rule ]]: a name is missing: ..."},
		{"no name at all", TEXT("[Rule]\n" PLAN), NULL,
				"1:1 [[Rule]]: a name is missing: ..."},
		{"another word", TEXT("[Rules a]\n" PLAN), NULL,
				"1:1 [[Rules a]]: there is no such section: was [Rule NAME] "
				"meant?"},
		{"the longest name", TEXT("[Rule " NAME_64 "]\n" PLAN),
				"1 " NAME_64 ": implied current(UDP)", ""},
		{"a longer name", TEXT("[Rule " NAME_64 "x]\n" PLAN), NULL,
				"1:7 a name is at most 64 bytes long"},
		{"a name alone", TEXT("[Rule a]"), NULL,
				"1:1 [[Rule a]]: this rule "
				"has no [Deploy Patterns], where it stands what becomes of "
				"the call; it stands below the conditions"},
		{"a name and conditions",
				TEXT("[Rule a]\n[Matching Patterns]\nFrom = x\n"
					 "[Rule b]\n" PLAN),
				NULL, "1:1 [[Rule a]" NO_DEPLOY},
		{"two names", TEXT("[Rule a]\n[Rule b]\n" PLAN), NULL,
				"1:1 [[Rule a]" NO_DEPLOY},
		{"a line behind a name", TEXT("[Rule a]\nTo = sip:a@h\n" PLAN), NULL,
				"2:1 [To = sip:a@h" BEFORE_SECTIONS},
		{"conditions without anything to deploy",
				TEXT("[Matching Patterns]\nFrom = x\n---\n# y\n"), NULL,
				"1:1 [[Matching Patterns]" NO_DEPLOY},
		{"conditions with a fault, and nothing to deploy",
				TEXT("[Matching Patterns]\nFrom = (\n"), NULL,
				"2:9 [(] is no regular expression: ...\n"
				"1:1 [[Matching Patterns]" NO_DEPLOY},
		{"no line of conditions outside of a section",
				TEXT("$request = ^INVITE\n"), NULL,
				"1:1 [$request = ^INVITE" BEFORE_ANY_CONDITION},
		{"other conditions outside of a section",
				TEXT("$pv($fU) = x\n$Time = y\nFrom = z\n$transport = TCP\n"),
				NULL,
				"1:1 [$pv($fU) = x" BEFORE_ANY_CONDITION
				"\n2:1 [$Time = y" BEFORE_ANY_CONDITION
				"\n3:1 [From = z" BEFORE_ANY_CONDITION
				"\n4:1 [$transport = TCP" BEFORE_ANY},
		{"a line outside of any section", TEXT("To = sip:a@h\n" PLAN), NULL,
				"1:1 [To = sip:a@h" BEFORE_ANY},

		/* lines */
		{"no equals sign", TEXT(PLAN "  To sip:a@h"), NULL,
				"2:3 [To sip:a@h]: a line is NAME = VALUE"},
		{"no name", TEXT(PLAN " = sip:a@h"), NULL,
				"2:2 [= sip:a@h]: there is no name before the equals sign"},
		{"To without value", TEXT(PLAN "To ="), NULL,
				"2:5 To has no value: a destination such as sip:100@192.0.2.1 "
				"would be right"},
		{"$session without value", TEXT(PLAN "$session = "), NULL,
				"2:11 $session has no value: failover sip:101@192.0.2.2 would "
				"be right"},
		{"$transport without value", TEXT(PLAN "To = sip:a@h\n$transport ="),
				NULL,
				"3:13 [] is no transport: UDP, TCP, TLS or SCTP would be "
				"right"},
		{"an empty setting is the default",
				TEXT(PLAN "&failover.pattern.response =\n"
						  "&failover.timer.inviting = \n"
						  "&failover.redirection=\r\n"),
				"1: implied current(UDP)", ""},
		{"an unknown setting", TEXT(PLAN "&failover.timer.invite = 5"), NULL,
				"2:11 [timer.invite" NO_SETTING},
		{"no setting", TEXT(PLAN "&failover. = 5"), NULL, "2:11 [" NO_SETTING},
		{"a foreign variable is the script's", TEXT(PLAN "$rtp = true"),
				"1: implied current(UDP); &rtp:=true", ""},
		{"another plug-in's setting", TEXT(PLAN "&net.sip.x = 1"), NULL,
				"2:1 [&net.sip.x] is not known here: ..."},
		{"a variable", TEXT(PLAN "&nets.sip.x = 1"),
				"1: implied current(UDP); &nets.sip.x:=1", ""},
		{"a header", TEXT(PLAN "X-Foo = bar"),
				"1: implied current(UDP); X-Foo:=bar", ""},
		{"To twice", TEXT(PLAN "To = sip:a@h\nTO = sip:b@h"), NULL,
				"3:1 [TO" ONCE},
		{"to, as a header, is the same",
				TEXT(PLAN "to = sip:a@h\nTo = sip:b@h"), NULL, "3:1 [To" ONCE},
		{"To once in each rule",
				TEXT(PLAN "To = sip:a@h\n" PLAN "To = sip:b@h"),
				"1: sip:a@h(UDP)\n3: sip:b@h(UDP)", ""},
		{"the case of names",
				TEXT("[matching patterns]\n$REQUEST = x\nFROM = y\n" PLAN
					 "TO = sip:a@h\n$TRANSPORT = tcp\n$SESSION = FAILOVER\n"
					 "$CONTINUE = TRUE\n&FAILOVER.ATTEMPTS = 3"),
				"1: {$request~x@0} {FROM~y@0} sip:a@h/TCP; continue; "
				"attempts=3",
				""},
		{"$session twice",
				TEXT(PLAN "$session = failover\n$session = failover"), NULL,
				"3:1 [$session" ONCE},
		{"$transport twice", TEXT(PLAN "$transport = TCP\n$transport = TCP"),
				NULL, "3:1 [$transport" ONCE},
		{"To twice, once empty", TEXT(PLAN "To =\nTo = sip:a@h"), NULL,
				"2:5 To has no value: ...\n3:1 [To" ONCE},
		{"a setting twice",
				TEXT(PLAN "&failover.attempts = 5\n  &Failover.attempts = 5"),
				NULL,
				"3:3 [&Failover.attempts] stands here a second time: once is "
				"right"},
		{"a setting twice, once empty",
				TEXT(PLAN "&failover.attempts =\n&failover.attempts = 5"), NULL,
				"3:1 [&failover.attempts] stands here a second time: once is "
				"right"},
		{"an equals sign in a value", TEXT(PLAN "To=sip:a@h;x=y;z=1"),
				"1: sip:a@h;x=y;z=1(UDP)", ""},
		{"a comment is a whole line",
				TEXT(PLAN "&failover.attempts = 5 # five\nTo = sip:a@h #a\n"
						  "$transport = TCP # b\n$continue = true\t#\n"
						  "$session = failover sip:b@h # c"),
				NULL,
				"2:24 [#" NO_COMMENT "\n3:14 [#a" NO_COMMENT
				"\n4:18 [#" NO_COMMENT "\n5:18 [#" NO_COMMENT
				"\n6:29 [#" NO_COMMENT},
		{"behind a value that may have a # it belongs to it",
				TEXT(PLAN "&failover.redirection.allow = a # b\n"
						  "&failover.reply = 480 c # d\nX-A = e # f\n"
						  "To = sip:a@h{pattern='4..|# g'}"),
				"1: sip:a@h(UDP){pattern.response=100:400-499}; "
				"redirection.allow=a # b reply=480 c # d; X-A:=e # f",
				""},
		{"semicolons begin no comment", TEXT(PLAN ";; x"), NULL,
				"2:1 [;; x" COMMENT},

		/* settings */
		{"a negative duration", TEXT(PLAN "&failover.timer.inviting = -5"),
				NULL, "2:28 [-5] is no duration: ..."},
		{"a duration of zero", TEXT(PLAN "&failover.timer.provisional = 0"),
				NULL, "2:31 [0] is out of range: a duration is 100ms to 3600s"},
		{"a duration with an exponent",
				TEXT(PLAN "&failover.timer.inviting = 1e9"), NULL,
				"2:28 [1e9] is no duration: ..."},
		{"a large duration",
				TEXT(PLAN "&failover.timer.inviting = 99999999999"), NULL,
				"2:28 [99999999999] is out of range: ..."},
		{"a duration of 2^32+5",
				TEXT(PLAN "&failover.timer.inviting = 4294967301"), NULL,
				"2:28 [4294967301] is out of range: ..."},
		{"a duration below the least",
				TEXT(PLAN "&failover.timer.inviting = 10ms"), NULL,
				"2:28 [10ms] is out of range: ..."},
		{"a unit of another language",
				TEXT(PLAN "&failover.timer.inviting = 1m"), NULL,
				"2:28 [1m] is no duration: ..."},
		{"a hexadecimal duration", TEXT(PLAN "&failover.timer.inviting = 0x10"),
				NULL, "2:28 [0x10] is no duration: ..."},
		{"a duration with a fraction",
				TEXT(PLAN "&failover.timer.inviting = 3.5"), NULL,
				"2:28 [3.5] is no duration: ..."},
		{"digits of another script",
				TEXT(PLAN "&failover.timer.inviting = \xd9\xa1\xd9\xa0"), NULL,
				"2:28 [\xd9\xa1\xd9\xa0] is no duration: ..."},
		{"two durations", TEXT(PLAN "&failover.timer.inviting = 30 30"), NULL,
				"2:28 [30 30] is no duration: ..."},
		{"a response pattern with an open bracket",
				TEXT(PLAN "&failover.pattern.response = 4("), NULL,
				"2:32 [4(] is no regular expression: missing closing "
				"parenthesis; a pattern such as 4.. or 408|5.. would be "
				"right"},
		{"a response pattern of many steps",
				TEXT(PLAN "&failover.pattern.response = 4..|(a+)+$"),
				"1: implied current(UDP); pattern.response=100:400-499", ""},
		{"a response pattern with (*UTF)",
				TEXT(PLAN "&failover.pattern.response = (*UTF)4"), NULL,
				"2:36 [(*UTF)4] is no regular expression: ..."},
		{"a percent sign in a setting stands for itself",
				TEXT(PLAN "&failover.pattern.response = 4..|%1"),
				"1: implied current(UDP); pattern.response=100:400-499", ""},
		{"a setting takes no quotes", TEXT(PLAN "&failover.attempts = '5'"),
				NULL, "2:22 ['5'] is no whole number from 1 to 30, ..."},
		{"neither true nor false", TEXT(PLAN "&failover.redirection = maybe"),
				NULL,
				"2:25 [maybe] is neither true nor false, the values of "
				"redirection"},

		/* destinations */
		{"failover with nothing",
				TEXT(PLAN "To = sip:a@h\n$session = failover"),
				"1: sip:a@h(UDP)", ""},
		{"no To", TEXT(PLAN "$session = failover sip:b@h"),
				"1: implied current(UDP) sip:b@h(UDP)", ""},
		{"no To, a transport for it", TEXT(PLAN "$transport = TCP"),
				"1: implied current/TCP", ""},
		{"To = current", TEXT(PLAN "To = current\n$session = failover sip:b@h"),
				"1: current(UDP) sip:b@h(UDP)", ""},
		{"a misspelt verb", TEXT(PLAN "$session = failvoer sip:b@h"), NULL,
				"2:12 [failvoer]: there is no such session plug-in here: "
				"$session = failover ... would be right"},
		{"a destination twice",
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
		{"a misspelt transport in $session",
				TEXT(PLAN "$session = failover sip:a@h/TPC sip:b@h:x"), NULL,
				"2:29 [TPC] is no transport: ...\n"
				"2:41 [sip:b@h:x]: a port is a number..."},
		{"a suffix in any case", TEXT(PLAN "To = sip:a@h/tcp"),
				"1: sip:a@h/TCP", ""},
		{"suffix and parameter", TEXT(PLAN "To = sip:a@h;transport=udp/TCP"),
				NULL,
				"2:28 /TCP contradicts ;transport=UDP of the same "
				"destination: ..."},
		{"suffix and $transport",
				TEXT(PLAN "$transport = UDP\nTo = sip:a@h/TCP"), NULL,
				"2:14 $transport = UDP contradicts To, which says TCP: one of "
				"them would be right"},
		{"suffix and $transport, in the other order",
				TEXT(PLAN "To = sip:a@h/TCP\n$transport = UDP"), NULL,
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
		{"a slash without a transport", TEXT(PLAN "To = sip:a@h/"), NULL,
				"2:14 [] is no transport: ..."},
		{"a slash in the user", TEXT(PLAN "To = sip:a/b@h/TCP"),
				"1: sip:a/b@h/TCP", ""},
		{"a port out of range", TEXT(PLAN "To = sip:a@h:65536"), NULL,
				"2:14 [65536] is no port: ..."},
		{"an IPv6 address that is not closed", TEXT(PLAN "To = sip:a@[::1"),
				NULL,
				"2:12 [sip:a@[::1]: the bracket of this IPv6 address is not "
				"closed"},
		{"an IPv6 address without brackets",
				TEXT(PLAN "To = sip:a@2001:db8::1"), NULL,
				"2:17 [sip:a@2001:db8::1]: a port is a number..."},
		{"no scheme", TEXT(PLAN "To = 192.0.2.1"), NULL,
				"2:6 [192.0.2.1]: a destination begins with sip: or sips:"},
		{"destinations without a user",
				TEXT(PLAN "$session = failover sip:gw1 sip:gw2"),
				"1: implied current(UDP) sip:gw1(UDP) sip:gw2(UDP)", ""},
		{"another scheme", TEXT(PLAN "$session = failover mailto:a@h"), NULL,
				"2:21 [mailto:a@h]: a destination begins with sip: or sips:"},
		{"an escape is written with %%", TEXT(PLAN "To = sip:a%%0d%%0ab@h"),
				"1: sip:a%0d%0ab@h(UDP)", ""},
		{"without %% it is not one", TEXT(PLAN "To = sip:a%0d@h"), NULL,
				"2:11 [%" NO_PERCENT},
		{"%% where a percent sign may not stand", TEXT(PLAN "To = sip:a%%@h"),
				NULL,
				"2:12 [sip:a%%@h]: a percent sign in a user part is followed "
				"by two hexadecimal digits"},
		{"a tab in a URI", TEXT(PLAN "To = sip:a\tb@h"), NULL,
				"2:12 [b@h]: To takes one destination, ..."},
		{"angle brackets", TEXT(PLAN "To = <sip:a@h>"), NULL,
				"2:6 [<sip:a@h>]: a destination stands without angle "
				"brackets"},
		{"headers in a URI", TEXT(PLAN "To = sip:a@h?Route=x"), NULL,
				"2:14 [?Route=x]: a destination takes no headers, remove "
				"them"},
		{"a group that no condition has",
				TEXT(PLAN "To = sip:%1@h\n$session = failover sip:%2@h sip:%9"),
				NULL,
				"2:10 [%1" NO_GROUP "\n3:25 [%2" NO_GROUP
				"\n3:34 [%9" NO_GROUP},
		{"each of the nine, without a group",
				TEXT(PLAN "X-A = %1%2%3%4%5%6%7%8%9"), NULL,
				"2:7 [%1" NO_GROUP "\n2:9 [%2" NO_GROUP "\n2:11 [%3" NO_GROUP
				"\n2:13 [%4" NO_GROUP "\n2:15 [%5" NO_GROUP
				"\n2:17 [%6" NO_GROUP "\n2:19 [%7" NO_GROUP
				"\n2:21 [%8" NO_GROUP "\n2:23 [%9" NO_GROUP},
		{"each of the nine, with groups",
				TEXT("[Matching Patterns]\nTo = "
					 "(1)(2)(3)(4)(5)(6)(7)(8)(9)\n" PLAN
					 "To = sip:%9%8%7%6%5%4%3%2%1@h"),
				"1: {To~(1)(2)(3)(4)(5)(6)(7)(8)(9)@0} "
				"sip:<8u><7u><6u><5u><4u><3u><2u><1u><0u>@h(UDP)",
				""},
		{"another language's groups are text", TEXT(PLAN "To = sip:$1$9@h"),
				"1: sip:$1$9@h(UDP)", ""},
		{"a group beyond nine", TEXT(PLAN "To = sip:%{10}@h"), NULL,
				"2:10 [%{10}" NO_GROUP},
		{"braces without a number", TEXT(PLAN "$session = failover sip:%{x}@h"),
				NULL, "2:25 [%{x}" NO_PERCENT},
		{"a percent sign at the end", TEXT(PLAN "$session = failover sip:a%"),
				NULL, "2:26 [%" NO_PERCENT},
		{"a percent sign and another fault",
				TEXT(PLAN "$session = failover sip:%1@h sip:b@h/X"), NULL,
				"2:25 [%1" NO_GROUP "\n2:38 [X] is no transport: ..."},
		{"a pseudo-variable is literal", TEXT(PLAN "To = sip:$(ru)@h"),
				"1: sip:$(ru)@h(UDP)", ""},
		{"To for a registered user", TEXT(PLAN "To = sip:user@"), NULL,
				"2:6 [sip:user@] has no host; for a registered user call "
				"lookup(\"location\") before failover() and write no To, or, "
				"for one rule alone, write a domain of this server behind the "
				"@: the call comes back, and the script looks him up"},

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
					 "$b r = 1\n"
					 "Via = x\n"
					 "X Y = z\n"
					 "$continue = maybe\n"
					 "[End]\n"
					 "[Matching Patterns]\n"
					 "From\n"
					 "= x\n"
					 "From =\n"
					 "$pv(fU) = x\n"
					 "$sid = true\n"
					 "X Y = *\n"
					 "From = *\n"
					 "[Deploy Pattern]\n"
					 "$action = 200 OK\n"
					 "To = sip:%1\n"
					 "[Deploy Patterns]\n"
					 "[Rule ]\n"
					 "z\n"),
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
				"11:1 [$b r] is no name: ...\n"
				"12:1 [Via]: a proxy does not change this header; ...\n"
				"13:1 [X Y]: this is no name of a header; To, $session, "
				"&failover.* or X-Header would be right\n"
				"14:13 [maybe] is neither true nor false, the values of "
				"$continue\n"
				"15:1 [[End]" NO_SECTION "\n"
				"17:1 [From]: a condition is NAME = PATTERN, as in From = "
				"@example\\.com\n"
				"18:1 [= x]: there is no name before the equals sign\n"
				"19:7 [From] has no pattern: .+ for any value, or ^$ for none, "
				"would be right\n"
				"20:5 [$pv(fU)]: a pseudo-variable begins with a dollar sign: "
				"...\n"
				"21:1 [$sid] is not known here: ...\n"
				"22:1 [X Y] is no name of a header: ...\n"
				"23:8 [*] is no regular expression: ...; a pattern such as "
				"^sip:9 or @example\\.com would be right\n"
				"25:11 [200]: a rule refuses a call, ...\n"
				"25:1 [$action]: it answers the call, so neither To, $session "
				"nor $target "
				"stands beside it\n"
				"28:1 [[Rule ]]: a name is missing: ...\n"
				"29:1 [z" BEFORE_SECTIONS "\n"
				"28:1 [[Rule ]" NO_DEPLOY},
};

START_TEST(reads_a_plan)
{
	arena_t *arena = small_arena();
	str text = exact(plans[_i].text, plans[_i].len);
	collector_t collector;
	arena_t *scratch = small_arena();
	dialplan_t *plan;
	char found[2048] = "";

	collector_init(&collector);
	plan = dialplan_parse(&text, arena, scratch, &collector.diagnostics);
	arena_destroy(scratch);
	expect_reported(plans[_i].title, &collector, plans[_i].errors);
	ck_assert_int_eq(plan == NULL, plans[_i].expected == NULL);
	if(plan != NULL) {
		describe_plan(plan, found, sizeof(found));
		expect_same(plans[_i].title, found, plans[_i].expected);
	}
	exact_free(&text);
	arena_destroy(arena);
}
END_TEST

/* Each beginning of a text is read, and no byte behind its end. */
START_TEST(reads_a_plan_that_is_cut_off)
{
	static const char whole[] =
			"\xef\xbb\xbf[Rule x]\n[Matching Patterns]\n$request=^INVITE (.)\n"
			"$pv($xavp(a=>b))=!(c)\n&d=e\n" PLAN
			"To = sip:a%%41%1@[::1]:5060;x=y/TCP\r\n"
			"$session = failover sip:b{pattern='4,',inviting=5ms} current\r\n"
			"&failover.pattern.response = !4(0.|8.)\r\n$transport = TCP\n"
			"$continue = 1\nX-A = %{1}\n&x = y\n" PLAN "$action = 404 x\n---";
	int len;

	for(len = 0; len < (int)sizeof(whole); len++) {
		arena_t *arena = small_arena();
		arena_t *scratch = small_arena();
		str text = exact(whole, len);
		diagnostics_t diagnostics = {0};
		dialplan_t *plan = dialplan_parse(&text, arena, scratch, &diagnostics);

		ck_assert_int_eq(plan == NULL, diagnostics.errors > 0);
		exact_free(&text);
		arena_destroy(scratch);
		arena_destroy(arena);
	}
}
END_TEST

/* If a plan has an error, a listener still gets the rules that could be read. */
START_TEST(keeps_the_rules_that_it_could_read)
{
	static const struct
	{
		const char *text, *expected;
		int n_subjects;
	} rows[] = {
			{"[Matching Patterns]\nFrom = (\n$pv($x) = 1\n[Deploy Patterns]\n"
			 "To = sip:a@h/TLS\n[Matching Patterns]\nX-A = y\n",
					"1: {$pv($x)~1@0} sip:a@h/TLS\n"
					"6: {X-A~y@0} implied current(UDP)",
					3},
			{"To = sip:a@h", "no rule", 0},
			{"\xff\xfe[\n", NULL, 0},
	};
	arena_t *arena = small_arena();
	diagnostics_t none = {0};
	int i;

	for(i = 0; i < ROWS(rows); i++) {
		str text = str_of(rows[i].text);
		char described[1024] = "";
		dialplan_t *plan;

		ck_assert_int_eq(dialplan_read(&text, &plan, arena, arena, &none), -1);
		if(rows[i].expected == NULL) {
			ck_assert_ptr_null(plan);
			continue;
		}
		describe_plan(plan, described, sizeof(described));
		ck_assert_str_eq(described, rows[i].expected);
		ck_assert_int_eq(plan->n_subjects, rows[i].n_subjects);
	}
	arena_destroy(arena);
}
END_TEST

START_TEST(counts_only_its_own_errors)
{
	arena_t *arena = small_arena();
	str text = exact(TEXT(PLAN));
	diagnostics_t diagnostics = {.errors = 3};

	ck_assert_ptr_nonnull(dialplan_parse(&text, arena, arena, &diagnostics));
	ck_assert_int_eq(diagnostics.errors, 3);
	exact_free(&text);
	arena_destroy(arena);
}
END_TEST

/* -- what a plan is made of ----------------------------------------------- */

/* The lines of each rule, as a listing shows them, separated by |. */
static const struct
{
	const char *title;
	const char *text;
	const char *expected;
} sources[] = {
		{"one rule", PLAN "To = sip:a@h\n", PLAN "To = sip:a@h|"},
		{"what is round it is not its own",
				"# x\n\n---\n" PLAN "To = sip:a@h  \n\n---\n# y\n",
				PLAN "To = sip:a@h|"},
		{"what is in it is", PLAN "\n# x\n---\n$transport = TCP\r\n",
				PLAN "\n# x\n---\n$transport = TCP|"},
		{"from the first header",
				"  [Rule a]\n[Matching Patterns]\nFrom = x\n" PLAN "\n\n"
				"[Matching Patterns]\n" PLAN PLAN,
				"[Rule a]\n[Matching Patterns]\nFrom = x\n"
				"[Deploy Patterns]|[Matching Patterns]\n[Deploy Patterns]|"
				"[Deploy Patterns]|"},
};

START_TEST(knows_its_source)
{
	loaded_t loaded;
	char found[512] = "";
	int i;

	load(&loaded, sources[_i].text);
	for(i = 0; i < loaded.plan->n_rules; i++)
		print(found, sizeof(found), "%.*s|",
				STR_FMT(&loaded.plan->rules[i]->source));
	expect_same(sources[_i].title, found, sources[_i].expected);
	unload(&loaded);
}
END_TEST

/* Rules share their conditions: each subject and each test exists once. */
START_TEST(shares_tests)
{
	loaded_t loaded;
	const condition_t *first, *second;
	int i;

	load(&loaded, "[Matching Patterns]\n$request = ^INVITE\nFrom = a\n" PLAN
				  "[Matching Patterns]\nf=a\n$Request=^INVITE\n"
				  "From = !a\n&From = a\n" PLAN);
	ck_assert_int_eq(loaded.plan->n_subjects, 3);
	ck_assert_int_eq(loaded.plan->n_tests, 4);
	for(i = 0; i < loaded.plan->n_subjects; i++)
		ck_assert_int_eq(loaded.plan->subjects[i]->id, i);
	first = loaded.plan->rules[0]->conditions;
	second = loaded.plan->rules[1]->conditions;
	ck_assert_ptr_eq(first->test, second->next->test);
	ck_assert_ptr_eq(first->next->test, second->test);
	ck_assert_ptr_ne(second->test, second->next->next->test);
	ck_assert_ptr_eq(second->test->subject, second->next->next->test->subject);
	ck_assert_int_eq(second->where.line, 6);
	unload(&loaded);
}
END_TEST

/* -- large texts ---------------------------------------------------------- */

#define MIB (1024 * 1024)

/* A text of a head and one piece that is repeated. The number of the piece replaces
 * each ~. */
static const struct
{
	const char *title;
	const char *head, *piece;
	int size;	/* the size in bytes, or the number of pieces, negative */
	int errors; /* the number of errors; -1: nearly one for each piece; -2: one
				 * for each piece */
	const char *first;
} large[] = {
		{"the longest line", PLAN ";", "x", 18 + 64 * 1024, 1, "2:1 [;xxx"},
		{"a line that is too long", PLAN ";", "x", 18 + 64 * 1024 + 1, 1,
				"2:1 a line is at most 65536 bytes long"},
		{"10 MB in a line", PLAN, "x", 10 * MIB, 1,
				"2:1 a line is at most 65536 bytes long"},
		{"10 MB of NUL", "", "\1", 10 * MIB, 1,
				"1:1 a line is at most 65536 bytes long"},
		{"the largest text", "", "#\n", 16 * MIB, 0, ""},
		{"a text that is too large", "", "\n", 16 * MIB + 1, 1,
				"1:1 a dial plan is at most 16777216 bytes long"},
		{"as many lines as fit", "", "\n", 16 * MIB, 0, ""},
		{"100 000 lines", PLAN, "---------\n", -100000, 0, ""},
		{"100 000 faults", PLAN, "x\n", -100000, -1,
				"2:1 [x]: a line is NAME = VALUE"},
		{"100 000 faults of other kinds", "[Matching Patterns]\n",
				"From = (~\n", -100000, -1, "2:10 [(0] is no regular"},
		{"100 000 sections that are none", "", "[x]\n", -100000, -1,
				"1:1 [[x]]: there is no such section"},
		{"100 000 control characters", "", "\1\n", -100000, -1,
				"1:1 a control character"},
		{"100 000 lone CR", "", "\rx\n", -100000, -1, "1:1 a lone carriage"},
		{"100 000 times To", PLAN, "To = sip:a@h\n", -100000, -1,
				"3:1 [To" ONCE},
		{"100 000 headers", PLAN, "X-~ = x\n", -100000, -1,
				"66:1 [X-64]: a rule has at most 64 lines of this kind"},
		{"100 000 variables", PLAN, "&x~ = x\n", -100000, -1,
				"66:1 [&x64]: a rule has at most 64 lines of this kind"},
		{"100 000 conditions", "[Matching Patterns]\n", "From = ~\n", -100000,
				1, "1:1 [[Matching Patterns]" NO_DEPLOY},
		{"100 000 of the same", "[Matching Patterns]\n", "From = a\n", -100000,
				1, "1:1 [[Matching Patterns]" NO_DEPLOY},
		{"100 000 groups", "[Matching Patterns]\n", "From = (a)\n", -100000, -1,
				"130:1 [From = (a)]: the conditions of a rule have at most "
				"128 groups"},
		{"100 000 rules", "", PLAN, -100000, 0, ""},
		{"100 001 rules", "", PLAN, -100001, 1,
				"100001:1 a dial plan has at most 100000 rules, and here the "
				"next one begins"},
		{"no line is read behind too many rules", "", PLAN "\n", -200000, 1,
				"200001:1 a dial plan has at most 100000 rules"},
		{"100 000 rules with a condition each", "",
				"[Matching Patterns]\n$request = ^INVITE sip:9~@\n" PLAN
				"To = sip:~@h\n",
				-100000, 0, ""},
		{"100 000 rules that ask for other variables", "",
				"[Matching Patterns]\n&x~ = a\n" PLAN, -100000, 0, ""},
		{"100 000 rules, and each has a fault", "",
				"[Matching Patterns]\n$request = ^INVITE sip:9~@\n" PLAN
				"To = sip:~@h/X\n",
				-100000, -1, "4:14 [X] is no transport"},
		{"a list as long as a line", PLAN "$session = failover ", "sip:h ",
				38 + 10919 * 6, 0, ""},
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
		{"a header as long as a line", PLAN "X = ", "%", 18 + 64 * 1024, 1,
				"2:5 a value is at most 4096 bytes long"},
		{"a header of percent signs", PLAN "X = ", "%", 18 + 4 + 4095, 1,
				"2:4099 [%" NO_PERCENT},
		{"a header of captures", PLAN "X = ", "%1", 18 + 4 + 4096, -2,
				"2:5 [%1" NO_GROUP},
		{"a reason as long as a line", PLAN "$action = 404 ", "%1",
				18 + 64 * 1024, 1, "2:15 [%1"},
		{"a pattern as long as a line",
				PLAN "&failover.pattern.response = ", "486|", 18 + 64 * 1024, 1,
				"2:30 a pattern is at most 1024 bytes long"},
		{"a condition as long as a line",
				"[Matching Patterns]\nFrom = ", "486|", 20 + 64 * 1024, 2,
				"2:8 a pattern is at most 1024 bytes long"},
		{"a name of brackets", "[Matching Patterns]\n$pv(", "(", 20 + 64 * 1024,
				2, "2:1 [$pv(((("},
		{"a section as long as a line", "[", "Deploy Patterns", 64 * 1024, 1,
				"1:1 [[Deploy"},
		{"a rule with a name as long as a line", "[Rule ", "a]", 64 * 1024, 2,
				"1:7 a name is at most 64 bytes long"},
};

/* Append a piece, with its number. */
static int put_piece(char *at, int left, const char *piece, int number)
{
	char bytes[256];
	int len = 0;

	for(; *piece != '\0'; piece++) {
		if(*piece == '~')
			len += sprintf(bytes + len, "%d", number);
		else
			bytes[len++] = *piece;
	}
	len = len < left ? len : left;
	memcpy(at, bytes, len);
	return len;
}

static str make_large(int row, int *pieces)
{
	int size = large[row].size;
	int capacity = size < 0 ? DIALPLAN_BYTES_MAX : size;
	int count = size < 0 ? -size : capacity;
	str text = {malloc(capacity), 0};

	text.len = (int)strlen(large[row].head);
	memcpy(text.s, large[row].head, text.len);
	for(*pieces = 0; *pieces < count && text.len < capacity; (*pieces)++)
		text.len += put_piece(text.s + text.len, capacity - text.len,
				large[row].piece, *pieces);
	return text;
}

/* The memory for a plan that is read, in large blocks. */
typedef struct reading
{
	collector_t collector;
	arena_t *arena, *scratch;
	dialplan_t *plan;
	double ms;
} reading_t;

static reading_t *read_large(const str *text)
{
	reading_t *reading = calloc(1, sizeof(*reading));

	reading->arena = arena_create(&counting, 65536);
	reading->scratch = arena_create(&counting, 65536);
	collector_init(&reading->collector);
	reading->ms = spent_ms();
	reading->plan = dialplan_parse(text, reading->arena, reading->scratch,
			&reading->collector.diagnostics);
	reading->ms = spent_ms() - reading->ms;
	return reading;
}

static void reading_free(reading_t *reading)
{
	arena_destroy(reading->scratch);
	arena_destroy(reading->arena);
	free(reading);
}

START_TEST(reads_a_large_plan)
{
	int pieces;
	str text = make_large(_i, &pieces);
	reading_t *reading = read_large(&text);
	const collector_t *collector = &reading->collector;
	int errors = collector->diagnostics.errors;

	ck_assert_msg(reading->ms < 1000 * SLOWNESS, "%s: %.0f ms", large[_i].title,
			reading->ms);
	if(large[_i].errors >= 0)
		ck_assert_msg(errors == large[_i].errors, "%s: %d errors\n%.2000s",
				large[_i].title, errors, collector->text);
	else if(large[_i].errors == -2)
		ck_assert_int_eq(errors, pieces);
	else
		ck_assert_msg(errors > 20000 && errors <= 2 * pieces + 1,
				"%s: %d errors of %d\n%.2000s", large[_i].title, errors, pieces,
				collector->text);
	ck_assert_int_eq(reading->plan == NULL, errors > 0);
	ck_assert_msg(
			strncmp(collector->text, large[_i].first, strlen(large[_i].first))
					== 0,
			"%s: %.200s", large[_i].title, collector->text);
	reading_free(reading);
	free(text.s);
}
END_TEST

/* Eight times the text takes about eight times as long, not 64 times. It may take
 * somewhat longer, because the text does not fit into the cache of the processor. */
#define PARTS 8
#define TIMES_MAX 40

static const char *const linear[] = {"100 000 faults", "100 000 headers",
		"100 000 groups", "100 000 rules", "100 000 of the same",
		"100 000 rules with a condition each",
		"100 000 rules that ask for other variables", "a list of faults",
		"a list of percent signs"};

static double read_ms(int row, int divisor)
{
	int pieces;
	str text = make_large(row, &pieces);
	reading_t *reading;
	double ms;

	text.len /= divisor;
	reading = read_large(&text);
	ms = reading->ms;
	reading_free(reading);
	free(text.s);
	return ms;
}

START_TEST(takes_time_in_proportion_to_its_length)
{
	double part, whole, ms;
	int row = 0, round = 0;

	while(strcmp(large[row].title, linear[_i]) != 0)
		row++;
	part = whole = 1e9;
	do {
		ms = read_ms(row, PARTS);
		part = ms < part ? ms : part;
		ms = read_ms(row, 1);
		whole = ms < whole ? ms : whole;
	} while(whole >= TIMES_MAX * part && ++round < 3);
	ck_assert_msg(whole < TIMES_MAX * part, "%s: %.1f ms, a part of it %.1f ms",
			linear[_i], whole, part);
}
END_TEST

/* -- no memory ------------------------------------------------------------ */

/* One arena for permanent and temporary data: each allocation is one of the two, and
 * each fails in turn. */
static int read_plan(
		const str *text, arena_t *arena, diagnostics_t *diagnostics)
{
	return dialplan_parse(text, arena, arena, diagnostics) == NULL ? -1 : 0;
}

START_TEST(reports_a_lack_of_memory)
{
	expect_out_of_memory_is_reported(read_plan,
			PLAN "To = sip:a%%41@h\n$transport = TCP\n&failover.attempts = 5\n"
				 "$session = failover sip:b%%42@h sip:c@h{inviting=5}\n");
	expect_out_of_memory_is_reported(read_plan,
			PLAN "&failover.attempts = 5\n$session = failover sip:h\n");
	expect_out_of_memory_is_reported(read_plan,
			"[Rule a]\n[Matching Patterns]\n$request = ^INVITE sip:9(.+)@\n"
			"From = !x(y)\n&z = (a|bcd)e\n$pv($fU) = 1\nX-A = b\n" PLAN
			"To = sip:%1@h;x=%2\n$continue = true\nX-B = <%1>\n&z = %{3}%%\n"
			"$session = failover sip:%1@b\n&failover.reply = 480 x\n"
			"&failover.redirection.allow = @h\n&failover.preset = carrier\n"
			"[Matching Patterns]\n$request = ^INVITE sip:9(.+)@\n" PLAN
			"$action = 404 No %1\n");
	expect_out_of_memory_is_reported(read_plan, "# nothing\n\n\n\n");
}
END_TEST

Suite *suite_dialplan_parse(void)
{
	Suite *suite = suite_create("dialplan_parse");
	TCase *tc = new_tcase("dialplan_parse");

	tcase_set_timeout(tc, 120);
	tcase_add_loop_test(tc, reads_a_plan, 0, ROWS(plans));
	tcase_add_test(tc, reads_a_plan_that_is_cut_off);
	tcase_add_test(tc, keeps_the_rules_that_it_could_read);
	tcase_add_test(tc, counts_only_its_own_errors);
	tcase_add_loop_test(tc, knows_its_source, 0, ROWS(sources));
	tcase_add_test(tc, shares_tests);
	tcase_add_loop_test(tc, reads_a_large_plan, 0, ROWS(large));
	tcase_add_loop_test(
			tc, takes_time_in_proportion_to_its_length, 0, ROWS(linear));
	tcase_add_test(tc, reports_a_lack_of_memory);
	suite_add_tcase(suite, tc);
	return suite;
}
