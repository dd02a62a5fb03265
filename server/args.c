/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../../core/sr_module.h"
#include "../../core/action.h"
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
#include "server/workers.h"
#include "dialplan/inline_parse.h"
#include "dialplan/route.h"
#include "text/text.h"

/* a parsed argument is small */
#define ARG_BLOCK_BYTES 1024

/* room for the values of all pseudo-variables in one argument */
#define ARG_VALUES_BYTES 8192
#define ARG_HOLES_MAX 64

/* memory for the parsed texts that a process keeps: some hundred lists */
#define ARG_TEXTS_BYTES (512 * 1024)

/* at most so many belong to one call: its destinations and its settings */
#define ARG_TEXTS_OF_CALL (ARG_HOLES_MAX + 2)

struct arg
{
	struct arg *next, **link; /* in the list of all */
	arg_kind_t kind;
	arena_t *arena;
	char *text;			/* as it was handed in */
	bool is_worked_out; /* by the server, for this one call: it is language */
	rule_t *rule;		/* NULL: the text is the value of specs[0] */
	bool has_values;	/* of the destinations, some are values of specs */
	pv_spec_t *specs;
	str *names; /* of them, as they are written */
	int n_specs;
	bool is_constant; /* see arg_is_constant() */
};

static arg_t *args; /* all that this process has */

static const char *kind_name(arg_kind_t kind)
{
	static const char *const names[] = {
			[ARG_DESTINATIONS] = "failover() destinations",
			[ARG_SETTINGS] = "failover() settings",
			[ARG_DESTINATION] = "failover() destination"};

	return names[kind];
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
	result =
			kind == ARG_SETTINGS
					? inline_parse_settings(text, rule, arena, diagnostics)
					: inline_parse_destinations(text, rule, arena, diagnostics);
	if(result < 0 || server_check_rule(rule, diagnostics) < 0)
		return NULL;
	if(!workers_can_look_up())
		rules_warn_of_names(&rule, 1, diagnostics);
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
				"[%.*s] begins no pseudo-variable that there is: load the "
				"module that has it; for a dollar sign write $$",
				where.text.len > 20 ? 20 : where.text.len, where.text.s);
	mark->len = (int)(end - rest.s);
	mark->is_variable = true;
	arg->names[arg->n_specs] = (str){rest.s, mark->len};
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
	arg->names = arena_alloc(arg->arena, count * sizeof(*arg->names));
	if(marks == NULL || arg->specs == NULL || arg->names == NULL)
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

/* What the destinations of an argument are decides how it is evaluated. */
static void note_destinations(arg_t *arg)
{
	const destination_t *it;

	arg->is_constant = arg->n_specs == 0;
	for(it = rule_next_destination(arg->rule, NULL); it != NULL;
			it = rule_next_destination(arg->rule, it)) {
		arg->has_values = arg->has_values || it->is_value;
		arg->is_constant = arg->is_constant && !it->is_set;
	}
}

static int arg_read(arg_t *arg, char *s)
{
	diagnostics_t diagnostics = log_diagnostics(kind_name(arg->kind));
	str whole = {s, (int)strlen(s)};
	fragment_t text = fragment_of(&whole);

	if(mark_text(arg, &text, &diagnostics) < 0)
		return -1;
	if(fragment_is_variable(&text))
		return 0;
	arg->rule = parse(arg->kind, &text, arg->arena, &diagnostics);
	if(arg->rule == NULL)
		return -1;
	note_destinations(arg);
	return 0;
}

/* In the heap, as what lies in pkg memory for good takes the holes in which the core
 * would put what it reads of each request. */
arg_t *arg_create(arg_kind_t kind, char *text)
{
	arena_t *arena = arena_create(&failover_heap, ARG_BLOCK_BYTES);
	arg_t *arg;

	if(arena == NULL)
		return NULL;
	arg = arena_alloc(arena, sizeof(*arg));
	if(arg == NULL)
		goto error;
	arg->kind = kind;
	arg->arena = arena;
	arg->text = text;
	/* the script runs: the server has evaluated the text, so a dollar in it is an
	 * ordinary character */
	arg->is_worked_out = get_cfg_crt_action() != NULL;
	if(!arg->is_worked_out && arg_read(arg, text) < 0)
		goto error;
	arg->next = args;
	arg->link = &args;
	if(args != NULL)
		args->link = &arg->next;
	args = arg;
	return arg;
error:
	arena_destroy(arena);
	return NULL;
}

