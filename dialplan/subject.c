/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dialplan/subject.h"

#include <string.h>

#include "dialplan/foreign.h"
#include "dialplan/network.h"
#include "text/ascii.h"
#include "sip/header_name.h"
#include "text/lookalike.h"
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
				"true if the request came from this server itself, else false"},
		[SUBJECT_LOCALHOST_OF] = {"$localhost(X)",
				"true if the host of X is this server, else false", 1, 1, 0},
		[SUBJECT_OUTBOUND] = {"$outbound", "true if the Request-URI, the top "
										   "Route or $du leads to another "
										   "server, else false"},
		[SUBJECT_OUTBOUND_OF] = {"$outbound(X)",
				"false if the host of X is this server, else true", 1, 1, 0},
		[SUBJECT_ADDR_PREFIX] = {"$addrPrefix(...)",
				"$addrPrefix(\"NETWORK/BITS\"), or with what to look at behind "
				"a "
				"comma: true if the address, else $addr, is in that network",
				1, 2, 1},
		[SUBJECT_ADDR_RANGE] = {"$addrRange(...)",
				"$addrRange(\"FIRST\", \"LAST\"), likewise: true if the "
				"address is "
				"one of these or between them",
				2, 3, 2},
		[SUBJECT_GLOBAL_ADDR] = {"$globalAddr(X)",
				"true if X is, or has, an address of the public network", 1, 1,
				0},
		[SUBJECT_GETURI] = {"$geturi(X)", "the SIP URI in X", 1, 1, 0},
		[SUBJECT_GETUSER] = {"$getSIPuser(X)",
				"the user part of the SIP URI in X", 1, 1, 0},
		[SUBJECT_REGISTERED] = {"$registered",
				"true if the user in the Request-URI is registered"},
		[SUBJECT_REGISTERED_OF] = {"$registered(X)",
				"true if the user in X is registered, as in "
				"$registered(From)",
				1, 1, 0},
		[SUBJECT_DATE] = {"$date", "yyyy/mm/dd, local"},
		[SUBJECT_TIME] = {"$time", "hh:mm:ss, local"},
		[SUBJECT_VARIABLE] = {"&name",
				"what an earlier rule, or the script, has put into "
				"$xavp(failover=>name)"},
		[SUBJECT_PV] = {"$pv($...)", "any pseudo-variable of Kamailio"},
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

const subject_row_t *subject_table(void)
{
	return table;
}

bool subject_is_function(subject_kind_t kind)
{
	return table[kind].most > 0 || kind == SUBJECT_REGISTERED;
}

/* Is it the name of a row, perhaps with brackets behind it? */
static bool is_row(int kind, const str *name)
{
	const char *row = table[kind].name;
	const char *bracket;
	str bare;

	if(row == NULL || row[0] != '$' || kind == SUBJECT_PV)
		return false;
	bracket = strchr(row, '(');
	bare.s = (char *)row;
	bare.len = bracket == NULL ? (int)strlen(row) : (int)(bracket - row);
	return str_equal_nocase(name, &bare);
}

/* Find the name of a function, without its arguments. */
static fragment_t without_arguments(const fragment_t *text)
{
	int open = fragment_find(text, 0, '(');
	fragment_t name = fragment_part(text, 0, open < 0 ? text->text.len : open);

	return fragment_trim(&name);
}

/* The argument of a function if none is written. */
static const argument_t source_address = {
		.kind = ARGUMENT_ADDR, .function = SUBJECT_KINDS};
static const argument_t request_uri = {
		.kind = ARGUMENT_REQUEST, .function = SUBJECT_KINDS};

const argument_t *subject_asked_of(const subject_t *subject)
{
	int n_texts = table[subject->kind].n_texts;

	if(subject->kind == SUBJECT_REGISTERED)
		return &request_uri;
	return n_texts < subject->n_arguments ? &subject->arguments[n_texts]
										  : &source_address;
}

bool subject_takes_arguments(const fragment_t *name)
{
	fragment_t bare = without_arguments(name);
	int kind;

	for(kind = 0; kind < SUBJECT_KINDS; kind++) {
		if(table[kind].most > 0 && is_row(kind, &bare.text))
			return true;
	}
	return false;
}

