/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dialplan/template.h"

#include <string.h>

#include "text/ascii.h"
#include "sip/sip_uri.h"

static piece_t *piece_add(piece_t ***link, char *s, int len, arena_t *arena)
{
	piece_t *piece = arena_alloc(arena, sizeof(*piece));

	if(piece == NULL)
		return NULL;
	piece->literal.s = s;
	piece->literal.len = len;
	piece->hole = MARK_ESCAPE;
	**link = piece;
	*link = &piece->next;
	return piece;
}

int template_make(template_t *made, const fragment_t *text,
		hole_kind_t (*kind_at)(const void *context, int offset),
		const void *context, arena_t *arena)
{
	char *s = text->text.s;
	piece_t **link = &made->pieces;
	int begin = 0;
	int end;

	made->pieces = NULL;
	for(end = 0; end < text->text.len;) {
		const mark_t *mark = fragment_mark(text, end);
		piece_t *piece;

		if(mark == NULL) {
			end++;
			continue;
		}
		piece = piece_add(&link, s + begin, end - begin, arena);
		if(piece == NULL)
			return -1;
		begin = end + mark->len;
		if(mark->hole == MARK_ESCAPE) {
			/* an escape stands for its last character: begin there */
			begin--;
		} else {
			piece->hole = mark->hole;
			piece->kind = kind_at == NULL ? HOLE_VALUE : kind_at(context, end);
		}
		end += mark->len;
	}
	if(begin < end && piece_add(&link, s + begin, end - begin, arena) == NULL)
		return -1;
	return 0;
}

typedef struct output
{
	char *at;
	char *end;
} output_t;

static bool put(output_t *out, const char *s, int len)
{
	if(out->end - out->at < len)
		return false;
	if(len > 0) /* s may be NULL */
		memcpy(out->at, s, len);
	out->at += len;
	return true;
}

static bool put_escaped(
		output_t *out, const str *value, bool (*is_allowed)(char c))
{
	static const char hex[] = "0123456789ABCDEF";
	int i;

	for(i = 0; i < value->len; i++) {
		unsigned char c = (unsigned char)value->s[i];
		char escape[3] = {'%', hex[c >> 4], hex[c & 15]};
		/* a value from a URI is escaped already */
		bool is_escape = c == '%' && value->len - i >= 3
						 && hex_value(value->s[i + 1]) >= 0
						 && hex_value(value->s[i + 2]) >= 0;

		/* these are an attack; escapes would make a legal URI of it */
		if(c == '\r' || c == '\n' || c == '\0')
			return false;
		if(is_escape || is_allowed((char)c)) {
			if(!put(out, (char *)&c, 1))
				return false;
		} else if(!put(out, escape, sizeof(escape))) {
			return false;
		}
	}
	return true;
}

static bool put_host(output_t *out, const str *value)
{
	int last = value->len - 1;
	bool is_ipv6 = last > 0 && value->s[0] == '[' && value->s[last] == ']';
	int i;

	if(value->len == 0)
		return false;
	/* here only the characters of an IPv6 address are checked; the filled URI is parsed
	 * later */
	for(i = is_ipv6; i < value->len - is_ipv6; i++) {
		if(!sip_uri_is_host_char(value->s[i])
				&& !(is_ipv6 && value->s[i] == ':'))
			return false;
	}
	return put(out, value->s, value->len);
}

static bool put_port(output_t *out, const str *value);

/* HOST, HOST:PORT or [IPV6]:PORT. The colon before a port is the last one, and no
 * bracket stands behind it. */
static bool put_place(output_t *out, const str *value)
{
	str host = *value;
	str port = {NULL, 0};
	int i;

	for(i = value->len - 1; i >= 0 && is_digit(value->s[i]); i--)
		;
	if(i < 1 || value->s[i] != ':' || i == value->len - 1)
		return put_host(out, value);
	host.len = i;
	port.s = value->s + i + 1;
	port.len = value->len - i - 1;
	return put_host(out, &host) && put(out, ":", 1) && put_port(out, &port);
}

static bool put_port(output_t *out, const str *value)
{
	int i;

	for(i = 0; i < value->len; i++) {
		if(!is_digit(value->s[i]))
			return false;
	}
	return value->len > 0 && put(out, value->s, value->len);
}

static bool put_line(output_t *out, const str *value)
{
	int i;

	for(i = 0; i < value->len; i++) {
		if(value->s[i] == '\r' || value->s[i] == '\n' || value->s[i] == '\0')
			return false;
	}
	return put(out, value->s, value->len);
}

static bool put_value(output_t *out, hole_kind_t kind, const str *value)
{
	switch(kind) {
		case HOLE_USER:
			return put_escaped(out, value, sip_uri_is_user_char);
		case HOLE_PARAM:
			return put_escaped(out, value, sip_uri_is_param_char);
		case HOLE_HOST:
			return put_host(out, value);
		case HOLE_PLACE:
			return put_place(out, value);
		case HOLE_PORT:
			return put_port(out, value);
		case HOLE_VALUE:
			return put_line(out, value);
	}
	return false;
}

int template_fill(const template_t *template, const str *values, char *out,
		int capacity, int *bad_hole)
{
	output_t output = {out, out + capacity};
	const piece_t *piece;

	*bad_hole = MARK_ESCAPE;
	for(piece = template->pieces; piece != NULL; piece = piece->next) {
		if(!put(&output, piece->literal.s, piece->literal.len))
			return -1;
		if(piece->hole == MARK_ESCAPE)
			continue;
		*bad_hole = piece->hole;
		if(!put_value(&output, piece->kind, &values[piece->hole]))
			return -1;
	}
	return (int)(output.at - out);
}

int template_plain(fragment_t *text, arena_t *arena)
{
	template_t template;
	str plain;
	int bad_hole;

	if(text->n_marks == 0)
		return 0;
	plain.s = arena_alloc(arena, (size_t)text->text.len + 1);
	if(plain.s == NULL || template_make(&template, text, NULL, NULL, arena) < 0)
		return -1;
	plain.len =
			template_fill(&template, NULL, plain.s, text->text.len, &bad_hole);
	text->text = plain;
	text->marks = NULL;
	text->n_marks = 0;
	return 0;
}
