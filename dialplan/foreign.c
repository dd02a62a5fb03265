/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dialplan/foreign.h"

#include <string.h>

#include "sip/response.h"
#include "text/ascii.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* -- deploy lines ------------------------------------------------------- */

typedef struct word
{
	const char *name; /* the whole name, or its beginning up to a dot or & */
	const char *right;
} word_t;

static const word_t deploys[] = {
		{"$ifsrc",
				"the address towards the caller is that of the socket that the "
				"call came to; another one is set by `advertise` in a listen "
				"line, or record_route_preset() in kamailio.cfg"},
		{"$wait4reg",
				"nothing waits for a registration here: ts_store() of tsilo in "
				"kamailio.cfg, and failover() once the user is there"},
		{"$pbx.",
				"what the PBX finds out is not known here: pike, secfilter or "
				"an htable in kamailio.cfg, before failover()"},
		{"$replaceurl",
				"&failover.ruri = keep sends the Request-URI as it is, and "
				"destination, the default, that of the destination"},
		{"$replaceuri",
				"&failover.ruri = keep sends the Request-URI as it is, and "
				"destination, the default, that of the destination"},
		{"&&", "a variable of the whole server is none of a call: $shv(name) "
			   "in "
			   "kamailio.cfg, or &name for this call alone"},
		{"&net.sip.timeout.",
				"&failover.timer.inviting, .provisional and .ringing are the "
				"timers here, in seconds"},
		{"&net.", "a setting of that server is none here: the parameters of "
				  "Kamailio's core, such as tcp_connect_timeout, stand in "
				  "kamailio.cfg"},
};

static bool is_word(const fragment_t *name, const char *word)
{
	char last = word[strlen(word) - 1];

	return is_one_of(last, ".&") ? fragment_begins(name, word)
								 : fragment_is(name, word);
}

/* $auth = false is accepted, as there is no authentication here. */
static int refuse_auth(const fragment_t *name, const fragment_t *value,
		diagnostics_t *diagnostics)
{
	if(fragment_is(value, "false"))
		return 0;
	return diagnostics_error(diagnostics, name,
			"[%.*s]: no rule asks a caller for his password: challenge him in "
			"kamailio.cfg before failover(), as in if (!auth_check(\"$fd\", "
			"\"subscriber\", \"1\")) { auth_challenge(\"$fd\", \"0\"); exit; }",
			SHOWN(name));
}

/* Refuse a timer of that server, which is in milliseconds, and name the setting for it. */
static int refuse_timer(const fragment_t *name, const fragment_t *value,
		diagnostics_t *diagnostics)
{
	static const struct
	{
		const char *name, *setting;
	} timers[] = {{"&net.sip.timeout.ringing", "ringing"},
			{"&net.sip.timeout.inviting", "inviting"},
			{"&net.sip.timeout.provisioning", "provisional"},
			{"&net.sip.timeout.provisional", "provisional"}};
	long ms = 0;
	size_t i;
	int j;

	for(j = 0; j < value->text.len && j < 9 && is_digit(value->text.s[j]); j++)
		ms = 10 * ms + (value->text.s[j] - '0');
	for(i = 0; i < COUNT(timers); i++) {
		if(!fragment_is(name, timers[i].name))
			continue;
		return diagnostics_error(diagnostics, name,
				"[%.*s] is in milliseconds, and not known here: "
				"&failover.timer.%s = %ld, in seconds, would be right",
				SHOWN(name), timers[i].setting, ms < 1000 ? 60 : ms / 1000);
	}
	return 0;
}

int foreign_refuse_deploy(const fragment_t *name, const fragment_t *value,
		diagnostics_t *diagnostics)
{
	size_t i;

	if(fragment_is(name, "$auth"))
		return refuse_auth(name, value, diagnostics);
	if(refuse_timer(name, value, diagnostics) < 0)
		return -1;
	for(i = 0; i < COUNT(deploys); i++) {
		if(is_word(name, deploys[i].name))
			return diagnostics_error(diagnostics, name,
					"[%.*s] is not known here: %s", SHOWN(name),
					deploys[i].right);
	}
	return 0;
}

