/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../../core/sr_module.h"
#include "../../core/dprint.h"
#include "../../core/hashes.h"
#include "../../core/mem/mem.h"
#include "../../core/pvar.h"

#include "server/args.h"

#include <string.h>

#include "server/log.h"
#include "server/memory.h"
#include "server/plan.h"
#include "server/self.h"
#include "dialplan/inline_parse.h"

/* a parsed argument is small */
#define ARG_BLOCK_BYTES 1024

/* room for the values of all pseudo-variables in one argument */
#define ARG_VALUES_BYTES 8192
#define ARG_HOLES_MAX 64

/* memory for the parsed texts that a process keeps: some hundred lists */
#define ARG_TEXTS_BYTES (512 * 1024)

struct arg
{
	arg_kind_t kind;
	arena_t *arena;
	rule_t *rule; /* NULL: the text is the value of specs[0] */
	pv_spec_t *specs;
	int n_specs;
	bool has_been_unfit; /* a pseudo-variable had no value, which was logged */
};

static const char *kind_name(arg_kind_t kind)
{
	return kind == ARG_DESTINATIONS ? "failover() destinations"
									: "failover() settings";
}

/* Parse a text into a rule.
 * @return NULL with every error reported */
static rule_t *parse(arg_kind_t kind, const fragment_t *text, arena_t *arena,
		diagnostics_t *diagnostics)
{
	rule_t *rule = arena_alloc(arena, sizeof(*rule));
	int result;

	if(rule == NULL)
		return NULL;
	rule->line = 1;
	result = kind == ARG_DESTINATIONS
					 ? inline_parse_destinations(text, rule, arena, diagnostics)
					 : inline_parse_settings(text, rule, arena, diagnostics);
	if(result < 0 || server_check_rule(rule, diagnostics) < 0)
		return NULL;
	return rule;
}

/* -- strings of a script ------------------------------------------------ */

/* Read the mark that begins with the dollar at an offset: $$ or a pseudo-variable.
 * @return 0, or -1 with an error logged */
static int read_dollar(arg_t *arg, const fragment_t *text, int offset,
		mark_t *mark, diagnostics_t *diagnostics)
{
	str rest = {text->text.s + offset, text->text.len - offset};
	fragment_t where = fragment_part(text, offset, rest.len);
	char *end;

	mark->at = rest.s;
	if(rest.len >= 2 && rest.s[1] == '$') {
		mark->len = 2;
		mark->hole = MARK_ESCAPE;
		return 0;
	}
	if(arg->n_specs == ARG_HOLES_MAX)
		return diagnostics_error(diagnostics, &where,
				"there are more than %d pseudo-variables in it", ARG_HOLES_MAX);
	end = pv_parse_spec2(&rest, &arg->specs[arg->n_specs], 1);
	if(end == NULL)
		return diagnostics_error(diagnostics, &where,
				"[%.*s] begins no pseudo-variable; for a dollar sign write $$",
				where.text.len > 20 ? 20 : where.text.len, where.text.s);
	mark->len = (int)(end - rest.s);
	mark->hole = arg->n_specs++;
	return 0;
}

/* Find the pseudo-variables of a text. */
static int mark_text(arg_t *arg, fragment_t *text, diagnostics_t *diagnostics)
{
	mark_t *marks;
	int i;
	int count = 0;

	for(i = 0; i < text->text.len; i++)
		count += text->text.s[i] == '$';
	if(count == 0)
		return 0;
	marks = arena_alloc(arg->arena, count * sizeof(*marks));
	arg->specs = arena_alloc(arg->arena, count * sizeof(*arg->specs));
	if(marks == NULL || arg->specs == NULL)
		return -1;
	for(i = 0; i < text->text.len; i++) {
		mark_t *mark = &marks[text->n_marks];

		if(text->text.s[i] != '$')
			continue;
		if(read_dollar(arg, text, i, mark, diagnostics) < 0)
			return -1;
		text->n_marks++;
		i += mark->len - 1;
	}
	text->marks = marks;
	return 0;
}

