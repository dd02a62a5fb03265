/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The words of the Brekeke SIP Server, one by one: each works, or is refused with a
 * text that says what to write instead. A row without a result fails. */
#include <string.h>

#include "dialplan_parse.h"
#include "suites.h"
#include "support.h"

static const struct
{
	bool is_condition;
	const char *line;
	const char *verdict; /* "": it works; else the message */
} words[] = {
		{true, "User-Agent = (^SIP-T)", ""},
		{true, "To = sip:9(.+)@", ""},
		{true, "$request = (^INVITE)", ""},
		{true, "$addr = (^192\\.168\\.10\\.)", ""},
		{true, "$port = (^15060$)", ""},
		{true, "$transport = (^TLS$)", ""},
		{true, "$time = (^1[0-7]:)", ""},
		{true, "$date = (.)", ""},
		{true, "$localhost = (false)", ""},
		{true, "$localhost(From) = (false)", ""},
		{true, "$outbound = (true)", ""},
		{true, "$outbound($request) = (true)", ""},
		{true, "$outbound(\"sip:u@h\") = (true)", ""},
		{true, "$registered = (false)", ""},
		{true, "$registered( From ) = (false)", ""},
		{true, "$geturi(To) = (@host)", ""},
		{true, "$geturi(Contact) = (@host)", ""},
		{true, "$getSIPuser(To) = (.+)", ""},
		{true, "$addrPrefix(\"172.16.0.0/12\") = (true)", ""},
		{true, "$addrRange(\"10.1.1.0\",\"10.1.2.0\") = (false)", ""},
		{true, "$globaladdr($addr) = (true)", ""},
		{true, "&pn.notify.user = (.+)", ""},
		{true, "$getDisplayName(From) = (x)",
				"2:1 [$getDisplayName(From)] is not known here: write $pv($fn) "
				"for From, $pv($tn) for To"},
		{true, "$addrPort = (1)",
				"2:1 [$addrPort] is not known here: write $pv($sp) for the "
				"port, $addr for the address"},
		{true, "$addrType = (1)",
				"2:1 [$addrType] is not known here: write $addr with the "
				"pattern : for IPv6, or !: for IPv4"},
		{true, "$alias.lookup(\"%1\") = (.+)",
				"2:1 [$alias.lookup(\"%1\")] is not known here: write "
				"$pv($sht(alias=>KEY)), with a table of htable; KEY is what "
				"stood in the brackets, as a pseudo-variable: $tU for the user "
				"in To, $rU for that of the Request-URI"},
		{true, "$str.lowercase(User-Agent) = (sipcli)",
				"2:1 [$str.lowercase(User-Agent)] is not known here: write the "
				"header itself, and (?i) before the pattern: User-Agent = "
				"(?i)sipcli"},
		{true, "$math.range(\"1111\",\"5555\",$getSIPuser(To)) = (true)",
				"2:1 [$math.range(\"1111\",\"5555\",$getSIPuser(To))] is not "
				"known here: a rule does not compare: write a pattern of "
				"digits, or let the script compare $(tU{s.int}) and put the "
				"result into $xavp(failover=>range), and write &range"},
		{true, "$math.inc($getSIPuser(To)) = (.+)",
				"2:1 [$math.inc($getSIPuser(To))] is not known here: a rule "
				"does not count: let the script put $(tU{s.int}) + 1 into "
				"$xavp(failover=>number), and write &number"},
		{true, "$param(Via,\"branch\") = (.+)",
				"2:1 [$param(Via,\"branch\")] is not known here: write "
				"$pv($(hdr(Via){param.value,branch})), with the header and the "
				"name that stood in the brackets"},
		{true, "$regUri(\"bob\") = (.+)",
				"2:1 [$regUri(\"bob\")] is not known here: let the script call "
				"reg_fetch_contacts() of registrar and put $ulc(callee=>addr) "
				"into $xavp(failover=>reguri), and write &reguri"},
		{true, "$regaddr = (1)",
				"2:1 [$regaddr] is not known here: let the script call "
				"reg_fetch_contacts() of registrar and put "
				"$ulc(callee=>received) into $xavp(failover=>regaddr), and "
				"write &regaddr"},
		{true, "$registeredaddr = (1)",
				"2:1 [$registeredaddr] is not known here: let the script call "
				"reg_fetch_contacts() of registrar and put "
				"$ulc(callee=>received) into $xavp(failover=>regaddr), and "
				"write &regaddr"},
		{true, "$usrdir.lookup(\"mike\") = (true)",
				"2:1 [$usrdir.lookup(\"mike\")] is not known here: let the "
				"script look for the user, and put true into "
				"$xavp(failover=>known), and write &known"},
		{true, "$pn.user($getSIPuser(To)) = (true)",
				"2:1 [$pn.user($getSIPuser(To))] is not known here: push "
				"tokens are not known here: let the script look for one and "
				"put true into $xavp(failover=>push), and write &push"},
		{true, "$sid = ([13579])$",
				"2:1 [$sid] is not known here: calls have no number here: "
				"write "
				"$pv($RANDOM), with module cfgutils, for a share of all calls"},
		{true, "$pbx.src = (^true)",
				"2:1 [$pbx.src] is not known here: write $addr, and $port, "
				"with the address and port of your PBX"},
		{true, "$pbx.precheck = (1)",
				"2:1 [$pbx.precheck] is not known here: filters stand in "
				"kamailio.cfg before failover(), such as pike"},
		{true, "$and = (1)",
				"2:1 [$and] is not known here: write a line for each "
				"condition: all lines of a rule must hold"},
		{true, "$body = (1)", "2:1 [$body] is not known here: write $pv($rb)"},
		{true, "$mydomain = (1)",
				"2:1 [$mydomain] is not known here: write $outbound = false "
				"for a Request-URI of this server, $localhost(From) = true for "
				"a caller's"},
		{true, "$svkdialplan.calleeexists = (true)",
				"2:1 [$svkdialplan.calleeexists] is not known here: let the "
				"script find it out and put it into "
				"$xavp(failover=>calleeexists), and write &calleeexists"},
		{true, "&net.sip.tcp.use = (true)",
				"2:1 [&net.sip.tcp.use] is a setting of that server, and none "
				"here: it would always be empty"},
		{true, "&&x = (1)",
				"2:1 [&&x]: a variable of the whole server is $pv($shv(name)) "
				"here"},
		{false, "To = sip:100@gw", ""},
		{false, "$target = gw1.example,gw2.example", ""},
		{false, "$target = 192.168.0.10", ""},
		{false, "$target = sip:u@host", ""},
		{false, "$target = gw1:5080, [2001:db8::1]:5070", ""},
		{false, "$auth = false", ""},
		{false, "$action = 403", ""},
		{false, "$action = 686 Odd", ""},
		{false, "$continue = true", ""},
		{false, "$session = failover sip:a@h", ""},
		{false, "$transport = TCP", ""},
		{false, "$rtp = auto", ""},
		{false, "$nat = true", ""},
		{false, "$ifdst = 192.168.1.1", ""},
		{false, "$ifdst = 2001:db8::1", ""},
		{false, "$b2bua = true", ""},
		{false, "User-Agent =", ""},
		{false, "User-Agent = x", ""},
		{false, "&failover.timer.inviting = 3", ""},
		{false, "&x = v", ""},
		{false, "&pn.reg.x = 1", ""},
		{false, "$auth = true",
				"2:1 [$auth]: no rule asks a caller for his password: "
				"challenge him in kamailio.cfg before failover(), as in if "
				"(!auth_check(\"$fd\", \"subscriber\", \"1\")) { "
				"auth_challenge(\"$fd\", \"0\"); exit; }"},
		{false, "To = sip:100@",
				"2:6 [sip:100@] has no host; for a registered user call "
				"lookup(\"location\") before failover() and write no To, or, "
				"for one rule alone, write a domain of this server behind the "
				"@: the call comes back, and the script looks him up"},
		{false, "$action = 200",
				"2:11 [200]: a rule refuses a call, with a code from 400 to "
				"699; sl_send_reply() in kamailio.cfg answers it otherwise"},
		{false, "$action = 302",
				"2:11 [302]: a rule refuses a call, with a code from 400 to "
				"699; for a redirect append_to_reply(\"Contact: ...\") and "
				"sl_send_reply() in kamailio.cfg would be right"},
		{false, "$action = block",
				"2:11 [block]: no rule puts a caller on a list: $action = 403 "
				"would be right, and in kamailio.cfg, before failover() and "
				"for all methods, $sht(ipban=>$si) of htable, or pike"},
		{false, "$action = register",
				"2:11 [register]: no rule registers a user: save(\"location\") "
				"for a REGISTER in kamailio.cfg"},
		{false, "$session = radius",
				"2:12 [radius]: there is no such session plug-in here: "
				"$session = failover ... would be right"},
		{false, "$ifsrc = 192.168.1.1",
				"2:1 [$ifsrc] is not known here: the address towards the "
				"caller is that of the socket that the call came to; another "
				"one is set by `advertise` in a listen line, or "
				"record_route_preset() in kamailio.cfg"},
		{false, "$ifdst = host.example",
				"2:10 [host.example]: this is no IP address of this server: "
				"$ifdst = 192.0.2.1 would be right, or the option "
				"{socket=NAME} of a destination"},
		{false, "$replaceurl = false",
				"2:1 [$replaceurl] is not known here: &failover.ruri = keep "
				"sends the Request-URI as it is, and destination, the default, "
				"that of the destination"},
		{false, "$wait4reg = 100",
				"2:1 [$wait4reg] is not known here: nothing waits for a "
				"registration here: ts_store() of tsilo in kamailio.cfg, and "
				"failover() once the user is there"},
		{false, "$pbx.preprocess = true",
				"2:1 [$pbx.preprocess] is not known here: what the PBX finds "
				"out is not known here: pike, secfilter or an htable in "
				"kamailio.cfg, before failover()"},
		{false, "&&my.x = 1",
				"2:1 [&&my.x] is not known here: a variable of the whole "
				"server is none of a call: $shv(name) in kamailio.cfg, or "
				"&name for this call alone"},
		{false, "&net.sip.timeout.ringing = 60000",
				"2:1 [&net.sip.timeout.ringing] is in milliseconds, and not "
				"known here: &failover.timer.ringing = 60, in seconds, would "
				"be right"},
		{false, "&net.sip.timeout.inviting = 5000",
				"2:1 [&net.sip.timeout.inviting] is in milliseconds, and not "
				"known here: &failover.timer.inviting = 5, in seconds, would "
				"be right"},
		{false, "&net.sip.tcp.use = true",
				"2:1 [&net.sip.tcp.use] is not known here: a setting of that "
				"server is none here: the parameters of Kamailio's core, such "
				"as tcp_connect_timeout, stand in kamailio.cfg"},
		{false, "Max-Forwards = 15",
				"2:1 [Max-Forwards]: a proxy does not change this header; "
				"other ones can be set, To = names the first destination; as a "
				"condition it stands under [Matching Patterns]"},
		{false, "From = sip:a@h",
				"2:1 [From]: a proxy does not change this header; other ones "
				"can be set, To = names the first destination; as a condition "
				"it stands under [Matching Patterns]"},
		{false, "X-Name = %{$getDisplayName(From)}",
				"2:10 [%{$getDisplayName(From)}]: a function stands in no "
				"value: catch it in a condition, as in $getSIPuser(From) = "
				"(.+), and write %1"},
		{false, "$target = gw1\nTo = sip:a@h",
				"2:1 [$target]: it names all destinations, so neither To nor "
				"$session stands beside it"},
		{false, "$target = gw1,,gw2",
				"2:15 there is no destination here: $target = 192.0.2.1, "
				"gw2.example.com:5080 would be right"},
};