subject_kind_t subject_find(const fragment_t *name)
{
	int kind;

	for(kind = 0; kind < SUBJECT_KINDS; kind++) {
		if(table[kind].most == 0 && is_row(kind, &name->text))
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
	/* a bracket is not closed, so the left-hand side will be refused */
	return first;
}

/* Is the bracket at an offset closed by the last character? */
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

/* Is it a name of a variable, as in $xavp(failover=>name)? */
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

/* Is it a pseudo-variable without $pv() around it? In their names, capital and small
 * letters differ. */
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

/* Find the subject that most likely was meant; NULL: none is near. */
static const char *near_subject(const fragment_t *name)
{
	int kind;

	for(kind = 0; kind < SUBJECT_KINDS; kind++) {
		if(table[kind].name != NULL && table[kind].name[0] == '$'
				&& table[kind].most == 0 && kind != SUBJECT_PV
				&& nearness_is_slip(&name->text, table[kind].name))
			return table[kind].name;
	}
	return NULL;
}

/* For a plug-in, or any other function with arguments: find a name for a variable, in
 * which a script could hand over its result.
 * @return whether it is such a function */
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
	const char *instead = foreign_instead(&name);
	const char *near;
	str result;
	str bare = {name.text.s + 1, name.text.len - 1};

	if(instead != NULL)
		return diagnostics_error(diagnostics, text,
				"[%.*s] is not known here: %s", SHOWN(text), instead);
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
				"$port, $transport, $localhost, $outbound, $registered, $date, "
				"$time, or a pseudo-variable as in $pv($fU), would be right",
				SHOWN(text), near);
	if(is_plugin(text, &name, &result))
		return diagnostics_error(diagnostics, text,
				"[%.*s] is not known here: let the script find it out and put "
				"it into $xavp(failover=>%.*s), and write &%.*s",
				SHOWN(text), STR_FMT(&result), STR_FMT(&result));
	return diagnostics_error(diagnostics, text,
			"[%.*s] is not known here: $request, $addr, $port, $transport, "
			"$localhost, $outbound, $registered, $date, $time, or a "
			"pseudo-variable as in $pv($fU), would be right",
			SHOWN(text));
}

/* -- functions with arguments ------------------------------------------- */

/* Find the end of the first argument: a comma outside of quotes and brackets, or the end
 * of the text. */
static int argument_end(const fragment_t *text)
{
	bool is_quoted = false;
	int depth = 0;
	int i;

	for(i = 0; i < text->text.len; i++) {
		char c = text->text.s[i];

		if(c == '"')
			is_quoted = !is_quoted;
		if(is_quoted)
			continue;
		depth += (c == '(') - (c == ')');
		if(c == ',' && depth == 0)
			break;
	}
	return i;
}

/* Remove the function around an argument: $geturi(X) becomes X.
 * @return the function; SUBJECT_KINDS: there is none */
static subject_kind_t unwrap(fragment_t *text)
{
	static const subject_kind_t kinds[] = {SUBJECT_GETURI, SUBJECT_GETUSER};
	fragment_t name = without_arguments(text);
	int open = fragment_find(text, 0, '(');
	size_t i;

	for(i = 0; i < COUNT(kinds); i++) {
		if(open < 0 || !is_row(kinds[i], &name.text)
				|| !is_bracketed(text, open))
			continue;
		*text = fragment_part(text, open + 1, text->text.len - open - 2);
		*text = fragment_trim(text);
		return kinds[i];
	}
	return SUBJECT_KINDS;
}

/* @return 0, or -1 with an error reported */
static int read_argument(const fragment_t *text, argument_t *argument,
		diagnostics_t *diagnostics)
{
	fragment_t inner = *text;
	int len;

	argument->function = unwrap(&inner);
	argument->text = inner.text;
	len = inner.text.len;
	if(len >= 2 && inner.text.s[0] == '"' && inner.text.s[len - 1] == '"') {
		argument->kind = ARGUMENT_TEXT;
		argument->text.s++;
		argument->text.len -= 2;
		argument->written = fragment_part(&inner, 1, argument->text.len);
		/* with marks, whoever knows the conditions above has read it */
		if(inner.n_marks > 0
				|| memchr(argument->text.s, '%', argument->text.len) == NULL)
			return 0;
		return diagnostics_error(diagnostics, &inner,
				"[%.*s]: what a condition has caught cannot stand in an "
				"argument "
				"here: a rule for each, or a pseudo-variable of the script by "
				"&name, would be right",
				SHOWN(&inner));
	}
	if(inner.text.s[0] == '%')
		return diagnostics_error(diagnostics, &inner,
				"[%.*s]: what a condition above has caught stands in a text in "
				"double quotes: \"%.*s\" would be right",
				SHOWN(&inner), SHOWN(&inner));
	if(fragment_is(&inner, "$addr"))
		argument->kind = ARGUMENT_ADDR;
	else if(fragment_is(&inner, "$request"))
		argument->kind = ARGUMENT_REQUEST;
	else if(header_name_is_valid(&inner.text))
		argument->kind = ARGUMENT_HEADER;
	else if(lookalike_find(inner.text.s, len).len > 0)
		return diagnostics_error(diagnostics, &inner,
				"[%.*s] stands in typographic quotation marks, as word "
				"processors and web pages have them: straight ones, as in "
				"\"10.0.0.0/8\", would be right",
				SHOWN(&inner));
	else
		return diagnostics_error(diagnostics, &inner,
				"[%.*s] is no argument: the name of a header, $addr, $request, "
				"$geturi(From), or a text in double quotes would be right",
				SHOWN(&inner));
	if(argument->kind == ARGUMENT_HEADER)
		argument->text = header_name_long(&inner.text);
	return 0;
}