static bool is_one_variable(const fragment_t *text)
{
	return text->n_marks == 1 && text->marks[0].hole != MARK_ESCAPE
		   && text->marks[0].len == text->text.len;
}

static int arg_read(arg_t *arg, char *s)
{
	diagnostics_t diagnostics = log_diagnostics(kind_name(arg->kind));
	str whole = {s, (int)strlen(s)};
	fragment_t text = fragment_of(&whole);

	if(mark_text(arg, &text, &diagnostics) < 0)
		return -1;
	if(is_one_variable(&text))
		return 0;
	arg->rule = parse(arg->kind, &text, arg->arena, &diagnostics);
	return arg->rule == NULL ? -1 : 0;
}

arg_t *arg_create(arg_kind_t kind, char *text)
{
	arena_t *arena = arena_create(&failover_pkg, ARG_BLOCK_BYTES);
	arg_t *arg;

	if(arena == NULL)
		return NULL;
	arg = arena_alloc(arena, sizeof(*arg));
	if(arg == NULL)
		goto error;
	arg->kind = kind;
	arg->arena = arena;
	if(arg_read(arg, text) < 0)
		goto error;
	return arg;
error:
	arena_destroy(arena);
	return NULL;
}

void arg_destroy(arg_t *arg)
{
	if(arg != NULL)
		arena_destroy(arg->arena);
}

/* -- texts that come with a call ---------------------------------------- */

/* A text that was parsed. The list is sorted by last use. */
typedef struct kept_text
{
	struct kept_text *next;
	arena_t *arena;
	arg_kind_t kind;
	unsigned hash;
	str text;
	rule_t *rule; /* NULL: it has an error, which was logged */
} kept_text_t;

static kept_text_t *kept_texts;

/* Take a text out of the list; NULL if it is not there. */
static kept_text_t *take_kept(arg_kind_t kind, const str *text, unsigned hash)
{
	kept_text_t **link;

	for(link = &kept_texts; *link != NULL; link = &(*link)->next) {
		kept_text_t *kept = *link;

		if(kept->hash == hash && kept->kind == kind
				&& kept->text.len == text->len
				&& memcmp(kept->text.s, text->s, text->len) == 0) {
			*link = kept->next;
			return kept;
		}
	}
	return NULL;
}

/* Put a text at the head of the list. If the list takes too much memory, drop the
 * texts that were not used for the longest time. */
static void keep(kept_text_t *kept)
{
	kept_text_t **link = &kept_texts;
	size_t bytes = 0;

	kept->next = kept_texts;
	kept_texts = kept;
	while(*link != NULL) {
		kept_text_t *it = *link;

		bytes += arena_bytes(it->arena);
		/* keep two: a call reads both arguments before it uses the first one */
		if(it == kept || it == kept->next || bytes <= ARG_TEXTS_BYTES) {
			link = &it->next;
		} else {
			*link = it->next;
			arena_destroy(it->arena);
		}
	}
}

static kept_text_t *read_new(arg_kind_t kind, const str *text, unsigned hash)
{
	diagnostics_t diagnostics = log_error_diagnostics(kind_name(kind));
	arena_t *arena = arena_create(&failover_pkg, ARG_BLOCK_BYTES);
	kept_text_t *kept;
	fragment_t whole;

	if(arena == NULL)
		return NULL;
	kept = arena_alloc(arena, sizeof(*kept));
	if(kept == NULL || arena_copy(arena, text, &kept->text) < 0) {
		arena_destroy(arena);
		return NULL;
	}
	kept->arena = arena;
	kept->kind = kind;
	kept->hash = hash;
	whole = fragment_of(&kept->text);
	kept->rule = parse(kind, &whole, arena, &diagnostics);
	/* the text is not at fault if memory was missing */
	if(kept->rule == NULL && arena_has_failed(arena)) {
		arena_destroy(arena);
		return NULL;
	}
	return kept;
}

