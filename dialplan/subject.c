/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dialplan/subject.h"

#include <string.h>

#include "text/ascii.h"
#include "sip/header_name.h"
#include "text/nearness.h"

static const subject_row_t table[SUBJECT_KINDS] = {
		[SUBJECT_HEADER] = {NULL, "a header of the request, by its name"},
		[SUBJECT_REQUEST] = {"$request",
				"the request line, METHOD URI SIP/2.0, with the URI as it is "
				"when failover() is called"},
		[SUBJECT_ADDR] = {"$addr", "the IP address that the request came from"},
		[SUBJECT_PORT] = {"$port", "the port that the request came from"},
		[SUBJECT_TRANSPORT] = {"$transport",
				"what the request came over: UDP, TCP, TLS, SCTP, WS or WSS"},
		[SUBJECT_LOCALHOST] = {"$localhost",
				"true if the request's URI is this server, else false"},
		[SUBJECT_OUTBOUND] = {"$outbound",
				"false if the request's URI is this server, else true"},
		[SUBJECT_DATE] = {"$date", "yyyy/mm/dd, local"},
		[SUBJECT_TIME] = {"$time", "hh:mm:ss, local"},
		[SUBJECT_VARIABLE] = {"&name",
				"what an earlier rule, or the script, has put into "
				"$xavp(failover=>name)"},
		[SUBJECT_PV] = {"$pv($...)", "any pseudo-variable of Kamailio"},
};