int foreign_refuse_action(const fragment_t *value, diagnostics_t *diagnostics)
{
	fragment_t rest = *value;
	fragment_t word;
	char class;

	if(!fragment_next_word(&rest, &word))
		return 0;
	if(fragment_is(&word, "block"))
		return diagnostics_error(diagnostics, &word,
				"[%.*s]: no rule puts a caller on a list: $action = 403 would "
				"be right, and in kamailio.cfg, before failover() and for all "
				"methods, $sht(ipban=>$si) of htable, or pike",
				SHOWN(&word));
	if(fragment_is(&word, "register"))
		return diagnostics_error(diagnostics, &word,
				"[%.*s]: no rule registers a user: save(\"location\") for a "
				"REGISTER in kamailio.cfg",
				SHOWN(&word));
	class = word.text.s[0];
	if(word.text.len != 3 || class < '1' || class > '3'
			|| !is_digit(word.text.s[1]) || !is_digit(word.text.s[2]))
		return 0;
	return diagnostics_error(diagnostics, &word,
			"[%.*s]: a rule refuses a call, with a code from 400 to 699; %s",
			SHOWN(&word),
			class == '3'
					? "for a redirect append_to_reply(\"Contact: ...\") and "
					  "sl_send_reply() in kamailio.cfg would be right"
					: "sl_send_reply() in kamailio.cfg answers it otherwise");
}

/* -- other methods ------------------------------------------------------ */

/* @return the length of the method at this place; 0: there is none */
static int method_len(const str *regex, int at)
{
	static const char *const methods[] = {"INVITE", "REGISTER", "OPTIONS",
			"MESSAGE", "SUBSCRIBE", "NOTIFY", "PUBLISH", "INFO", "REFER",
			"UPDATE", "PRACK", "BYE", "CANCEL", "ACK"};
	size_t i;
	int len = 0;

	while(at + len < regex->len && regex->s[at + len] >= 'A'
			&& regex->s[at + len] <= 'Z')
		len++;
	for(i = 0; i < COUNT(methods); i++) {
		if((int)strlen(methods[i]) == len
				&& memcmp(methods[i], regex->s + at, len) == 0)
			return len;
	}
	return 0;
}

/* What a list of methods says. */
typedef struct methods
{
	str other; /* the first one that is not INVITE; empty: there is none */
	bool has_invite; /* with anything behind it, or nothing */
	bool has_all;	 /* INVITE, and nothing behind it: every call */
} methods_t;

/* Is nothing but the end, or a blank, behind a method? */
static bool is_method_end(const str *regex, int at)
{
	return at == regex->len || is_one_of(regex->s[at], "|)")
		   || (regex->s[at] == ' ' && at + 1 == regex->len);
}

/* Read a list of methods: ^REGISTER, ^(?:OPTIONS|MESSAGE) or ^REGISTER|^OPTIONS, with
 * anything behind each.
 * @return false: it is another expression */
static bool read_methods(const str *regex, methods_t *methods)
{
	int at = 0;

	memset(methods, 0, sizeof(*methods));
	while(at < regex->len) {
		str method;
		bool is_invite;

		while(at < regex->len && is_one_of(regex->s[at], "^(?:"))
			at++;
		method.s = regex->s + at;
		method.len = method_len(regex, at);
		if(method.len == 0)
			return false;
		at += method.len;
		is_invite = method.len == 6 && memcmp(method.s, "INVITE", 6) == 0;
		methods->has_invite = methods->has_invite || is_invite;
		methods->has_all =
				methods->has_all || (is_invite && is_method_end(regex, at));
		if(!is_invite && methods->other.len == 0)
			methods->other = method;
		while(at < regex->len && regex->s[at] != '|')
			at++;
		at++;
	}
	return true;
}

int foreign_refuse_method(const fragment_t *value, const str *regex,
		bool is_negated, int code, diagnostics_t *diagnostics)
{
	methods_t methods;
	str other;

	if(!read_methods(regex, &methods)
			|| (is_negated ? !methods.has_all : methods.has_invite))
		return 0;
	other = methods.other;
	if(other.len == 0)
		other = (str)str_init("REGISTER");
	return diagnostics_error(diagnostics, value,
			"[%.*s] never holds, so that this $action never answers: a rule "
			"sees the INVITE of a call only; what other requests are refused "
			"stands in kamailio.cfg, as in if (is_method(\"%.*s\")) { "
			"sl_send_reply(\"%d\", \"%s\"); exit; }",
			SHOWN(value), STR_FMT(&other), code, response_phrase(code));
}

/* -- conditions --------------------------------------------------------- */