static int read_arguments(
		const fragment_t *text, subject_t *subject, diagnostics_t *diagnostics)
{
	const subject_row_t *row = &table[subject->kind];
	fragment_t rest = *text;
	int count = 0;
	bool is_right = true;
	bool has_next;

	do {
		int end = argument_end(&rest);
		fragment_t argument = fragment_part(&rest, 0, end);

		has_next = end < rest.text.len;
		rest = fragment_part(
				&rest, end + has_next, rest.text.len - end - has_next);
		argument = fragment_trim(&argument);
		is_right = count < row->most && argument.text.len > 0;
		if(!is_right)
			break;
		if(read_argument(&argument, &subject->arguments[count++], diagnostics)
				< 0)
			return -1;
	} while(has_next);
	subject->n_arguments = count;
	if(is_right && count >= row->least)
		return 0;
	return diagnostics_error(
			diagnostics, text, "[%.*s]: %s", SHOWN(text), row->explanation);
}

static int check_network(const subject_t *subject, const fragment_t *where,
		diagnostics_t *diagnostics)
{
	const argument_t *texts = subject->arguments;
	address_t first, last;
	int bits;

	if(subject->kind == SUBJECT_ADDR_PREFIX) {
		if(texts[0].kind == ARGUMENT_TEXT
				&& prefix_read(&texts[0].text, &first, &bits))
			return 0;
		return diagnostics_error(diagnostics, where,
				"[%.*s]: the first argument is no network: \"172.16.0.0/12\" "
				"or "
				"\"2001:db8::/32\", in straight double quotes, would be right",
				SHOWN(where));
	}
	if(subject->kind != SUBJECT_ADDR_RANGE)
		return 0;
	if(texts[0].kind == ARGUMENT_TEXT && texts[1].kind == ARGUMENT_TEXT
			&& address_read(&texts[0].text, &first)
			&& address_read(&texts[1].text, &last) && first.bytes == last.bytes
			&& address_compare(&first, &last) <= 0)
		return 0;
	return diagnostics_error(diagnostics, where,
			"[%.*s]: these are no two addresses of one family, the lower one "
			"first: \"10.1.1.0\", \"10.1.2.0\", in straight double quotes, "
			"would "
			"be right",
			SHOWN(where));
}

/* @return 1; 0: it is no function with arguments; -1 with an error reported */
static int read_call(
		const fragment_t *text, subject_t *subject, diagnostics_t *diagnostics)
{
	fragment_t name = without_arguments(text);
	int open = fragment_find(text, 0, '(');
	fragment_t inner;
	int kind;

	for(kind = 0; kind < SUBJECT_KINDS; kind++) {
		if(table[kind].most > 0 && is_row(kind, &name.text))
			break;
	}
	if(kind == SUBJECT_KINDS)
		return 0;
	if(open < 0 || !is_bracketed(text, open))
		return diagnostics_error(diagnostics, text,
				"[%.*s]: it has its arguments in brackets behind it: %s",
				SHOWN(text), table[kind].explanation);
	subject->kind = kind;
	inner = fragment_part(text, open + 1, text->text.len - open - 2);
	/* its text distinguishes it from others of its kind */
	subject->name = inner.text;
	if(read_arguments(&inner, subject, diagnostics) < 0
			|| check_network(subject, text, diagnostics) < 0)
		return -1;
	/* the vendor's page writes it so */
	if(kind == SUBJECT_OUTBOUND_OF
			&& subject->arguments[0].kind == ARGUMENT_REQUEST) {
		subject->kind = SUBJECT_OUTBOUND;
		subject->name.len = subject->n_arguments = 0;
	}
	return 1;
}

static int read_function(
		const fragment_t *text, subject_t *subject, diagnostics_t *diagnostics)
{
	int found;

	if(fragment_begins(text, PV_OPENING))
		return read_pv(text, subject, diagnostics);
	subject->kind = subject_find(text);
	if(subject->kind != SUBJECT_KINDS)
		return 0;
	found = read_call(text, subject, diagnostics);
	if(found != 0)
		return found < 0 ? -1 : 0;
	return refuse_function(text, diagnostics);
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
	if(foreign_refuse_variable(text, diagnostics) < 0)
		return -1;
	subject->kind = SUBJECT_VARIABLE;
	return subject_read_variable(text, &subject->name, diagnostics);
}

int subject_key(const subject_t *subject, arena_t *arena, str *key)
{
	int i;

	int line = subject->where.line;

	key->len = subject->name.len + 1;
	key->s = arena_alloc(arena, key->len + sizeof(line));
	if(key->s == NULL)
		return -1;
	key->s[0] = (char)('A' + subject->kind);
	if(subject->name.len > 0)
		memcpy(key->s + 1, subject->name.s, subject->name.len);
	/* in header names, capital and small letters are equal */
	for(i = 1; i < key->len && subject->kind == SUBJECT_HEADER; i++)
		key->s[i] = to_lower(key->s[i]);
	/* what is put into it is caught by the conditions of its own rule */
	if(subject->has_holes) {
		memcpy(key->s + key->len, &line, sizeof(line));
		key->len += (int)sizeof(line);
	}
	return 0;
}

/* Does a text have this form? In the form, 0 stands for any digit. */
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