/* The sections of a plan that are not rules. */
static const struct
{
	const char *text, *verdict;
} sections[] = {
		{"[Matching Patternsns]\nTo = x\n[Deploy Pattern:]\n", ""},
		{"[Preliminary]\n", "1:1 [[Preliminary]]: there are no preliminary "
							"rules here: what "
							"filters all requests stands in kamailio.cfg "
							"before failover(), "
							"and these rules before the others"},
		{"[Preliminary Rules]\n", "1:1 [[Preliminary Rules]]: there are no "
								  "preliminary rules here: "
								  "..."},
};

static void expect_verdict(const char *text, const char *verdict)
{
	str whole = exact(text, (int)strlen(text));
	arena_t *arena = small_arena(), *scratch = small_arena();
	collector_t *collector = malloc(sizeof(*collector));
	dialplan_t *plan;

	collector_init(collector);
	plan = dialplan_parse(&whole, arena, scratch, &collector->diagnostics);
	expect_reported(text, collector, verdict);
	ck_assert_msg((plan != NULL) == (verdict[0] == '\0'), "%s", text);
	free(collector);
	arena_destroy(scratch);
	arena_destroy(arena);
	exact_free(&whole);
}

START_TEST(works_or_says_what_to_write)
{
	char text[512] = "";

	ck_assert_msg(
			words[_i].verdict != NULL, "%s has no verdict", words[_i].line);
	if(words[_i].is_condition)
		print(text, sizeof(text),
				"[Matching Patterns]\n%s\n[Deploy Patterns]\nTo = sip:a@h\n",
				words[_i].line);
	else
		print(text, sizeof(text), "[Deploy Patterns]\n%s\n", words[_i].line);
	expect_verdict(text, words[_i].verdict);
}
END_TEST

START_TEST(knows_the_sections)
{
	expect_verdict(sections[_i].text, sections[_i].verdict);
}
END_TEST

Suite *suite_words(void)
{
	Suite *suite = suite_create("words");
	TCase *tc = new_tcase("words");

	tcase_add_loop_test(tc, works_or_says_what_to_write, 0, ROWS(words));
	tcase_add_loop_test(tc, knows_the_sections, 0, ROWS(sections));
	suite_add_tcase(suite, tc);
	return suite;
}