/* Its errors were logged when it was new; which calls it costs is told here. */
static void log_bad_text(
		const struct sip_msg *msg, arg_kind_t kind, const str *text)
{
	log_line_t *line = log_begin("refused", msg);

	if(line == NULL)
		return;
	log_line_word(line, "source", kind_name(kind));
	log_line_text(line, "text", text);
	log_line_word(line, "why", "it has an error, which is logged once");
	log_send(line);
}

int arg_read_text(struct sip_msg *msg, arg_kind_t kind, const str *text,
		const rule_t **rule)
{
	unsigned hash = get_hash1_raw(text->s, text->len);
	kept_text_t *kept = take_kept(kind, text, hash);

	if(kept == NULL)
		kept = read_new(kind, text, hash);
	if(kept == NULL)
		return -1;
	keep(kept);
	*rule = kept->rule;
	if(kept->rule == NULL)
		log_bad_text(msg, kind, text);
	return kept->rule == NULL ? -1 : 0;
}

/* -- in a call ---------------------------------------------------------- */

/* Copy the value of a pseudo-variable to room, as the core may print the next one
 * into the same buffer. */
static int evaluate(pv_spec_t *spec, struct sip_msg *msg, str *room, str *value)
{
	pv_value_t held;
	bool is_too_long;

	if(pv_get_spec_value(msg, spec, &held) < 0 || (held.flags & PV_VAL_NULL)
			|| !(held.flags & (PV_VAL_STR | PV_VAL_INT)))
		return -1;
	if(!(held.flags & PV_VAL_STR))
		held.rs.s = sint2str(held.ri, &held.rs.len);
	is_too_long = held.rs.len > room->len;
	if(!is_too_long) {
		memcpy(room->s, held.rs.s, held.rs.len);
		value->s = room->s;
		value->len = held.rs.len;
		room->s += held.rs.len;
		room->len -= held.rs.len;
	}
	pv_value_destroy(&held);
	return is_too_long ? -1 : 0;
}

/* Log a value that is missing or does not fit. If the script is at fault, somebody
 * must see it; if callers are, it can happen at any rate. So the first line is an
 * error, and the next ones have the level of what peers do. */
static void log_unfit(arg_t *arg, int spec, const struct sip_msg *msg)
{
	log_line_t *line;

	if(!arg->has_been_unfit)
		LM_ERR("%s: pseudo-variable number %d has no value, or one that is too "
			   "long, Call-ID [%s]\n",
				kind_name(arg->kind), spec + 1, log_call_id(msg));
	line = arg->has_been_unfit ? log_begin("refused", msg) : NULL;
	arg->has_been_unfit = true;
	if(line == NULL)
		return;
	log_line_word(line, "source", kind_name(arg->kind));
	log_line_number(line, "variable", spec + 1);
	log_line_word(line, "why", "it has no value, or one that is too long");
	log_send(line);
}

int arg_evaluate(arg_t *arg, struct sip_msg *msg, applied_rule_t *applied)
{
	/* one for each kind, as a call evaluates both arguments before it uses them */
	static char buffers[2][ARG_VALUES_BYTES];
	static str held[2][ARG_HOLES_MAX];
	str room = {buffers[arg->kind], ARG_VALUES_BYTES};
	int i;

	for(i = 0; i < arg->n_specs; i++) {
		if(evaluate(
				   (pv_spec_t *)&arg->specs[i], msg, &room, &held[arg->kind][i])
				< 0) {
			log_unfit(arg, i, msg);
			return -1;
		}
	}
	applied->groups = held[arg->kind];
	if(arg->rule == NULL)
		return arg_read_text(
				msg, arg->kind, &held[arg->kind][0], &applied->rule);
	applied->rule = arg->rule;
	return 0;
}