/* Functions of the Brekeke SIP Server, and what says the same here. */
static const struct
{
	const char *name;
	const char *instead;
} foreign[] = {
		{"$addrPort", "$pv($sp) for the port, $addr for the address"},
		{"$addrPrefix", "$addr with a pattern such as ^10\\.1\\."},
		{"$addrRange", "$addr with a pattern such as ^10\\.1\\."},
		{"$addrType", "$addr with the pattern : for IPv6, or !: for IPv4"},
		{"$alias", "$pv($sht(alias=>$rU)), with a table of htable"},
		{"$alias.lookup", "$pv($sht(alias=>$rU)), with a table of htable"},
		{"$alias.reverse", "$pv($sht(alias=>$fU)), with a table of htable"},
		{"$and", "a line for each condition: all lines of a rule must hold"},
		{"$auth", "$pv($xavp(failover=>auth)), set by the script once the "
				  "caller has "
				  "proved who he is"},
		{"$getuser", "$pv($fU) or $pv($tU)"},
		{"$geturi", "$pv($fu) or $pv($tu)"},
		{"$ifdst", "$pv($Ri), the address that the request came to"},
		{"$ifsrc", "$pv($Ri), the address that the request came to"},
		{"$mydomain", "$localhost"},
		{"$not", "an exclamation mark before the pattern"},
		{"$or", "a pattern with alternatives, a|b, or a rule for each"},
		{"$pbx.precheck", "$pv($xavp(failover=>precheck)), set by the script"},
		{"$pbx.src", "$pv($fU)"},
		{"$registered",
				"$pv($xavp(failover=>registered)), set by the script where "
				"registered(\"location\") holds"},
		{"$sid", "$pv($ci), the Call-ID"},
		{"$soapget", "$pv($var(answer)), set by the script"},
		{"$webget", "$pv($var(answer)), set by the script"},
		{"$useragent", "User-Agent, the header"},
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

const subject_row_t *subject_table(void)
{
	return table;
}

subject_kind_t subject_find(const fragment_t *name)
{
	int kind;

	for(kind = 0; kind < SUBJECT_KINDS; kind++) {
		if(table[kind].name != NULL && table[kind].name[0] == '$'
				&& kind != SUBJECT_PV && fragment_is(name, table[kind].name))
			break;
	}
	return kind;
}

int subject_end(const fragment_t *line)
{
	int first = -1;
	int depth = 0;
	int i;

	for(i = 0; i < line->text.len; i++) {
		char c = line->text.s[i];

		if(c == '(')
			depth++;
		else if(c == ')' && depth > 0)
			depth--;
		if(c != '=')
			continue;
		if(depth == 0)
			return i;
		if(first < 0)
			first = i;
	}
	/* a bracket that is not closed: the left-hand side will be refused */
	return first;
}

/* Does a bracket that is opened at an offset close at the very end? */
static bool is_bracketed(const fragment_t *text, int open)
{
	int depth = 0;
	int i;

	for(i = open; i < text->text.len; i++) {
		if(text->text.s[i] == '(')
			depth++;
		else if(text->text.s[i] == ')' && --depth == 0)
			return i == text->text.len - 1;
	}
	return false;
}

static int read_pv(
		const fragment_t *text, subject_t *subject, diagnostics_t *diagnostics)
{
	int open = (int)strlen(PV_OPENING);
	fragment_t inner;

	if(!is_bracketed(text, open - 1))
		return diagnostics_error(diagnostics, text,
				"[%.*s]: the bracket behind $pv closes at the end: $pv($fU) "
				"would be right",
				SHOWN(text));
	inner = fragment_part(text, open, text->text.len - open - 1);
	if(inner.text.len < 2 || inner.text.s[0] != '$')
		return diagnostics_error(diagnostics, &inner,
				"[%.*s]: a pseudo-variable begins with a dollar sign: "
				"$pv($fU) would be right",
				SHOWN(text));
	subject->kind = SUBJECT_PV;
	subject->name = inner.text;
	return 0;
}

/* Names of variables, as they can stand in $xavp(failover=>name). */
static bool is_variable_name(const str *name)
{
	int i;

	for(i = 0; i < name->len; i++) {
		char c = name->s[i];

		if(!is_letter(c) && !is_digit(c) && !is_one_of(c, "_.-"))
			return false;
	}
	return name->len > 0;
}

int subject_read_variable(
		const fragment_t *text, str *name, diagnostics_t *diagnostics)
{
	fragment_t rest = fragment_part(text, 1, text->text.len - 1);

	if(!is_variable_name(&rest.text))
		return diagnostics_error(diagnostics, text,
				"[%.*s] is no name: letters, digits, dots, dashes and "
				"underscores behind the %c would be right",
				SHOWN(text), text->text.s[0]);
	*name = rest.text;
	return 0;
}

/* How long the name of a function is that may have arguments. */
static fragment_t without_arguments(const fragment_t *text)
{
	int open = fragment_find(text, 0, '(');
	fragment_t name = fragment_part(text, 0, open < 0 ? text->text.len : open);

	return fragment_trim(&name);
}

/* What a function says of the one header that is its argument.
 * @return NULL: it is another function, or has another argument */
static const char *instead_for_argument(
		const fragment_t *name, const fragment_t *text)
{
	static const struct
	{
		const char *name, *argument, *instead;
	} rows[] = {{"$geturi", "From", "$pv($fu)"}, {"$geturi", "To", "$pv($tu)"},
			{"$getuser", "From", "$pv($fU)"}, {"$getuser", "To", "$pv($tU)"}};
	int open = fragment_find(text, 0, '(');
	fragment_t argument;
	size_t i;

	if(open < 0 || text->text.s[text->text.len - 1] != ')')
		return NULL;
	argument = fragment_part(text, open + 1, text->text.len - open - 2);
	argument = fragment_trim(&argument);
	for(i = 0; i < COUNT(rows); i++) {
		if(fragment_is(name, rows[i].name)
				&& fragment_is(&argument, rows[i].argument))
			return rows[i].instead;
	}
	return NULL;
}

bool subject_is_pv_class(const str *name)
{
	static const char *const classes[] = {"hdr", "avp", "var", "xavp", "xavu",
			"xavi", "sht", "shv", "dlg_var", "sel", "def", "env", "timef"};
	size_t i;

	for(i = 0; i < COUNT(classes); i++) {
		str it = str_of(classes[i]);

		if(str_equal(name, &it))
			return true;
	}
	return false;
}

/* Is it a pseudo-variable, for which $pv() is missing round it? Their names are
 * not the same in capitals. */
static bool is_bare_pv(const fragment_t *text, const fragment_t *name)
{
	static const char *const names[] = {"au", "ad", "aU", "ar", "ci", "cs",
			"ct", "dd", "du", "dP", "fd", "fn", "ft", "fu", "fU", "hu", "mb",
			"od", "ou", "oU", "pr", "pu", "pU", "rb", "rd", "re", "rm", "rp",
			"rP", "ru", "rU", "rv", "Ri", "Rp", "si", "sp", "td", "tn", "tt",
			"tu", "tU", "ua", "proto", "TF", "TS"};
	str bare = name->text;
	size_t i;

	bare.s++;
	bare.len--;
	if(text->text.len > name->text.len) {
		if(bare.len == 0) /* $(...) */
			return is_bracketed(text, 1);
		return subject_is_pv_class(&bare)
			   && is_bracketed(text, fragment_find(text, 0, '('));
	}
	for(i = 0; i < COUNT(names); i++) {
		str it = str_of(names[i]);

		if(str_equal(&bare, &it))
			return true;
	}
	return false;
}

/* The subject that most likely was meant; NULL: none is near. */
static const char *near_subject(const fragment_t *name)
{
	int kind;

	for(kind = 0; kind < SUBJECT_KINDS; kind++) {
		if(table[kind].name != NULL && table[kind].name[0] == '$'
				&& kind != SUBJECT_PV
				&& nearness_is_slip(&name->text, table[kind].name))
			return table[kind].name;
	}
	return NULL;
}

/* Of what a plug-in finds out the name at its end, by which a script can hand it
 * on; also of any other function with arguments.
 * @return whether it is such a one */
static bool is_plugin(
		const fragment_t *text, const fragment_t *name, str *result)
{
	int dot = -1;
	int i;

	for(i = 0; i < name->text.len; i++) {
		if(name->text.s[i] == '.')
			dot = i;
	}
	result->s = name->text.s + (dot < 0 ? 1 : dot + 1);
	result->len = (int)(name->text.s + name->text.len - result->s);
	if(text->text.len > name->text.len)
		return is_variable_name(result)
			   && is_bracketed(text, fragment_find(text, 0, '('));
	return dot >= 0 && is_variable_name(result);
}

static int refuse_function(const fragment_t *text, diagnostics_t *diagnostics)
{
	fragment_t name = without_arguments(text);
	const char *instead = instead_for_argument(&name, text);
	const char *near;
	str result;
	str bare = {name.text.s + 1, name.text.len - 1};
	size_t i;

	for(i = 0; i < COUNT(foreign) && instead == NULL; i++) {
		if(fragment_is(&name, foreign[i].name))
			instead = foreign[i].instead;
	}
	if(instead != NULL)
		return diagnostics_error(diagnostics, text,
				"[%.*s] is not known here: write %s", SHOWN(text), instead);
	if(is_bare_pv(text, &name))
		return diagnostics_error(diagnostics, text,
				"[%.*s] is a pseudo-variable: write $pv(%.*s)", SHOWN(text),
				SHOWN(text));
	if(bare.len > 1 && header_name_is_reserved(&bare))
		return diagnostics_error(diagnostics, text,
				"[%.*s] is not known here: the header is %.*s, without $",
				SHOWN(text), STR_FMT(&bare));
	near = near_subject(&name);
	if(near != NULL)
		return diagnostics_error(diagnostics, text,
				"[%.*s] is not known here: was %s meant? Else $request, $addr, "
				"$port, $transport, $localhost, $outbound, $date, $time, or a "
				"pseudo-variable as in $pv($fU), would be right",
				SHOWN(text), near);
	if(is_plugin(text, &name, &result))
		return diagnostics_error(diagnostics, text,
				"[%.*s] is not known here: let the script find it out and put "
				"it into $xavp(failover=>%.*s), and write &%.*s",
				SHOWN(text), STR_FMT(&result), STR_FMT(&result));
	return diagnostics_error(diagnostics, text,
			"[%.*s] is not known here: $request, $addr, $port, $transport, "
			"$localhost, $outbound, $date, $time, or a pseudo-variable as in "
			"$pv($fU), would be right",
			SHOWN(text));
}

static int read_function(
		const fragment_t *text, subject_t *subject, diagnostics_t *diagnostics)
{
	if(fragment_begins(text, PV_OPENING))
		return read_pv(text, subject, diagnostics);
	subject->kind = subject_find(text);
	return subject->kind == SUBJECT_KINDS ? refuse_function(text, diagnostics)
										  : 0;
}

static int read_header(
		const fragment_t *text, subject_t *subject, diagnostics_t *diagnostics)
{
	if(!header_name_is_valid(&text->text))
		return diagnostics_error(diagnostics, text,
				"[%.*s] is no name of a header: From, $request or "
				"$pv($fU) would be right",
				SHOWN(text));
	subject->kind = SUBJECT_HEADER;
	subject->name = header_name_long(&text->text);
	return 0;
}

int subject_parse(
		const fragment_t *text, subject_t *subject, diagnostics_t *diagnostics)
{
	memset(subject, 0, sizeof(*subject));
	subject->where = *text;
	if(text->text.s[0] == '$')
		return read_function(text, subject, diagnostics);
	if(text->text.s[0] != '&')
		return read_header(text, subject, diagnostics);
	subject->kind = SUBJECT_VARIABLE;
	return subject_read_variable(text, &subject->name, diagnostics);
}

int subject_key(const subject_t *subject, arena_t *arena, str *key)
{
	int i;

	key->len = subject->name.len + 1;
	key->s = arena_alloc(arena, key->len);
	if(key->s == NULL)
		return -1;
	key->s[0] = (char)('A' + subject->kind);
	if(subject->name.len > 0)
		memcpy(key->s + 1, subject->name.s, subject->name.len);
	/* header names are the same in any case of letters */
	for(i = 1; i < key->len && subject->kind == SUBJECT_HEADER; i++)
		key->s[i] = to_lower(key->s[i]);
	return 0;
}

/* Has a text the form of another one, in which 0 stands for any digit? */
static bool has_form(const str *text, const char *form)
{
	int i;

	if(text->len != (int)strlen(form))
		return false;
	for(i = 0; i < text->len; i++) {
		char c = text->s[i];

		if(form[i] == '0' ? !is_digit(c) : c != form[i])
			return false;
	}
	return true;
}

bool subject_is_date(const str *text)
{
	return has_form(text, "0000/00/00");
}

bool subject_is_time(const str *text)
{
	return has_form(text, "00:00:00");
}