int foreign_refuse_variable(const fragment_t *name, diagnostics_t *diagnostics)
{
	if(fragment_begins(name, "&&"))
		return diagnostics_error(diagnostics, name,
				"[%.*s]: a variable of the whole server is $pv($shv(name)) "
				"here",
				SHOWN(name));
	if(fragment_begins(name, "&net."))
		return diagnostics_error(diagnostics, name,
				"[%.*s] is a setting of that server, and none here: it would "
				"always be empty",
				SHOWN(name));
	return 0;
}

/* Functions of that server, and what to write here instead. */
static const struct
{
	const char *name;
	const char *instead;
} foreign[] = {
		{"$addrPort", "write $pv($sp) for the port, $addr for the address"},
		{"$addrType",
				"write $addr with the pattern : for IPv6, or !: for IPv4"},
		{"$alias", "write $pv($sht(alias=>$rU)), with a table of htable"},
		{"$alias.lookup",
				"write $pv($sht(alias=>KEY)), with a table of htable; KEY is "
				"what stood in the brackets, as a pseudo-variable: $tU for the "
				"user in To, $rU for that of the Request-URI"},
		{"$alias.reverse",
				"write $pv($sht(reverse=>KEY)), with a table of htable that "
				"has "
				"the names the other way round; KEY is what stood in the "
				"brackets, such as $fU"},
		{"$and", "write a line for each condition: all lines of a rule must "
				 "hold"},
		{"$auth", "it stands under [Deploy Patterns] there; who has proved who "
				  "he "
				  "is, is $pv($au) after auth_check() in kamailio.cfg"},
		{"$body", "write $pv($rb)"},
		{"$getDisplayName", "write $pv($fn) for From, $pv($tn) for To"},
		{"$getuser", "write $getSIPuser(From), or $getSIPuser(To)"},
		{"$ifdst", "it stands under [Deploy Patterns] there; $pv($Ri) is the "
				   "address that the request came to"},
		{"$ifsrc", "it stands under [Deploy Patterns] there; $pv($Ri) is the "
				   "address that the request came to"},
		{"$math.dec", "a rule does not count: let the script put $(tU{s.int}) "
					  "- 1 into "
					  "$xavp(failover=>number), and write &number"},
		{"$math.inc", "a rule does not count: let the script put $(tU{s.int}) "
					  "+ 1 into "
					  "$xavp(failover=>number), and write &number"},
		{"$math.range", "a rule does not compare: write a pattern of digits, "
						"or let the "
						"script compare $(tU{s.int}) and put the result into "
						"$xavp(failover=>range), and write &range"},
		{"$mydomain", "write $outbound = false for a Request-URI of this "
					  "server, $localhost(From) = true for a caller's"},
		{"$not", "write an exclamation mark before the pattern"},
		{"$or", "write a pattern with alternatives, a|b, or a rule for each"},
		{"$param",
				"write $pv($(hdr(Via){param.value,branch})), with the header "
				"and the name that stood in the brackets"},
		{"$pbx.precheck", "filters stand in kamailio.cfg before failover(), "
						  "such as pike"},
		{"$pbx.src", "write $addr, and $port, with the address and port of "
					 "your PBX"},
		{"$pn.user", "push tokens are not known here: let the script look for "
					 "one and "
					 "put true into $xavp(failover=>push), and write &push"},
		{"$regaddr",
				"let the script call reg_fetch_contacts() of registrar and put "
				"$ulc(callee=>received) into $xavp(failover=>regaddr), and "
				"write "
				"&regaddr"},
		{"$registeredaddr",
				"let the script call reg_fetch_contacts() of registrar and put "
				"$ulc(callee=>received) into $xavp(failover=>regaddr), and "
				"write "
				"&regaddr"},
		{"$regUri",
				"let the script call reg_fetch_contacts() of registrar and put "
				"$ulc(callee=>addr) into $xavp(failover=>reguri), and write "
				"&reguri"},
		{"$sid", "calls have no number here: write $pv($RANDOM), with module "
				 "cfgutils, for a share of all calls"},
		{"$soapget", "write $pv($var(answer)), set by the script"},
		{"$str.lowercase",
				"write the header itself, and (?i) before the pattern: "
				"User-Agent = (?i)sipcli"},
		{"$useragent", "write User-Agent, the header"},
		{"$usrdir.lookup",
				"let the script look for the user, and put true into "
				"$xavp(failover=>known), and write &known"},
		{"$webget", "write $pv($var(answer)), set by the script"},
};

const char *foreign_instead(const fragment_t *name)
{
	size_t i;

	for(i = 0; i < COUNT(foreign); i++) {
		if(fragment_is(name, foreign[i].name))
			return foreign[i].instead;
	}
	return NULL;
}