bool arg_is_constant(const arg_t *arg)
{
	return arg->is_constant;
}

char *arg_destroy(arg_t *arg)
{
	char *text = NULL;

	if(arg != NULL) {
		text = arg->text;
		*arg->link = arg->next;
		if(arg->next != NULL)
			arg->next->link = arg->link;
		arena_destroy(arg->arena);
	}
	return text;
}

void args_destroy(void)
{
	while(args != NULL)
		arg_destroy(args);
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
	rule_t *rule;
} kept_text_t;

static kept_text_t *kept_texts;

/* Take a text out of the list; NULL if it is not there. */
static kept_text_t *take_kept(arg_kind_t kind, const str *text, unsigned hash)
{
	kept_text_t **link;

	for(link = &kept_texts; *link != NULL; link = &(*link)->next) {
		kept_text_t *kept = *link;

		if(kept->hash == hash && kept->kind == kind
				&& str_equal(&kept->text, text)) {
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
	int count = 0;

	kept->next = kept_texts;
	kept_texts = kept;
	while(*link != NULL) {
		kept_text_t *it = *link;

		bytes += arena_bytes(it->arena);
		/* a call reads so many texts before it uses the first one */
		if(count++ < ARG_TEXTS_OF_CALL || bytes <= ARG_TEXTS_BYTES) {
			link = &it->next;
		} else {
			*link = it->next;
			arena_destroy(it->arena);
		}
	}
}

/* Parse a text that is not kept yet.
 * @return NULL with its errors reported, or without memory */
static kept_text_t *read_new(arg_kind_t kind, const str *text, unsigned hash,
		diagnostics_t *diagnostics)
{
	arena_t *arena = arena_create(&failover_pkg, ARG_BLOCK_BYTES);
	kept_text_t *kept;
	fragment_t whole;

	if(arena == NULL)
		return NULL;
	kept = arena_alloc(arena, sizeof(*kept));
	if(kept == NULL || arena_copy(arena, text, &kept->text) < 0)
		goto error;
	kept->arena = arena;
	kept->kind = kind;
	kept->hash = hash;
	whole = fragment_of(&kept->text);
	kept->rule = parse(kind, &whole, arena, diagnostics);
	if(kept->rule != NULL)
		return kept;
error:
	arena_destroy(arena);
	return NULL;
}

/* What the log line about a refused value contains. */
typedef struct cause
{
	const struct sip_msg *msg;
	arg_kind_t kind;
	const str *
			variable; /* NULL: the value does not come from a pseudo-variable */
	int number;		  /* of the variable */
	const str *text;  /* that is language; or NULL */
	bool is_told;
} cause_t;

static log_line_t *begin_line(cause_t *cause, const char *file, int line_number)
{
	int place = line_number + (int)cause->kind + cause->number;

	if(cause->is_told)
		return log_begin_more(cause->msg);
	cause->is_told = true;
	/* a list as a whole is a cause of its own */
	if(cause->text != NULL && cause->kind != ARG_DESTINATION)
		place += (int)(get_hash1_raw(cause->text->s, cause->text->len) >> 1);
	return log_begin_refused(
			cause->msg, file == NULL ? kind_name(cause->kind) : file, place);
}

/* Log why a value cannot be used: the script is at fault, or the caller.
 * @param column in the value; 0: none */
static void log_refused(cause_t *cause, int column, const char *why)
{
	const char *file = get_cfg_crt_file_name();
	int line_number = file == NULL ? 0 : get_cfg_crt_line();
	log_line_t *line = begin_line(cause, file, line_number);

	if(line == NULL)
		return;
	if(file != NULL) {
		log_line_word(line, "source", file);
		log_line_number(line, "line", line_number);
	}
	log_line_word(line, "argument", kind_name(cause->kind));
	if(cause->variable != NULL)
		log_line_text(line, "variable", cause->variable);
	if(column > 0)
		log_line_number(line, "column", column);
	log_line_word(line, "why", why);
	if(cause->text != NULL)
		log_line_text(line, "text", cause->text);
	log_send(line);
}

static void log_error_of_text(void *context, const diagnostic_t *diagnostic)
{
	if(diagnostic->severity != SEVERITY_WARNING)
		log_refused(context, diagnostic->column, diagnostic->text);
}

/* Read a text that came with a call.
 * @return of this process, kept; NULL with the reason logged */
static const rule_t *read_text(cause_t *cause, const str *text)
{
	unsigned hash = get_hash1_raw(text->s, text->len);
	diagnostics_t diagnostics = {.emit = log_error_of_text, .context = cause};
	kept_text_t *kept = take_kept(cause->kind, text, hash);

	cause->text = text;
	if(kept == NULL)
		kept = read_new(cause->kind, text, hash, &diagnostics);
	if(kept == NULL) {
		if(!cause->is_told)
			LM_ERR("no memory to read the %s\n", kind_name(cause->kind));
		return NULL;
	}
	keep(kept);
	return kept->rule;
}

int arg_read_text(struct sip_msg *msg, arg_kind_t kind, const str *text,
		const rule_t **rule)
{
	cause_t cause = {.msg = msg, .kind = kind};

	*rule = read_text(&cause, text);
	return *rule == NULL ? -1 : 0;
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

/* -- a word that is one pseudo-variable --------------------------------- */

/* @return NULL with the reason logged */
static const destination_t *read_word(
		const arg_t *arg, int spec, const str *text, const struct sip_msg *msg)
{
	cause_t cause = {.msg = msg,
			.kind = ARG_DESTINATION,
			.variable = &arg->names[spec],
			.number = spec};
	const rule_t *rule;

	if(text->len == 0 || str_has_any(text, " \t\r\n")) {
		cause.text = text;
		log_refused(&cause, 0,
				text->len == 0
						? "it is empty: one destination would be right"
						: "there is a blank in it, but it is one destination "
						  "of "
						  "the list; a list as a whole in one pseudo-variable "
						  "would be read as language");
		return NULL;
	}
	rule = read_text(&cause, text);
	return rule == NULL ? NULL : rule->first;
}

/* Put the values of words into the list of an argument.
 * @return until the next call in this process; NULL with the reason logged */
static const rule_t *with_values(
		const arg_t *arg, const str *values, const struct sip_msg *msg)
{
	static destination_t list[ROUTE_TARGETS_MAX];
	static rule_t rule;
	const destination_t *it;
	int count = 0;

	rule = *arg->rule;
	for(it = rule_next_destination(arg->rule, NULL);
			it != NULL && count < ROUTE_TARGETS_MAX;
			it = rule_next_destination(arg->rule, it)) {
		const destination_t *read = it;

		if(it->is_value)
			read = read_word(arg, it->hole, &values[it->hole], msg);
		if(read == NULL)
			return NULL;
		list[count] = *read;
		list[count].next = NULL;
		if(count > 0)
			list[count - 1].next = &list[count];
		count++;
	}
	rule.first = list;
	rule.further = list[0].next;
	return &rule;
}

int arg_evaluate(arg_t *arg, struct sip_msg *msg, applied_rule_t *applied)
{
	/* one for each kind, as a call evaluates both arguments before it uses them */
	static char buffers[2][ARG_VALUES_BYTES];
	static str held[2][ARG_HOLES_MAX];
	cause_t cause = {.msg = msg, .kind = arg->kind};
	str room = {buffers[arg->kind], ARG_VALUES_BYTES};
	str *values = held[arg->kind];
	str text = {arg->text, (int)strlen(arg->text)};
	int i;

	for(i = 0; i < arg->n_specs; i++) {
		cause.variable = &arg->names[i];
		cause.number = i;
		if(evaluate((pv_spec_t *)&arg->specs[i], msg, &room, &values[i]) < 0) {
			log_refused(&cause, 0, "it has no value, or one that is too long");
			return -1;
		}
	}
	applied->groups = values;
	applied->rule = arg->rule;
	if(arg->rule == NULL)
		applied->rule =
				read_text(&cause, arg->is_worked_out ? &text : &values[0]);
	else if(arg->has_values)
		applied->rule = with_values(arg, values, msg);
	return applied->rule == NULL ? -1 : 0;
}
